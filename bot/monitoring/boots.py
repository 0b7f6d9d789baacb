"""Where the guests of one hypervisor stand at their boot: their trackers, and what those are told as.

The trackers are core/incidents/guest_boot.py's, and what is asked of a guest is boot_looks.py's; here they are
kept, asked for and told as observations. A look that was begun before a start says nothing after it. What a
console wrote is of the present boot only after a mark, made in its log while the guest is off, as it starts, or
when it is first met.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.clock_step import shifted
from bot.core.guest import GuestEvent, GuestEventKind, Reason
from bot.core.health import Evidence, Health, Kind, Observation, TargetId
from bot.core.incidents.boot_place import Place, Source
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.guest_boot import GuestBoot
from bot.hypervisor import HypervisorUnreachable
from bot.monitoring.boot_looks import Clock, ask_ssh, look
from bot.monitoring.boot_told import observed, unseen
from bot.probes.guest import GuestProbe

log = logging.getLogger(__name__)

RESETS = timedelta(seconds=5)
"""QEMU tells of one start, or of one reset, up to three times within a moment."""
AGAIN = timedelta(minutes=1)
"""How long after the log of a guest that is off could not be read it is tried again: there may be none yet."""


def _stood_still(before: GuestBoot, after: GuestBoot) -> bool:
    """Whether what proves it now would be there also if it had been paused meanwhile."""
    return bool(after.proof) and not before.proof and after.source in {Source.CONSOLE, Source.SCREEN}


@dataclass(slots=True)
class Boots:
    """The boots of one hypervisor's guests. `patience`: how long one may stand still on its way.

    `grace`: how much longer before that is a failure, of one that was seen up before and should run.
    """

    now: Clock
    patience: timedelta
    grace: timedelta = timedelta(0)
    _boots: dict[TargetId, GuestBoot] = field(default_factory=dict)
    _told: datetime | None = None  # when the power of those not met since was told last
    _overdue: dict[TargetId, int] = field(default_factory=dict)  # the start of which it was said
    _unread: dict[TargetId, tuple[int, datetime]] = field(default_factory=dict)  # after which start, and when
    _records: dict[TargetId, BootRecord] = field(default_factory=dict)
    _began: dict[TargetId, datetime] = field(default_factory=dict)  # when an event last told of a start
    _untold: set[TargetId] = field(default_factory=set)  # those whose start was polled, and no event has told yet
    _unsaved: set[TargetId] = field(default_factory=set)  # those whose record is not written down as it is

    def seen_before(self, until: datetime | None) -> None:
        """Until when the bot saw what befell them, before it was off itself; None if it never did."""
        self._told = until

    def remember(self, records: Mapping[TargetId, BootRecord]) -> None:
        """What is on record of their boots."""
        self._records |= records

    def accepted(self, records: Mapping[TargetId, BootRecord]) -> None:
        """A person has said of these that the system whose agent answers is their own."""
        self.remember(records)
        here = {guest: replace(self.of(guest), whose=record.whose) for guest, record in records.items()}
        self._boots.update(here)

    def unsaved(self) -> Mapping[TargetId, BootRecord]:
        """What has changed of the records since this was asked last."""
        changed, self._unsaved = {guest: self._records[guest] for guest in self._unsaved}, set()
        return changed

    def of(self, guest: TargetId) -> GuestBoot:
        """What is known of a guest's boot."""
        return self._boots.get(guest) or GuestBoot(told=self._told, whose=self._known(guest).whose.anew())

    def where(self, guest: TargetId) -> Place:
        """Where a guest stands now."""
        return self.of(guest).where(self.now(), self.patience)

    def polled(self, guest: TargetId, *, running: bool | None, paused: bool = False) -> None:
        """A guest's power was told."""
        before = self.of(guest)
        boot = self._boots[guest] = before.polled(self.now(), running=running, paused=paused)
        if before.running is False and boot.running:
            self._untold.add(guest)
        elif not boot.running:
            self._untold.discard(guest)

    def told(self, guest: TargetId, event: GuestEvent) -> None:
        """An event tells of a start or a reset; a start may have been found by a look at its power already.

        Events come in order: had that start ended since, its end would have been told before this.
        """
        booted, known = event.reason is not Reason.GOES_ON, guest in self._untold
        self._untold.discard(guest)
        if not (known and booted and event.what is GuestEventKind.STARTED):
            self.began(guest, booted=booted)

    def began(self, guest: TargetId, *, booted: bool = True) -> None:
        """A guest started, or was reset. Not `booted`: it goes on from where it was saved.

        What is on record is of another start from now on, though a reset leaves its process.
        """
        self._boots[guest] = self.of(guest).began(self.now(), booted=booted)
        record = self._records.get(guest)
        if record is not None and record.process:
            self._record(guest, replace(record, process=""))

    def once(self, seen: Observation | None) -> Observation | None:
        """What an event states; of several that tell of one start, only the first tells of a restart."""
        if seen is None or not seen.began_anew:
            return seen
        before, self._began[seen.target] = self._began.get(seen.target), seen.at
        return seen.not_by_itself() if before is not None and seen.at - before < RESETS else seen

    def lost(self) -> None:
        """Their hypervisor is out of reach: who knows what becomes of them."""
        self._boots = {guest: boot.lost() for guest, boot in self._boots.items()}
        self._untold.clear()

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._boots = {guest: boot.shifted(step) for guest, boot in self._boots.items()}
        self._told = self._told and self._told + step
        self._began = {guest: at + step for guest, at in self._began.items()}
        self._records = {guest: shifted(record, step) for guest, record in self._records.items()}
        self._unsaved.update(self._records)

    def forget(self, gone: Collection[TargetId]) -> None:
        """These guests are no longer here."""
        for guest in gone:
            self._boots.pop(guest, None)
            self._overdue.pop(guest, None)
            self._began.pop(guest, None)
            self._untold.discard(guest)
            self._records.pop(guest, None)
            self._unread.pop(guest, None)
            self._unsaved.discard(guest)

    def to_mark(self, guest: TargetId) -> bool:
        """Whether its console's log has to be marked: it has started or stopped, or was met just now."""
        boot = self.of(guest)
        starts, at = self._unread.get(guest, (-1, self.now()))
        in_vain = not boot.running and starts == boot.starts and timedelta(0) <= self.now() - at < AGAIN
        return boot.running is not None and boot.console.mark is None and not in_vain

    async def mark(self, probe: GuestProbe) -> None:
        """Mark its console's log. A guest that runs as it did when that was done before has its old mark again."""
        guest, of = probe.guest.id, self.of(probe.guest.id).starts
        process = await probe.process() if self.of(guest).running else ""
        record = self._records.get(guest)
        log = await probe.console(self.of(guest).console.known or (record.mark if record else None))
        boot, record = self.of(guest), self._records.get(guest)
        if log is None:
            self._unread[guest] = (of, self.now())
        if log is None or boot.starts != of:
            return
        followed = boot.started is None and not boot.console.is_another(log)
        if record is not None and followed and record.goes_on(process, log):
            self._boots[guest] = boot.resumed(record, log)
            return
        boot = boot.restarted() if record is not None and record.is_over(process) else boot
        boot = self._boots[guest] = boot.marked(log, of, truncated=not probe.info.console_appended)
        if process and boot.console.mark is not None:
            came_up = record is not None and record.came_up
            record = BootRecord(process, boot.console.mark, boot.started, came_up=came_up, whose=boot.whose)
            self._record(guest, record)

    def _known(self, guest: TargetId) -> BootRecord:
        return self._records.get(guest, BootRecord("", Mark()))

    def _record(self, guest: TargetId, record: BootRecord) -> None:
        self._records[guest] = record
        self._unsaved.add(guest)

    def goes_on(self, guest: TargetId, starts: int) -> bool:
        """Whether it still runs since that start: what was seen of it meanwhile is of it."""
        boot = self.of(guest)
        return boot.starts == starts and boot.runs

    def due(self, guest: TargetId, every: timedelta, *, awaited: bool) -> bool:
        """Whether it is worth a look now. `awaited`: somebody waits for proof."""
        now, boot = self.now(), self.of(guest)
        soon = boot.next_look(now, every, self.patience)
        return boot.runs and (awaited or (soon is not None and soon <= now))

    async def look(self, probe: GuestProbe) -> Observation | None:
        """Look at a guest and say where it stands; None if it started, stopped or was paused meanwhile."""
        guest = probe.guest.id
        before = self.of(guest)
        if not probe.info.known:
            return unseen(guest, self.now(), "not looked at yet: what it is made of is still to be read")
        try:
            after, aside = await self._look(probe, before)
            if _stood_still(before, after) and not await probe.runs():
                return None
        except HypervisorUnreachable as why:
            return unseen(guest, self.now(), str(why))
        if not self.goes_on(guest, before.starts):
            return None
        marked = self.of(guest)
        after = self._boots[guest] = after.with_mark_of(marked)
        self._learn(guest, after, marked.console.mark)
        self._note_overdue(probe, after)
        seen = observed(probe, after, self.now(), self.patience)
        if probe.guest.wanted and self.came_up(guest) and after.is_stuck(self.now(), self.patience, self.grace):
            return replace(seen, health=Health.FAIL, kind=Kind.BOOT_STUCK, stated=True)
        if before.proof and not after.proof and seen.health is Health.UNKNOWN:
            # What it proved by answering counts no more, for whoever waits for it.
            seen = replace(seen, health=Health.OK, evidence=Evidence.OUTSIDE, facts={"started": "maybe"})
        return replace(seen, why=f"{seen.why}; {aside}") if aside else seen

    def _learn(self, guest: TargetId, boot: GuestBoot, mark: Mark | None) -> None:
        """Put on record that it came up, that its console would show another boot, and which system it is.

        `mark`: the one it had before its log was read, as on record if that is of this start. Of one whose agent
        answers for another system each time: a person may have said meanwhile that it is its own.
        """
        known = record = self._known(guest)
        if boot.console.mark is not None and record.mark == mark:
            known = replace(record, mark=boot.console.mark, started=boot.started)
            known = replace(known, spoke=record.spoke or boot.spoke, up=record.up or boot.came_up)
        known = replace(known, came_up=record.came_up or boot.came_up, whose=boot.whose)
        if known != record or boot.whose.other is not None:
            self._record(guest, known)

    def came_up(self, guest: TargetId) -> bool:
        """Whether it was ever seen up, so that it can be told when it is not."""
        return guest in self._records and self._records[guest].came_up

    async def _look(self, probe: GuestProbe, boot: GuestBoot) -> tuple[GuestBoot, str]:
        """The tracker after a look, and what else was seen."""
        looked = await look(probe, boot, self.now, self.patience)
        after, aside = await ask_ssh(probe, looked, self.now, self.patience)
        others = " and ".join(probe.shares_log)
        shared = f"its console's log, {probe.info.console_log}, is that of {others}, too" if others else ""
        return after, "" if after.proof else "; ".join(filter(None, (shared, probe.unread, aside)))

    async def look_now(self, probe: GuestProbe) -> Observation:
        """Where a guest stands that is known to run, for whoever asks: its start may not have been told yet."""
        guest = probe.guest.id
        boot = self.of(guest)
        if boot.running or not probe.info.known:
            return await self.look(probe) or observed(probe, self.of(guest), self.now(), self.patience)
        try:  # what is learnt is kept only from when its start was told
            boot, aside = await self._look(probe, boot.began(self.now()))
        except HypervisorUnreachable as why:
            return unseen(guest, self.now(), str(why))
        seen = observed(probe, boot, self.now(), self.patience)
        return replace(seen, why=f"{seen.why}; {aside}") if aside else seen

    def _note_overdue(self, probe: GuestProbe, boot: GuestBoot) -> None:
        """Say once for each start that it has not come up in time."""
        place, guest = boot.where(self.now(), self.patience), probe.guest.id
        if place.overdue and self._overdue.get(guest) != boot.starts:
            self._overdue[guest] = boot.starts
            log.warning("%s on %s: %s", probe.guest.name, probe.host, place.why)
