"""A hypervisor and the power of all its guests, in one bulk call; and the same from what events state.

The poll is the safety net under the events. It says nothing of what is inside a guest: that is guest.py's.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.guest import ON_PURPOSE, GuestEvent, GuestEventKind, GuestState, Power, Reason, judge
from bot.core.health import (
    REFUSAL,
    STATE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    uuid_of,
)
from bot.hypervisor import CannotWatch, HostSilent, Hypervisor, HypervisorUnreachable

WATCHING = CheckName("watching")
"""The check of whether a host can be watched at all. It fails when the bot is refused, whatever the host does."""

_PAUSED_OR_SO = {Power.PAUSED, Power.SUSPENDED, Power.SHUTTING_DOWN, Power.UNKNOWN}
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
_STARTS = {GuestEventKind.STARTED: "from off", GuestEventKind.REBOOTED: "now"}
"""How a guest has started: what was off, or saved, was started by someone."""
_STATED = {Reason.CRASHED, Reason.PANICKED, Reason.WATCHDOG, Reason.IO_ERROR}

Inventory = Callable[[], Mapping[TargetId, Target]]
Double = Callable[[Mapping[str, GuestState]], Awaitable[CannotWatch | None]]


async def _no_double(_states: Mapping[str, GuestState]) -> None:
    """It is the only hypervisor."""


@dataclass(frozen=True, slots=True)
class HypervisorProbe:
    """Polls one hypervisor. `guests`: the guests that live on it, as far as is known when asked.

    `told` hears the states of all it has, by UUID, and says whether they are others than were known; then `stale`
    is called: an event about it was lost, or never sent. `double`: whether it is watched already, as another host,
    and why that is so; it is asked before anything is believed. `instead`: the host that is asked in place of this
    one, by a mistake in lab.yaml; whether that answers tells nothing of this one.
    """

    host: Target
    check: CheckName
    hypervisor: Hypervisor
    guests: Inventory
    now: Callable[[], datetime]
    stale: Callable[[], None] = lambda: None
    told: Callable[[Mapping[str, GuestState]], bool] = lambda _states: False
    double: Double = _no_double
    instead: Callable[[], str] = lambda: ""

    async def look(self) -> Sequence[Observation]:
        """The hypervisor itself first, whether it can be watched, then each guest of the inventory.

        A silent host FAILs. Whatever else keeps the bot from asking says nothing of the machine: it is UNKNOWN,
        and what a person has to mend is a failure of the watching. Behind either of them each guest is UNKNOWN.
        """
        guests = self.guests().values()
        try:
            states = await self.hypervisor.states(now=False)
        except CannotWatch as why:
            return self._blind(self._host(Health.UNKNOWN, str(why)), self._refused(why), str(why))
        except HostSilent as why:
            host = self._host(Health.FAIL, str(why), Kind.HOST_DOWN)
            return self._blind(host, self._watching(Health.UNKNOWN, str(why)), str(why))
        except HypervisorUnreachable as why:
            watching = self._watching(Health.UNKNOWN, str(why))
            return self._blind(self._host(Health.UNKNOWN, str(why)), watching, str(why))
        if (twice := await self.double(states)) is not None:
            if self.told({}):  # its guests are the other's
                self.stale()
            return self._blind(self._host(Health.UNKNOWN, str(twice)), self._refused(twice), str(twice))
        if self.told(states):
            self.stale()
        at = self.now()
        told = f"libvirt answers: {len(states)} guest{'' if len(states) == 1 else 's'}"
        up = [self._host(Health.OK, told), self._watching(Health.OK, told)]
        return [*up, *(self._observed(guest, states.get(uuid_of(guest.id)), at) for guest in guests)]

    def _observed(self, guest: Target, state: GuestState | None, at: datetime) -> Observation:
        if state is None:
            why = f"{self.host.name} does not know it"
            return Observation(Fingerprint(STATE, guest.id), Health.UNKNOWN, at, why, evidence=Evidence.NONE)
        return observe(guest, state, at)

    def _blind(self, host: Observation, watching: Observation, why: str) -> Sequence[Observation]:
        guests = (Fingerprint(STATE, guest) for guest in self.guests())
        unseen = (Observation(guest, Health.UNKNOWN, host.at, why, evidence=Evidence.NONE) for guest in guests)
        return [host, watching, *unseen]

    def _host(self, health: Health, why: str, kind: Kind | None = None) -> Observation:
        if health is not Health.UNKNOWN and (other := self.instead()):
            why = f"{why}; but the URI of {self.host.name} in lab.yaml leads to {other}"
            health, kind = Health.UNKNOWN, None
        evidence = Evidence.INSIDE if health is Health.OK else Evidence.NONE
        return Observation(Fingerprint(self.check, self.host.id), health, self.now(), why, kind, evidence=evidence)

    def _watching(self, health: Health, why: str, kind: Kind | None = None) -> Observation:
        """Being let in proves nothing of the machine."""
        seen = Fingerprint(WATCHING, self.host.id)
        return Observation(seen, health, self.now(), why, kind, evidence=Evidence.NONE)

    def _refused(self, why: CannotWatch) -> Observation:
        failure = self._watching(Health.FAIL, f"{why.why}. {why.mend}", Kind.CANNOT_WATCH)
        return replace(failure, facts={REFUSAL: why.what.name.lower(), "mend": why.mend})


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
        facts=_facts(state),
    )


def _facts(state: GuestState) -> Mapping[str, str]:
    """What else is told by a state: that someone shut it down or moved it, or paused or holds it, and how."""
    if state.reason in ON_PURPOSE:
        return {"stopped": "on purpose before" if state.recalled else "on purpose"}
    if state.reason is Reason.MIGRATED:
        return {"stopped": "moved away"}
    if state.power in {Power.PAUSED, Power.SUSPENDED}:
        how = str(state.power if state.reason is Reason.NONE else state.reason)
        return {"held" if state.reason is Reason.IN_HAND else "paused": how}
    return {}


def from_event(guest: Target, event: GuestEvent, at: datetime) -> Observation | None:
    """What an event states of a guest's power; None where it says nothing of it.

    libvirt sends that of a person's pause for a save, a dump and a snapshot, too: only the state tells them apart.
    """
    power = _POWER_AFTER.get(event.what)
    if power is None or event.reason is Reason.USER:
        return None
    stated = event.what is GuestEventKind.PANICKED or event.reason in _STATED
    seen = observe(guest, GuestState(guest.name, power, event.reason), at, stated=stated)
    how = _STARTS.get(event.what)
    return replace(seen, facts={**seen.facts, "started": how}) if how else seen
