"""The rounds of one hypervisor: which guests it has, their power, and whether those that started have come up.

The hypervisor's events come first; the poll is the net under them. It believes and decides nothing: watching.py.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from bot.config import Config
from bot.core.guest import GuestEvent, GuestEventKind, GuestInfo, GuestState, Power
from bot.core.health import (
    HYPERVISOR,
    CheckName,
    Fingerprint,
    Health,
    Observation,
    Target,
    TargetId,
    guest_id,
    name_of,
    uuid_of,
)
from bot.core.placements import Placements
from bot.hypervisor import HypervisorUnreachable
from bot.monitoring.placement import Whereabouts
from bot.probes import Parts
from bot.probes.guest import BOOT, GuestProbe
from bot.probes.hypervisor import WATCHING, HypervisorProbe, from_event
from bot.scheduler import Scheduler
from bot.sightings import take_inventory
from bot.store.writer import Writer
from bot.watching import Pace, Watch

log = logging.getLogger(__name__)

INVENTORY_EVERY = timedelta(minutes=10)
COMPANY = timedelta(milliseconds=100)  # ten guests made by one script are one inventory
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # before any console log was written
LOOKS_AT_ONCE = 4  # into guests of one host: each look may cost an SSH command or a picture

_OTHER_GUESTS = {GuestEventKind.CONNECTED, GuestEventKind.DEFINED, GuestEventKind.UNDEFINED}
_BOOTS = {GuestEventKind.STARTED, GuestEventKind.REBOOTED}
_ONLY_LOGGED = {GuestEventKind.IO_ERROR, GuestEventKind.WATCHDOG}


@dataclass(eq=False)
class Shared:
    """What the rounds of all hypervisors know together: where each guest is, and whose it is.

    `known`: every target, as it was last written down. `attach` is called when that changes.
    """

    known: dict[TargetId, Target]
    attach: Callable[[], None]
    rounds: list["GuestRounds"] = field(default_factory=list)
    places: Placements = field(default_factory=Placements)

    def host_of(self, guest: TargetId) -> str | None:
        """The host that a guest lives on, as far as is known."""
        target = self.known.get(guest)
        return name_of(target.runs_on) if target and target.runs_on else None

    def live_on(self, here: "GuestRounds", guests: Mapping[TargetId, Target]) -> None:
        """These guests live on one host, and so on no other."""
        for other in self.rounds:
            if other is not here:
                other.release(guests.keys())
        self.known.update(guests)
        self.attach()


class GuestRounds:
    """Looks at one host's guests, and at what tells of them."""

    def __init__(
        self,
        host: Target,
        config: Config,
        watch: Watch,
        writer: Writer,
        scheduler: Scheduler,
        parts: Parts,
        shared: "Shared",
    ) -> None:
        self._host, self._config, self._watch, self._writer = host, config, watch, writer
        self._scheduler, self._parts, self._shared = scheduler, parts, shared
        self._hypervisor = parts.hypervisors[host.name]
        self._probes: Mapping[TargetId, GuestProbe] = MappingProxyType({})
        self._targets: Mapping[TargetId, Target] = MappingProxyType({})
        self._running: dict[TargetId, bool] = {}
        self._booting: dict[TargetId, datetime | None] = {}  # not seen up yet, and since when if that is known
        self._since: dict[TargetId, datetime] = {}  # from when on a boot that was noticed late may have begun
        self._reached: datetime | None = None  # when the hypervisor answered last
        self.listed = False  # whether it is known which guests there are
        self._lost = False  # some check of the host is believed to fail
        self._met = False  # its guests were seen once, so that one seen to run now has started
        self._defined: frozenset[str] = frozenset()  # the UUIDs of all it has, also of those that live elsewhere
        self._probe = HypervisorProbe(
            host, HYPERVISOR, self._hypervisor, lambda: self._targets, parts.now, self._renew_inventory, self._told
        )
        retry = min(config.timing.retry_every, config.timing.check_every)
        self._pace = Pace(config.timing.check_every, retry, config.timing.failures)

    @property
    def host(self) -> str:
        """The name of the host whose guests these are."""
        return self._host.name

    def begin(self) -> None:
        """Begin the rounds."""
        name, pace = self._host.name, self._pace
        self._scheduler.every(f"poll {name}", pace.every, self.poll, at_once=True)
        self._scheduler.every(f"inventory {name}", INVENTORY_EVERY, self._take_inventory, at_once=True)
        self._scheduler.every(f"boots {name}", pace.retry_every, self._look_inside)

    def find(self, guest: TargetId) -> GuestProbe | None:
        """That guest, if it lives here."""
        return self._probes.get(guest)

    @property
    def guests(self) -> Collection[Target]:
        """The guests that live here."""
        return self._targets.values()

    def knows_off(self, target: TargetId) -> bool:
        """Whether it is a guest of these that is known to be off: its services need no look."""
        return self._running.get(target) is False

    async def look_at_host(self) -> Sequence[Observation]:
        """Whether the hypervisor answers."""
        return (await self._probe.look())[:1]

    async def look_at(self, guest: GuestProbe) -> Sequence[Observation]:
        """Whether a guest runs and has come up, for whoever asks now: being off is no health here."""
        nothing = Observation(Fingerprint(BOOT, guest.guest.id), Health.UNKNOWN, self._parts.now(), "")
        try:
            state = (await self._hypervisor.states()).get(guest.info.uuid)
        except HypervisorUnreachable as why:
            return [replace(nothing, why=str(why))]
        if state is None:
            return [replace(nothing, why=f"{self._host.name} has no such guest any more")]
        if state.power is not Power.RUNNING:
            return [replace(nothing, health=Health.FAIL, why=f"it is {state.power} ({state.reason})")]
        unheard = None if self._running.get(guest.guest.id) else self._parts.now()  # its start was not told yet
        return [await guest.look(self._booting.get(guest.guest.id, unheard), self._since.get(guest.guest.id))]

    def heard(self, event: GuestEvent) -> None:
        """The hypervisor told something."""
        if event.what in _OTHER_GUESTS:
            self._renew_inventory()
        if event.what is GuestEventKind.LOST:
            self._scheduler.hasten(f"poll {self._host.name}", timedelta(0))
        if event.what in _ONLY_LOGGED:
            log.warning("%s on %s: %s %s", event.guest, event.host, event.what, event.detail)
        guest = self._targets.get(guest_id(event.uuid))
        if guest is None:
            if event.what is GuestEventKind.STARTED:
                self._renew_inventory()  # it has a definition here and lived elsewhere
            return
        seen = from_event(guest, event, self._parts.now())
        if seen is not None and not self._see(seen):
            self._scheduler.hasten(f"poll {self._host.name}", self._pace.retry_every)
        if event.what in _BOOTS and not guest.ephemeral:
            self._booting[guest.id] = self._parts.now()
            self._since.pop(guest.id, None)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what boots has done so for as long as before."""
        self._booting = {guest: started and started + step for guest, started in self._booting.items()}
        self._since = {guest: since + step for guest, since in self._since.items()}
        self._reached = self._reached and self._reached + step

    async def poll(self) -> None:
        """Look at the hypervisor and the power of all its guests."""
        seen = list(await self._probe.look())
        if seen[0].health is Health.OK:
            seen += self._whereabouts()
        else:
            self._shared.places = self._shared.places.lost(self._host.name)
        self._forget_running_if_lost()
        settled = [self._see(one) for one in seen]
        self._forget_running_if_lost()
        if seen[0].health is Health.OK:
            self._reached = seen[0].at
        if not all(settled) or seen[0].health is Health.UNKNOWN:
            self._scheduler.hasten(f"poll {self._host.name}", self._pace.retry_every)
        self._met = self._met or (seen[0].health is Health.OK and bool(self._targets))

    def _forget_running_if_lost(self) -> None:
        """A host was lost: who knows what becomes of its guests. Those that run afterwards may have started."""
        checks = [HYPERVISOR, WATCHING, *map(CheckName, self._config.hosts[self._host.name].checks)]
        lost = any(self._watch.believed(Fingerprint(check, self._host.id)) is Health.FAIL for check in checks)
        if lost and not self._lost:
            self._running.clear()
            self._booting.clear()
        self._lost = lost

    def _see(self, seen: Observation) -> bool:
        """Hand an observation on; a guest that was not seen running before must be seen to come up."""
        target = self._targets.get(seen.target, self._host)
        if seen.running is not None:
            was = self._running.get(seen.target)
            self._running[seen.target] = seen.running
            if not seen.running:
                self._booting.pop(seen.target, None)
            elif not was and not target.ephemeral:
                self._booting.setdefault(seen.target, seen.at)
                # One met for the first time may have started with the bot, after a power cut, or years ago.
                self._since[seen.target] = (self._reached if self._met else None) or LONG_AGO
        return self._watch.see(seen, target, self._pace)

    def _told(self, states: Mapping[str, GuestState]) -> bool:
        """The hypervisor told the states of all it has: whether others are known to live here."""
        self._shared.places = self._shared.places.heard(self._host.name, states)
        homes = {uuid_of(guest) for guest in self._targets}
        moved = any(self._lives_here(uuid) != (uuid in homes) for uuid in states)
        return moved or states.keys() != self._defined

    def _lives_here(self, uuid: str) -> bool:
        was = self._shared.host_of(guest_id(uuid)) or self._host.name
        return self._shared.places.home_of(uuid, was) == self._host.name

    def _whereabouts(self) -> Sequence[Observation]:
        """Guests of this host that run on another one, too, and those that no host has."""
        shared, guests = self._shared, self._targets.values()
        hosts = frozenset(one.host for one in shared.rounds)
        known = Whereabouts(shared.places, hosts, self._watch.fails, self._parts.now())
        twice, missing = known.twice(guests), known.missing(guests)
        for seen in missing:
            if seen.health is Health.FAIL:
                self._running.pop(seen.target, None)
        odd = any(seen.health is Health.FAIL for seen in (*twice, *missing))
        for other in shared.rounds if odd else ():  # each must say so again before it is believed
            self._scheduler.hasten(f"poll {other.host}", self._pace.retry_every)
        return [*twice, *missing]

    def _renew_inventory(self) -> None:
        self._scheduler.hasten(f"inventory {self._host.name}", COMPANY)

    async def _take_inventory(self) -> None:
        with suppress(HypervisorUnreachable):
            found = await self._hypervisor.guests()
            self._told(await self._hypervisor.states())
            places = self._shared.places
            targets = await self._writer.do(take_inventory, self._config, self._host.name, found, places)
            self._defined = frozenset(info.uuid for info in found)
            self._keep(targets, found)
            self.listed = True
            self._scheduler.hasten(f"poll {self._host.name}", timedelta(0))

    def _keep(self, targets: Sequence[Target], found: Sequence[GuestInfo]) -> None:
        """These guests live here now."""
        infos, patience = {guest_id(info.uuid): info for info in found}, self._config.timing.boot_look
        here = {target.id: target for target in targets}
        self._forget(self._targets.keys() - here.keys())
        self._probes = {
            target.id: GuestProbe(target, self._host.name, infos[target.id], patience, self._parts)
            for target in targets
            if target.id in infos  # it is not missing
        }
        self._targets = here
        self._shared.live_on(self, here)

    def release(self, guests: Set[TargetId]) -> None:
        """These guests live elsewhere now; what is known of their health goes with them."""
        for guest in guests & self._targets.keys():
            self._running.pop(guest, None)
            self._booting.pop(guest, None)
            self._since.pop(guest, None)
        self._targets = {guest: target for guest, target in self._targets.items() if guest not in guests}
        self._probes = {guest: probe for guest, probe in self._probes.items() if guest not in guests}

    def _forget(self, gone: Collection[TargetId]) -> None:
        """A guest made anew under an old name has nothing to do with what was known of that."""
        self._watch.forget(gone)
        for guest in gone:
            self._running.pop(guest, None)
            self._booting.pop(guest, None)
            self._since.pop(guest, None)

    async def _look_inside(self) -> None:
        """Look into the guests that have not been seen up yet; not while their hypervisor is away."""
        if not self._hypervisor.connected:
            return
        for guest, runs in self._running.items():
            if runs and self._watch.awaits(guest):
                self._booting.setdefault(guest, None)  # an incident waits for proof that it is well inside
        slots = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look(guest: GuestProbe, started: datetime | None) -> None:
            async with slots:
                seen = await guest.look(started, self._since.get(guest.guest.id))
            if seen.target in self._booting and self._booting[seen.target] == started:  # not stopped meanwhile
                self._watch.see(seen, guest.guest, self._pace)
                if seen.health is Health.OK and self._watch.believed(seen.fingerprint) is Health.OK:
                    del self._booting[seen.target]

        booting = [(self._probes[guest], since) for guest, since in self._booting.items() if guest in self._probes]
        await asyncio.gather(*(look(guest, since) for guest, since in booting))
