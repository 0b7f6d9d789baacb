"""How guests were when they were last looked at: what ran then and is off now has to be accounted for.

After the bot was off, or could not ask their hypervisor, the first word of a guest is held against that. Where it
was shut down, just before or, as libvirt still tells, meanwhile, someone may have done so, and it is asked about.
Where nothing tells of that, its host went off with it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.health import RAN, Health, Kind, Observation, TargetId
from bot.core.incidents.shutdowns import just_before

_OFF: Final = "I was off"


@dataclass(slots=True)
class LastSeen:
    """The guests of one host. `within`: so shortly before it went, the host itself may have shut one down."""

    host: str
    now: Callable[[], datetime]
    within: timedelta
    _running: set[TargetId] = field(default_factory=set)
    _shut_down: dict[TargetId, datetime] = field(default_factory=dict)
    _ran: dict[TargetId, str] = field(default_factory=dict)  # until when, of those not met since
    _just_shut_down: dict[TargetId, str] = field(default_factory=dict)  # before what, of those not met since

    def before_start(self, ran: Collection[TargetId], shut_down: Collection[TargetId]) -> None:
        """The bot has started: these ran when it looked last, those had been shut down just before."""
        self._ran |= dict.fromkeys(ran, f"it ran before {_OFF}")
        self._just_shut_down |= dict.fromkeys(shut_down, f"it was shut down just before {_OFF}")

    def lost(self) -> None:
        """The hypervisor is out of reach: who knows what becomes of its guests."""
        gone = f"{self.host} was out of reach"
        self._ran |= dict.fromkeys(self._running, f"it ran until {gone}")
        late = just_before(self._shut_down, self.now(), self.within)
        self._just_shut_down |= dict.fromkeys(late, f"it was shut down just before {gone}")
        self._running.clear()
        self._shut_down.clear()

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._shut_down = {guest: at + step for guest, at in self._shut_down.items()}

    def forget(self, gone: Collection[TargetId]) -> None:
        """These guests are no longer here."""
        self._running.difference_update(gone)
        for guest in gone:
            for known in (self._shut_down, self._ran, self._just_shut_down):
                known.pop(guest, None)

    def waits_for(self, seen: Observation) -> bool:
        """Whether what is off has to be accounted for."""
        return seen.running is False and seen.target in {*self._ran, *self._just_shut_down}

    def after(self, seen: Observation) -> Observation:
        """A word of a guest's power, and what it says of one that nobody could look at for a while."""
        if seen.running is None:
            return seen
        self._note(seen)
        ran, shut_down = self._ran.pop(seen.target, ""), self._just_shut_down.pop(seen.target, "")
        if seen.running:
            return replace(seen, facts={**seen.facts, "started": "now"}) if ran and _OFF not in ran else seen
        if seen.health is not Health.OK or not (ran or (shut_down and not seen.on_purpose)):
            return seen
        why = f"{ran or shut_down}, and is off"
        if seen.on_purpose or not ran:  # someone may have wanted it so
            return replace(seen, facts={RAN: why})
        words = f"{why} ({seen.why})"
        failed = replace(seen, health=Health.FAIL, kind=Kind.GUEST_DOWN, why=words, stated=True)
        return replace(failed, facts={RAN: why})

    def _note(self, seen: Observation) -> None:
        if seen.running:
            self._running.add(seen.target)
            self._shut_down.pop(seen.target, None)
            return
        if seen.target in self._running and seen.on_purpose:
            self._shut_down[seen.target] = seen.at
        self._running.discard(seen.target)
