"""Whether one machine has come up since its latest start: what polls, events, screens and its agent told so far.

Silence proves nothing, whatever the time that passes, and what an earlier boot wrote tells nothing of this one. It
says where the machine stands; what follows from that is decided elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.clock_step import shifted
from bot.core.incidents.boot_log import BootLog
from bot.core.incidents.boot_place import Place, Source
from bot.core.incidents.boot_reading import UNKNOWN, Reading
from bot.core.incidents.boot_signs import Stage, Wait
from bot.core.incidents.console_log import BootRecord, LogEnd
from bot.core.incidents.guest_system import NOT_ASKED, System, Whose

AGENT = Reading(Stage.UP, "its agent answers")
_FROZEN = Reading(Stage.TROUBLED, "its file systems are frozen, as for a backup")
_SILENT_NOW = Reading(Stage.UNKNOWN, "its agent answered after its start, and is silent now")
_NO_SSH_NOW = Reading(Stage.UNKNOWN, "its SSH server proved it up after its start, and does so no longer")
_NOTHING_YET = "it is starting and shows nothing yet"
_OFF = "it is off"
_PAUSED = "it is paused"
_NOT_TOLD = "its host has not told whether it runs"
_OLD_LOGIN = "its console asks for a login, which may be from before its latest start"
_SILENT = "nothing tells whether it has come up"
_DECIDED = frozenset({Stage.FAILED, Stage.WAITING})
_UNREAD = BootLog()
_SLOWER = 12  # looks are so much rarer once it has not come up in time


@dataclass(frozen=True, slots=True)
class GuestBoot:
    """What is known of one machine's boot. Nothing at first: it may run for years, or have started with the bot.

    `running`: None while nobody told; `paused`: it stands still meanwhile. `starts` counts what may have been a
    start: what was asked for before one tells nothing after it. `started`: when it started, None if nobody saw it,
    or if what it showed since is lost; `went_on`: when it last did after a pause. `told`: when its power was told.
    `console`: what of its console's log is of the present boot; `spoke`: that shows the boot's beginning.
    `glanced`: its screen was looked at while its agent answered.
    `seen`, `since`: where it was seen to stand, and from when on. `proof`, `source`: what proved that it came up.
    `came_up`: whether it was seen up since its start, whatever became of it. `hint`: its console shows a login
    prompt that may be an old one. `looked`: when it was looked at last. `whose`: which system its agent is in.
    """

    running: bool | None = None
    paused: bool = False
    starts: int = 0
    started: datetime | None = None
    went_on: datetime | None = None
    told: datetime | None = None
    console: BootLog = _UNREAD
    spoke: bool = False
    glanced: bool = False
    seen: Reading = UNKNOWN
    since: datetime | None = None
    proof: str = ""
    source: Source | None = None
    came_up: bool = False
    hint: bool = False
    looked: datetime | None = None
    whose: Whose = NOT_ASKED

    # --- what befalls it ---

    def polled(self, at: datetime, *, running: bool | None, paused: bool = False) -> "GuestBoot":
        """Its power was told. None: neither on nor off, as while it is paused; it goes on from there later."""
        if running is None:
            return replace(self, told=self._later(at), paused=paused)
        if running is self.running:
            return self._goes_on(self._later(at))
        if not running:
            return self.ended(at)
        return self._anew(at, None if self.running is None else at)

    def _goes_on(self, at: datetime) -> "GuestBoot":
        """It is as it was. While it was paused it could not get any further."""
        if not self.paused:
            return replace(self, told=at)
        return replace(self, told=at, paused=False, went_on=at, since=self.since if self.proof else at)

    def began(self, at: datetime, *, booted: bool = True) -> "GuestBoot":
        """It started, or was reset, just now. Not `booted`: it goes on from where it was saved, silently."""
        return self._anew(at, at if booted else None)

    def ended(self, at: datetime) -> "GuestBoot":
        """It is off: shut down, cut off, crashed or panicked."""
        off = GuestBoot(running=False, starts=self.starts + 1, told=self._later(at), whose=self.whose.anew())
        return replace(off, console=self.console.ended(up=self.source is Source.CONSOLE))

    def lost(self) -> "GuestBoot":
        """Its host is out of reach: it may start anew without anybody seeing it.

        One that had failed at its boot may stand there still, so that what its log said of that counts on.
        """
        console = self.console.lost(decided=self.seen.stage in _DECIDED)
        return GuestBoot(starts=self.starts + 1, told=self.told, console=console, whose=self.whose.anew())

    def shifted(self, step: timedelta) -> "GuestBoot":
        """The clock was stepped: what was so for a while is so for the same while."""
        return shifted(self, step)

    def _anew(self, at: datetime, started: datetime | None) -> "GuestBoot":
        at, off, up = self._later(at), self.running is False, self.source is Source.CONSOLE
        boot = GuestBoot(running=True, starts=self.starts + 1, started=started, told=at, since=at)
        console = self.console.anew(off=off, up=up)
        console = replace(console, shell=self.console.shell if started is None else None)
        return replace(boot, console=console, whose=self.whose.anew())

    def _later(self, at: datetime) -> datetime:
        return at if self.told is None else max(at, self.told)

    # --- its console's log ---

    def marked(self, log: LogEnd, of: int, *, truncated: bool) -> "GuestBoot":
        """What follows in its console's log is of the present boot, or of the next one while it is off.

        `of`: as in `answered`. `truncated`: its host begins the log anew at each start.
        """
        return self if of != self.starts else replace(self, console=self.console.marked(log, truncated=truncated))

    def restarted(self) -> "GuestBoot":
        """It started anew at some time that nobody saw: no shell of before is open."""
        return replace(self, console=replace(self.console, shell=None))

    def resumed(self, record: BootRecord, log: LogEnd) -> "GuestBoot":
        """It runs since the start that is on record, for all that its process and its log tell."""
        came_up = self.came_up or record.up
        back = replace(self, started=record.started, spoke=record.spoke, came_up=came_up)
        return replace(back, console=self.console.resumed(record, log))

    def read_to(self, log: LogEnd) -> "GuestBoot":
        """Its console's log was read. Another one may lack the login: then it is as one that was met running."""
        lost = self.console.mark is not None and self.console.is_another(log)
        return replace(self, console=self.console.read_to(log), started=None if lost else self.started)

    def shows(self, reading: Reading, log: LogEnd, *, fresh: bool) -> "GuestBoot":
        """Its console's log was seen to show that. `fresh`: surely of the present boot: then a shell is left."""
        shell = reading.stage is Stage.FAILED or reading.wait is Wait.PROMPT
        left = fresh and reading.stage is not Stage.UNKNOWN
        return replace(self, console=self.console.shows(log, shell=shell)) if shell or left else self

    def with_mark_of(self, other: "GuestBoot") -> "GuestBoot":
        """This, with a mark that was made while it was looked at. `other`: the tracker as it was left by that."""
        ours, theirs = self.console, other.console
        if ours.mark is not None or theirs.mark is None or other.starts != self.starts:
            return self
        console = replace(theirs, end=ours.end or theirs.end)
        spoke, came_up = self.spoke or other.spoke, self.came_up or other.came_up
        return replace(self, console=console, started=other.started, spoke=spoke, came_up=came_up)

    def shown(self, log: LogEnd, read: Callable[[str], Reading]) -> tuple[Reading, bool]:
        """What its console's log shows, and whether that is surely of the present boot. `read`: reads a text."""
        mark, before = self.console.mark, self.console.before
        present = None if mark is None else log.since(mark)
        if present and (reading := read(present)).stage is not Stage.UNKNOWN:
            return (reading, True) if self._is_followed(reading, log, read) else (UNKNOWN, False)
        later = None if before is None else log.since(before)
        if later is not None and (reading := read(later)).stage is not Stage.UNKNOWN:
            return reading, self._is_present(reading) and self._is_followed(reading, log, read)
        old = read(log.text)
        counts = self._unseen and not self.proof and (later is None or old.stage is Stage.UP)
        return (old if counts else UNKNOWN), False

    def _is_followed(self, reading: Reading, log: LogEnd, read: Callable[[str], Reading]) -> bool:
        """Whether it is known how it got there from where a shell may have been opened.

        That one's prompt may be out of sight by now, and what a command prints is no boot.
        """
        if self.console.shell is None or reading.began or reading.stage in _DECIDED:
            return True
        return self.console.is_followed(log) and read(log.text).stage is reading.stage

    def _is_present(self, reading: Reading) -> bool:
        """Whether what was written since an earlier boot is of the present one: no other has begun since.

        A failure counts in any case: the latest boot that began there failed.
        """
        began = self.started is not None and reading.began
        return began and (self.console.settled or reading.stage is not Stage.UP)

    # --- what it shows ---

    def answered(self, at: datetime, of: int, system: System | None = None) -> "GuestBoot":
        """Its agent answered, for that system. `of`: the start it was asked after; else that tells nothing."""
        if of != self.starts or not self.runs:
            return self
        known = replace(self, whose=self.whose.answered(system), came_up=True)
        return known.read(known.whose.doubt or AGENT, at, of, Source.AGENT, fresh=True)

    def froze(self, at: datetime, of: int) -> "GuestBoot":
        """Its agent answered that its file systems are frozen: it is up, and nothing proves that it goes on."""
        after = self.read(_FROZEN, at, of, Source.AGENT, fresh=True)
        return replace(after, came_up=after.came_up or after.frozen)

    @property
    def frozen(self) -> bool:
        """Whether its file systems were frozen when its agent answered last."""
        return self.seen == _FROZEN

    def fell_silent(self, at: datetime, of: int, who: Source = Source.AGENT) -> "GuestBoot":
        """Its agent or SSH server did not answer: what that proved by answering does not hold now."""
        if of != self.starts or self.source is not who:
            return self
        seen = _SILENT_NOW if who is Source.AGENT else _NO_SSH_NOW
        return replace(self, proof="", source=None, seen=seen, since=max(at, self.since or at))

    def disowned(self, at: datetime) -> "GuestBoot":
        """What its console's log shows may be another's: what that proved does not hold."""
        if self.source is not Source.CONSOLE:
            return self
        return replace(self, proof="", source=None, seen=UNKNOWN, since=max(at, self.since or at))

    def read(self, reading: Reading, at: datetime, of: int, source: Source, *, fresh: bool) -> "GuestBoot":
        """Its screen or console was read. `fresh`: it was surely written after the latest start."""
        if of != self.starts or not self.runs:
            return self
        looked = replace(self, looked=at if self.looked is None else max(at, self.looked))
        if reading.stage is Stage.UNKNOWN or not (fresh or self._may_be_present(reading)):
            return looked
        if not fresh and reading.stage is Stage.UP:
            return replace(looked, hint=True)
        follows = source is Source.CONSOLE or reading.stage in {Stage.FIRMWARE, Stage.LOADER}
        other = self.source is not source or not follows
        if self.proof and other and reading.stage not in {*_DECIDED, Stage.TROUBLED, Stage.OFF, Stage.UP}:
            return looked  # an older text on another screen
        up = reading.stage is Stage.UP
        moved = reading != self.seen
        since = max(at, self.since or at) if moved else self.since
        proof, source_ = (reading.why, source) if up else ("", None)
        spoke = looked.spoke or (source is Source.CONSOLE and reading.began)
        looked = replace(looked, spoke=spoke, came_up=looked.came_up or up, hint=False)
        return replace(looked, seen=reading, since=since, proof=proof, source=source_)

    def _may_be_present(self, reading: Reading) -> bool:
        """Whether a text of unknown age may count: a login as a hint, a failure where nobody saw a start."""
        if self.proof:
            return False
        return reading.stage is Stage.UP or (self._unseen and reading.stage in _DECIDED)

    @property
    def _unseen(self) -> bool:
        """Whether nobody saw when it started."""
        return self.started is None or self.console.unwatched is not None

    # --- what follows ---

    @property
    def runs(self) -> bool:
        """Whether it runs and is not paused: then it can show something."""
        return bool(self.running) and not self.paused

    def where(self, now: datetime, patience: timedelta) -> Place:
        """Where it stands now. `patience`: how long it may stand still on its way."""
        if self.running is False:
            return Place(Stage.OFF, _OFF, since=self.told)
        if not self.runs:
            return Place(Stage.UNKNOWN, _PAUSED if self.paused else _NOT_TOLD, since=self.told)
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
        if self.seen in {_SILENT_NOW, _NO_SSH_NOW, _FROZEN, self.whose.doubt}:
            return self.seen.why
        if self.seen.stage is Stage.UNKNOWN:
            return f"{_SILENT} for {lasted}"
        line = f" (“{self.seen.line[:100]}”)" if self.seen.line else ""
        return f"it has not come up for {lasted}, last seen at: {self.seen.stage}{line}"

    def is_stuck(self, now: datetime, patience: timedelta, grace: timedelta) -> bool:
        """Whether it was seen starting, and has not come up for so long that it should have."""
        late = self.started is not None and now - (self.went_on or self.started) >= patience + grace
        return late and not self.came_up and self.where(now, patience).overdue

    def next_look(self, now: datetime, every: timedelta, patience: timedelta) -> datetime | None:
        """When it is worth looking at it again; None while it is off, paused or out of reach.

        That an agent or an SSH server answered holds only as long as it does; a console and a screen go on.
        """
        if not self.runs:
            return None
        if self.looked is None:
            return now
        slow = bool(self.proof) or (self.since is not None and now - self.since >= patience)
        return self.looked + (every * _SLOWER if slow else every)
