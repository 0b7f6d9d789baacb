"""How guests were when they were last looked at: what ran then and is off now has to be accounted for.

After the bot was off, or could not ask their hypervisor, the first word of a guest is held against that. Where it
was shut down, just before or, as libvirt still tells, meanwhile, someone may have done so, and it is asked about.
Where nothing tells of that, its host went off with it. So it is with one that left its host while it ran: it was
not switched off there, and where it went to it has to run.

What someone had shut down before may have run meanwhile, where its host no longer knows why it is off.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.guest import ALLOWED
from bot.core.health import RAN, Evidence, Health, Kind, Observation, TargetId
from bot.core.incidents.shutdowns import just_before

_OFF: Final = "I was off"
_FORGOTTEN: Final = "someone had shut it down, and nobody saw whether it has run since"
BLINK: Final = timedelta(minutes=1)
"""For so long a libvirt that is started anew may be out of reach. Meanwhile nothing starts a guest there."""


@dataclass(slots=True)
class LastSeen:
    """All guests, wherever they live. `within`: so shortly before it went, a host may have shut one down."""

    now: Callable[[], datetime]
    within: timedelta
    _told_by: dict[TargetId, str] = field(default_factory=dict)  # the host that last knew whether it runs
    _running: set[TargetId] = field(default_factory=set)
    _shut_down: dict[TargetId, datetime] = field(default_factory=dict)
    _ran: dict[TargetId, str] = field(default_factory=dict)  # until when, of those not met since
    _just_shut_down: dict[TargetId, str] = field(default_factory=dict)  # before what, of those not met since
    _stopped: set[TargetId] = field(default_factory=set)  # off as someone wanted it
    _unwatched: dict[TargetId, datetime] = field(default_factory=dict)  # of those, since when nobody looks
    moved: set[TargetId] = field(default_factory=set)
    """Those that ran, and that their host says have gone to another one, on which they were not seen yet."""

    def before_start(
        self, ran: Collection[TargetId], shut_down: Collection[TargetId], stopped: Collection[TargetId]
    ) -> None:
        """The bot has started: what ran when it looked last, was shut down just before, and was off as wanted."""
        self._ran |= dict.fromkeys(ran, f"it ran before {_OFF}")
        self._just_shut_down |= dict.fromkeys(shut_down, f"it was shut down just before {_OFF}")
        self._stopped |= set(stopped)
        self._nobody_looked()

    def after_stop(self, length: timedelta | None) -> timedelta | None:
        """For so long the bot's process was stopped, None if it was not."""
        if length is not None:
            self._nobody_looked()
        return length

    def _nobody_looked(self) -> None:
        """Who knows what has run meanwhile."""
        self._unwatched |= dict.fromkeys(self._stopped, self.now() - BLINK)

    def lost(self, host: str) -> None:
        """A hypervisor is out of reach: who knows what becomes of its guests."""
        gone = f"{host} was out of reach"
        here = {guest for guest, told_by in self._told_by.items() if told_by == host}
        self._ran |= dict.fromkeys(self._running & here, f"it ran until {gone}")
        shut_down = {guest: self._shut_down.pop(guest) for guest in self._shut_down.keys() & here}
        late = just_before(shut_down, self.now(), self.within)
        self._just_shut_down |= dict.fromkeys(late, f"it was shut down just before {gone}")
        self._running -= here
        self._unwatched = dict.fromkeys(self._stopped & here, self.now()) | self._unwatched

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._shut_down = {guest: at + step for guest, at in self._shut_down.items()}
        self._unwatched = {guest: at + step for guest, at in self._unwatched.items()}

    def forget(self, gone: Collection[TargetId]) -> None:
        """These guests are no longer anywhere."""
        self._running.difference_update(gone)
        self.moved.difference_update(gone)
        self._stopped.difference_update(gone)
        for guest in gone:
            for known in (self._told_by, self._shut_down, self._ran, self._just_shut_down, self._unwatched):
                known.pop(guest, None)

    def waits_for(self, seen: Observation, host: str) -> bool:
        """Whether what `host` tells to be off has to be accounted for."""
        left = self._left(seen, host)
        open_ = self._ran.keys() | self._just_shut_down.keys() | self._unwatched.keys()
        return seen.running is False and (left != "" or seen.target in open_)

    def after(self, seen: Observation, host: str, *, arrived_nowhere: bool = False) -> Observation:
        """A word of `host` on a guest's power, and what it says of one that nobody could look at for a while.

        `arrived_nowhere`: every host was asked since a guest migrated, and it is active on none.
        """
        if seen.running is None:
            return seen
        left, gone = self._left(seen, host), seen.moved_away and self._ran_on(host, seen.target)
        self.moved.discard(seen.target)
        if gone and not arrived_nowhere:
            self.moved.add(seen.target)
            why = f"it has moved from {host} to another host"
            return replace(seen, health=Health.UNKNOWN, kind=None, running=None, why=why, evidence=Evidence.NONE)
        self._note(seen, host)
        ran, shut_down = self._ran.pop(seen.target, ""), self._just_shut_down.pop(seen.target, "")
        since = self._unwatched.pop(seen.target, None)
        if seen.running:
            return replace(seen, facts={**seen.facts, "started": "maybe"}) if ran and _OFF not in ran else seen
        ran = f"it left {host} for another host, and runs on none that I can ask" if gone else ran or left
        if ran and seen.health is Health.FAIL:
            self._ran[seen.target] = ran  # before that is believed, its definition may say that it may be off
        may_have_run = self._may_have_run(seen, since)
        if may_have_run or seen.health is not Health.OK or not (ran or (shut_down and not seen.on_purpose)):
            doubted = replace(seen, why=f"off: {_FORGOTTEN}", facts={**seen.facts, RAN: _FORGOTTEN})
            return doubted if may_have_run else seen
        why = f"{ran or shut_down}, and is off"
        if seen.on_purpose or not ran:  # someone may have wanted it so
            return replace(seen, facts={RAN: why})
        return _down(seen, ran, why)

    def _may_have_run(self, seen: Observation, since: datetime | None) -> bool:
        """Whether its host has forgotten why it is off, and nobody has looked `since` then."""
        forgotten = seen.was_on_purpose and not seen.on_purpose
        return forgotten and since is not None and self.now() - since >= BLINK

    def _ran_on(self, host: str, guest: TargetId) -> bool:
        """Whether a guest ran on `host` when that was last seen."""
        return self._told_by.get(guest, host) == host and guest in self._running | self._ran.keys()

    def _left(self, seen: Observation, host: str) -> str:
        """How a guest that `host` tells of ran on another host, until it left that; empty if it did not."""
        was = self._told_by.get(seen.target, host)
        return f"it ran until it left {was}" if was != host and seen.target in self._running else ""

    def _note(self, seen: Observation, host: str) -> None:
        self._told_by[seen.target] = host
        if seen.running:
            self._running.add(seen.target)
            self._shut_down.pop(seen.target, None)
            self._stopped.discard(seen.target)
            return
        if seen.target in self._running and seen.on_purpose:
            self._shut_down[seen.target] = seen.at
        self._running.discard(seen.target)
        (self._stopped.add if seen.was_on_purpose else self._stopped.discard)(seen.target)


def _down(seen: Observation, ran: str, why: str) -> Observation:
    """What ran and is off, though it may be, as its host tells: it is down."""
    how = seen.why.removesuffix(ALLOWED)
    words = f"{ran}, and is {how}" if how.startswith("off") else f"{why} ({how})"
    failed = replace(seen, health=Health.FAIL, kind=Kind.GUEST_DOWN, why=words, stated=True)
    return replace(failed, facts={RAN: why})
