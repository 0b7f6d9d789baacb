"""Whether one machine has come up since its latest start: what polls, events, screens and its agent told so far.

Silence proves nothing, whatever the time that passes, and what an earlier boot wrote tells nothing of this one. It
says where the machine stands; what follows from that is decided elsewhere.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.incidents.boot_screen import UNKNOWN, Reading
from bot.core.incidents.boot_signs import Part, Stage, Wait

AGENT = Reading(Stage.UP, "its agent answers")
_SILENT_NOW = Reading(Stage.UNKNOWN, "its agent answered after its start, and is silent now")
_NOTHING_YET = "it is starting and shows nothing yet"
_OFF = "it is off"
_NOT_TOLD = "its host has not told whether it runs"
_OLD_LOGIN = "its console asks for a login, which may be from before its latest start"
_SILENT = "nothing tells whether it has come up"
_DECIDED = frozenset({Stage.FAILED, Stage.WAITING})
_SLOWER = 12  # looks are so much rarer once it has not come up in time


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine stands. `since`: from when on it was seen there; `started`: its latest start, if known.

    `proven`: it came up after its latest start. `overdue`: it has stood still, short of that, for too long.
    """

    stage: Stage
    why: str
    line: str = ""
    part: Part | None = None
    wait: Wait | None = None
    disk: bool = False
    since: datetime | None = None
    started: datetime | None = None
    proven: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class GuestBoot:
    """What is known of one machine's boot. Nothing at first: it may run for years, or have started with the bot.

    `running`: None while nobody told. `starts` counts what may have been a start: what was asked for before one
    tells nothing after it. `started`: when it started, None if nobody saw it; `written`: what its console wrote
    before then is of an earlier boot, None where that can't be told. `told`: when its power was told last.
    `seen`, `since`: where it was seen to stand, and from when on. `proof`: what proved that it came up.
    `hint`: its console shows a login prompt that may be an old one. `looked`: when it was looked at last.
    """

    running: bool | None = None
    starts: int = 0
    started: datetime | None = None
    written: datetime | None = None
    told: datetime | None = None
    seen: Reading = UNKNOWN
    since: datetime | None = None
    proof: str = ""
    hint: bool = False
    looked: datetime | None = None

    # --- what befalls it ---

    def polled(self, at: datetime, *, running: bool | None) -> "GuestBoot":
        """Its power was told. None: neither on nor off, as while it is paused; it goes on from there later."""
        if running is None or running is self.running:
            return replace(self, told=self._later(at))
        if not running:
            return self.ended(at)
        late = self.told or at  # when it was last known to be off, or when its host was last heard
        return self._anew(at, None if self.running is None else at, self.told if self.running is None else late)

    def began(self, at: datetime) -> "GuestBoot":
        """It started, or was reset, just now."""
        return self._anew(at, at, at)

    def ended(self, at: datetime) -> "GuestBoot":
        """It is off: shut down, cut off, crashed or panicked."""
        return GuestBoot(running=False, starts=self.starts + 1, told=self._later(at))

    def lost(self) -> "GuestBoot":
        """Its host is out of reach: it may start anew without anybody seeing it."""
        return GuestBoot(starts=self.starts + 1, told=self.told)

    def shifted(self, step: timedelta) -> "GuestBoot":
        """The clock was stepped: what was so for a while is so for the same while."""

        def moved(moment: datetime | None) -> datetime | None:
            return None if moment is None else moment + step

        return replace(
            self,
            started=moved(self.started),
            written=moved(self.written),
            told=moved(self.told),
            since=moved(self.since),
            looked=moved(self.looked),
        )

    def _anew(self, at: datetime, started: datetime | None, written: datetime | None) -> "GuestBoot":
        at = self._later(at)
        return GuestBoot(running=True, starts=self.starts + 1, started=started, written=written, told=at, since=at)

    def _later(self, at: datetime) -> datetime:
        return at if self.told is None else max(at, self.told)

    # --- what it shows ---

    def answered(self, at: datetime, of: int) -> "GuestBoot":
        """Its agent answered. `of`: the start it was asked after; after another that tells nothing."""
        return self.read(AGENT, at, of, fresh=True)

    def fell_silent(self, at: datetime, of: int) -> "GuestBoot":
        """Its agent did not answer. That proves nothing, but what it proved by answering does not hold now."""
        if of != self.starts or self.proof != AGENT.why:
            return self
        return replace(self, proof="", seen=_SILENT_NOW, since=max(at, self.since or at))

    def read(self, reading: Reading, at: datetime, of: int, *, fresh: bool) -> "GuestBoot":
        """Its screen or console was read. `fresh`: it was surely written after the latest start."""
        if of != self.starts or not self.running:
            return self
        looked = replace(self, looked=at if self.looked is None else max(at, self.looked))
        if reading.stage is Stage.UNKNOWN or not (fresh or self._may_be_present(reading)):
            return looked
        if not fresh and reading.stage is Stage.UP:
            return replace(looked, hint=not looked.proof)
        if self.proof and reading.stage not in {*_DECIDED, Stage.OFF, Stage.UP}:
            return looked  # an older text on another screen
        proof = reading.why if reading.stage is Stage.UP else ""
        moved = reading != self.seen
        since = max(at, self.since or at) if moved else self.since
        return replace(looked, seen=reading, since=since, proof=proof, hint=False)

    def _may_be_present(self, reading: Reading) -> bool:
        """Whether a text of unknown age may count: a login, never as proof; a failure, of one never met before."""
        if self.started is not None:
            return False
        return reading.stage is Stage.UP or (self.written is None and reading.stage in _DECIDED)

    # --- what follows ---

    def where(self, now: datetime, patience: timedelta) -> Place:
        """Where it stands now. `patience`: how long it may stand still on its way."""
        if not self.running:
            off = self.running is False
            return Place(Stage.OFF if off else Stage.UNKNOWN, _OFF if off else _NOT_TOLD, since=self.told)
        seen = self.seen
        if self.proof or seen.stage in _DECIDED:
            return self._place(seen, seen.why)
        if self.hint:
            return self._place(UNKNOWN, _OLD_LOGIN)
        overdue = self.since is not None and now - self.since >= patience
        if overdue:
            return replace(self._place(seen, self._on_its_way(now)), overdue=True)
        return self._place(seen, _NOTHING_YET if seen is UNKNOWN and self.started else seen.why)

    def _place(self, seen: Reading, why: str) -> Place:
        place = Place(seen.stage, why, seen.line, seen.part, seen.wait, seen.disk, self.since, self.started)
        return replace(place, proven=bool(self.proof))

    def _on_its_way(self, now: datetime) -> str:
        seconds = int((now - (self.since or now)).total_seconds())
        lasted = f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"
        if self.seen is _SILENT_NOW:
            return self.seen.why
        if self.seen.stage is Stage.UNKNOWN:
            return f"{_SILENT} for {lasted}"
        line = f" (“{self.seen.line[:100]}”)" if self.seen.line else ""
        return f"it has not come up for {lasted}, last seen at: {self.seen.stage}{line}"

    def next_look(self, now: datetime, every: timedelta, patience: timedelta) -> datetime | None:
        """When it is worth looking at it again; None while it is off, out of reach, or proven up for good.

        That an agent answered holds only as long as it answers.
        """
        if not self.running or (self.proof and self.proof != AGENT.why):
            return None
        if self.looked is None:
            return now
        slow = bool(self.proof) or (self.since is not None and now - self.since >= patience)
        return self.looked + (every * _SLOWER if slow else every)
