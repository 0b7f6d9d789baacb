"""A hypervisor and the power of all its guests, in one bulk call; and the same from what events state.

The poll is the safety net under the events. It says nothing of what is inside a guest: that is guest.py's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power, Reason, judge
from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId, uuid_of
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable

STATE = CheckName("state")
"""The check of a guest's power, whoever noticed: poll or event."""

_PAUSED_OR_SO = {Power.PAUSED, Power.SUSPENDED, Power.SHUTTING_DOWN, Power.UNKNOWN}
_ON_PURPOSE = {Reason.SHUTDOWN, Reason.SAVED}
_POWER_AFTER = {
    GuestEventKind.STARTED: Power.RUNNING,
    GuestEventKind.REBOOTED: Power.RUNNING,
    GuestEventKind.RESUMED: Power.RUNNING,
    GuestEventKind.STOPPED: Power.OFF,
    GuestEventKind.CRASHED: Power.OFF,
    GuestEventKind.PANICKED: Power.CRASHED,
    GuestEventKind.PAUSED: Power.PAUSED,
    GuestEventKind.SUSPENDED: Power.SUSPENDED,
}
"""Not in it: events that leave the power as it was. What a watchdog did to it comes as an event of its own."""
_STARTS = {GuestEventKind.STARTED, GuestEventKind.REBOOTED}
_STATED = {Reason.CRASHED, Reason.PANICKED, Reason.WATCHDOG, Reason.IO_ERROR}

Inventory = Callable[[], Mapping[TargetId, Target]]


@dataclass(frozen=True, slots=True)
class HypervisorProbe:
    """Polls one hypervisor. `guests`: the guests that live on it, as far as is known when asked.

    `told` hears the states of all it has, by UUID, and says whether they are others than were known; then `stale`
    is called: an event about it was lost, or never sent.
    """

    host: Target
    check: CheckName
    hypervisor: Hypervisor
    guests: Inventory
    now: Callable[[], datetime]
    stale: Callable[[], None] = lambda: None
    told: Callable[[Mapping[str, GuestState]], bool] = lambda _states: False

    async def look(self) -> Sequence[Observation]:
        """The hypervisor itself first, then each guest of the inventory. Unreachable: its guests are UNKNOWN."""
        guests = self.guests().values()
        try:
            states = await self.hypervisor.states()
        except HypervisorUnreachable as why:
            return self._blind(Health.FAIL, str(why), Kind.HOST_DOWN)
        except GuestRefused as why:  # it answers, so it is up; but not to this question
            return self._blind(Health.UNKNOWN, str(why))
        if self.told(states):
            self.stale()
        at = self.now()
        up = Observation(self._fingerprint, Health.OK, at, f"libvirt answers: {len(states)} guests")
        return [
            up,
            *(observe(guest, states[uuid_of(guest.id)], at) for guest in guests if uuid_of(guest.id) in states),
        ]

    def _blind(self, health: Health, why: str, kind: Kind | None = None) -> Sequence[Observation]:
        at = self.now()
        guests = (Fingerprint(STATE, guest) for guest in self.guests())
        unseen = (Observation(guest, Health.UNKNOWN, at, why) for guest in guests)
        return [Observation(self._fingerprint, health, at, why, kind), *unseen]

    @property
    def _fingerprint(self) -> Fingerprint:
        return Fingerprint(self.check, self.host.id)


def observe(guest: Target, state: GuestState, at: datetime, *, stated: bool = False) -> Observation:
    """A guest's power, held against what is expected of it."""
    judged = judge(state, wanted=guest.wanted)
    return Observation(
        Fingerprint(STATE, guest.id),
        judged.health,
        at,
        judged.why,
        judged.kind,
        stated=stated,
        evidence=Evidence.OUTSIDE,  # it has power: what goes on inside, guest.py sees
        running=None if state.power in _PAUSED_OR_SO else state.power is Power.RUNNING,
        facts={"stopped": "on purpose"} if state.reason in _ON_PURPOSE else {},
    )


def from_event(guest: Target, event: GuestEvent, at: datetime) -> Observation | None:
    """What an event states of a guest's power; None where it says nothing of it."""
    power = _POWER_AFTER.get(event.what)
    if power is None:
        return None
    stated = event.what is GuestEventKind.PANICKED or event.reason in _STATED
    seen = observe(guest, GuestState(guest.name, power, event.reason), at, stated=stated)
    return replace(seen, facts={**seen.facts, "started": "now"}) if event.what in _STARTS else seen
