"""A hypervisor and the power of all its guests, in one bulk call; and the same from what events state.

The poll is the safety net under the events. It says nothing of what is inside a guest: that is guest.py's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power, Reason, judge
from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.hypervisor import Hypervisor, HypervisorUnreachable

STATE = CheckName("state")
"""The check of a guest's power, whoever noticed: poll or event."""

_PAUSED_OR_SO = {Power.PAUSED, Power.SUSPENDED, Power.SHUTTING_DOWN, Power.UNKNOWN}
_ON_PURPOSE = {Reason.SHUTDOWN, Reason.SAVED}
_STATED = {GuestEventKind.CRASHED, GuestEventKind.PANICKED, GuestEventKind.WATCHDOG}

Inventory = Callable[[], Mapping[TargetId, Target]]


@dataclass(frozen=True, slots=True)
class HypervisorProbe:
    """Polls one hypervisor. `guests`: its part of the inventory, as it is when asked."""

    host: Target
    check: CheckName
    hypervisor: Hypervisor
    guests: Inventory
    now: Callable[[], datetime]

    async def look(self) -> Sequence[Observation]:
        """The hypervisor itself first, then each guest of the inventory. Unreachable: its guests are UNKNOWN."""
        mine = Fingerprint(self.check, self.host.id)
        try:
            states = await self.hypervisor.states()
        except HypervisorUnreachable as why:
            at = self.now()
            unseen = (_unseen(guest, at, str(why)) for guest in self.guests().values())
            return [Observation(mine, Health.FAIL, at, str(why), Kind.HOST_DOWN), *unseen]
        at = self.now()
        up = Observation(mine, Health.OK, at, f"libvirt answers: {len(states)} guests")
        return [up, *(observe(g, states[g.name], at) for g in self.guests().values() if g.name in states)]

    async def look_at_it(self) -> Sequence[Observation]:
        """Only whether the hypervisor itself answers."""
        return (await self.look())[:1]


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
        running=None if state.power in _PAUSED_OR_SO else state.power is Power.RUNNING,
        facts={"stopped": "on purpose"} if state.reason in _ON_PURPOSE else {},
    )


def from_event(guest: Target, event: GuestEvent, at: datetime) -> Observation | None:
    """What an event states of a guest's power; None where it says nothing of it."""
    power = {
        GuestEventKind.STARTED: Power.RUNNING,
        GuestEventKind.RESUMED: Power.RUNNING,
        GuestEventKind.STOPPED: Power.OFF,
        GuestEventKind.CRASHED: Power.OFF,
        GuestEventKind.PANICKED: Power.CRASHED,
        GuestEventKind.PAUSED: Power.PAUSED,
        GuestEventKind.WATCHDOG: Power.PAUSED,
        GuestEventKind.SUSPENDED: Power.SUSPENDED,
    }.get(event.what)
    if power is None:
        return None
    stated = event.what in _STATED or event.reason is Reason.IO_ERROR
    return observe(guest, GuestState(guest.name, power, event.reason), at, stated=stated)


def _unseen(guest: Target, at: datetime, why: str) -> Observation:
    return Observation(Fingerprint(STATE, guest.id), Health.UNKNOWN, at, why)
