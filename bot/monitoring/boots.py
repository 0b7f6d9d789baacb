"""Where the guests of one hypervisor stand at their boot: what is asked of each in which order, and what it shows.

The trackers are core/incidents/guest_boot.py's; here they are kept, asked for and told as observations. A look
that was begun before a start says nothing after it.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from bot.core.health import Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incidents.boot_screen import Reading, read_screen
from bot.core.incidents.boot_signs import Stage
from bot.core.incidents.guest_boot import GuestBoot, Place
from bot.hypervisor import HypervisorUnreachable
from bot.monitoring.console import render
from bot.probes.guest import BOOT, GuestProbe

log = logging.getLogger(__name__)

JUST_BEFORE = timedelta(seconds=2)
"""How long before a start its console may have been written last: files tell whole seconds, events come late."""
WAITS_FOR = timedelta(seconds=30)
"""How long a menu or a question stands there before it is told: a key server or a person may answer it at once."""

_DECIDED = frozenset({Stage.FAILED, Stage.WAITING})
Clock = Callable[[], datetime]


async def look(probe: GuestProbe, boot: GuestBoot, now: Clock) -> GuestBoot:
    """The tracker after a look at its guest: the agent, then the console, then the screen, until one proves it up.

    Raises HypervisorUnreachable.
    """
    of = boot.starts
    if await probe.agent_answers():
        return boot.answered(now(), of)
    if probe.info.has_agent:
        boot = boot.fell_silent(now(), of)
    console, fresh = await _console(probe, boot, now)
    tells_up = fresh and console.stage is Stage.UP
    if tells_up and boot.started is not None:
        return boot.read(console, now(), of, fresh=True)
    shown = read_screen((await probe.screen()).splitlines())
    if tells_up and shown.stage not in _DECIDED:  # a log may be older than a start that nobody saw
        return boot.read(console, now(), of, fresh=True)
    if shown.stage is Stage.UP or (shown.stage in _DECIDED and not (fresh and console.stage in _DECIDED)):
        return boot.read(shown, now(), of, fresh=True)
    if not fresh or console.stage is Stage.UNKNOWN:
        boot = boot.read(shown, now(), of, fresh=True)
    return boot.read(console, now(), of, fresh=fresh)


async def _console(probe: GuestProbe, boot: GuestBoot, now: Clock) -> tuple[Reading, bool]:
    """What its console shows, and whether that was surely written after its latest start."""
    if boot.written is not None:
        text = await probe.console(now() - boot.written + JUST_BEFORE)
        if text or boot.started is not None:
            return await asyncio.to_thread(_read_log, text), True
    return await asyncio.to_thread(_read_log, await probe.console(None)), False


@lru_cache(maxsize=128)  # many consoles stand still
def _read_log(text: str) -> Reading:
    """What the end of a console's log shows. Computes for tens of milliseconds."""
    return read_screen(render(text))


async def ask_ssh(probe: GuestProbe, boot: GuestBoot, now: Clock, patience: timedelta) -> tuple[GuestBoot, str]:
    """The tracker after its guest's SSH server was asked, where nothing else tells; and what it said instead."""
    place = boot.where(now(), patience)
    if place.proven or place.stage in _DECIDED:
        return boot, ""
    answer = await probe.ssh()
    if answer is None:
        return boot, ""
    if not answer.proves:
        return boot, answer.why
    return boot.read(Reading(Stage.UP, answer.why), now(), boot.starts, fresh=True), ""


def observed(probe: GuestProbe, boot: GuestBoot, now: datetime, patience: timedelta) -> Observation:
    """Where a guest stands, as an observation of its boot."""
    place = boot.where(now, patience)
    fingerprint = Fingerprint(BOOT, probe.guest.id)
    if place.stage in _DECIDED:
        why = f"{place.why}: “{place.line[:200]}”" if place.line else place.why
        waits = place.stage is Stage.WAITING
        steady = min(WAITS_FOR, patience) if waits else timedelta(0)
        return Observation(
            fingerprint,
            Health.FAIL,
            now,
            why,
            kind_of(place),
            running=True,
            evidence=Evidence.OUTSIDE,
            steady=steady,
        )
    if place.proven:
        return Observation(fingerprint, Health.OK, now, place.why, running=True)
    if boot.hint:
        return Observation(fingerprint, Health.OK, now, place.why, running=True, evidence=Evidence.OUTSIDE)
    silent = ", and its agent is silent" if probe.info.has_agent and place.stage is Stage.UNKNOWN else ""
    why = place.why if "silent" in place.why else f"{place.why}{silent}"
    return Observation(fingerprint, Health.UNKNOWN, now, why, running=True, evidence=Evidence.NONE)


def _unseen(guest: TargetId, now: datetime, why: str) -> Observation:
    return Observation(Fingerprint(BOOT, guest), Health.UNKNOWN, now, why, running=True, evidence=Evidence.NONE)


def kind_of(place: Place) -> Kind:
    """What a machine's failure or waiting at its boot is about."""
    if place.stage is Stage.WAITING:
        return Kind.BOOT_WAITING
    return Kind.BOOT_DISK if place.disk else Kind.GUEST_DAMAGED


@dataclass(slots=True)
class Boots:
    """The boots of one hypervisor's guests. `patience`: how long one may stand still on its way."""

    now: Clock
    patience: timedelta
    _boots: dict[TargetId, GuestBoot] = field(default_factory=dict)
    _told: datetime | None = None  # when the power of those not met since was told last
    _overdue: dict[TargetId, int] = field(default_factory=dict)  # the start of which it was said

    def seen_before(self, until: datetime | None) -> None:
        """Until when the bot saw what befell them, before it was off itself; None if it never did."""
        self._told = until

    def of(self, guest: TargetId) -> GuestBoot:
        """What is known of a guest's boot."""
        return self._boots.get(guest) or GuestBoot(told=self._told)

    def polled(self, guest: TargetId, *, running: bool | None) -> None:
        """A guest's power was told."""
        self._boots[guest] = self.of(guest).polled(self.now(), running=running)

    def began(self, guest: TargetId) -> None:
        """A guest started, or was reset."""
        self._boots[guest] = self.of(guest).began(self.now())

    def lost(self) -> None:
        """Their hypervisor is out of reach: who knows what becomes of them."""
        self._boots = {guest: boot.lost() for guest, boot in self._boots.items()}

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._boots = {guest: boot.shifted(step) for guest, boot in self._boots.items()}
        self._told = self._told and self._told + step

    def forget(self, gone: Collection[TargetId]) -> None:
        """These guests are no longer here."""
        for guest in gone:
            self._boots.pop(guest, None)
            self._overdue.pop(guest, None)

    def due(self, guest: TargetId, every: timedelta, *, awaited: bool) -> bool:
        """Whether it is worth a look now. `awaited`: somebody waits for proof."""
        now, boot = self.now(), self.of(guest)
        soon = boot.next_look(now, every, self.patience)
        return bool(boot.running) and (awaited or (soon is not None and soon <= now))

    async def look(self, probe: GuestProbe) -> Observation | None:
        """Look at a guest and say where it stands; None if it started or stopped meanwhile."""
        guest = probe.guest.id
        before = self.of(guest)
        if not probe.info.known:
            return _unseen(guest, self.now(), "not looked at yet: what it is made of is still to be read")
        try:
            after, aside = await ask_ssh(probe, await look(probe, before, self.now), self.now, self.patience)
        except HypervisorUnreachable as why:
            return _unseen(guest, self.now(), str(why))
        if self.of(guest).starts != before.starts:
            return None
        self._boots[guest] = after
        self._note_overdue(probe, after)
        seen = observed(probe, after, self.now(), self.patience)
        if before.proof and not after.proof and seen.health is Health.UNKNOWN:
            # What it proved by answering counts no more, for whoever waits for it.
            seen = replace(seen, health=Health.OK, evidence=Evidence.OUTSIDE, facts={"started": "now"})
        return replace(seen, why=f"{seen.why}; {aside}") if aside else seen

    async def look_now(self, probe: GuestProbe) -> Observation:
        """Where a guest stands that is known to run, for whoever asks: its start may not have been told yet."""
        if not self.of(probe.guest.id).running:
            self.began(probe.guest.id)
        seen = await self.look(probe)
        return seen or observed(probe, self.of(probe.guest.id), self.now(), self.patience)

    def _note_overdue(self, probe: GuestProbe, boot: GuestBoot) -> None:
        """Say once for each start that it has not come up in time."""
        place, guest = boot.where(self.now(), self.patience), probe.guest.id
        if place.overdue and self._overdue.get(guest) != boot.starts:
            self._overdue[guest] = boot.starts
            log.warning("%s on %s: %s", probe.guest.name, probe.host, place.why)
