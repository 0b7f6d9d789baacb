"""The rounds of one hypervisor: which guests it has, their power, and whether those that started have come up.

The hypervisor's events come first; the poll is the net under them. It believes and decides nothing: watching.py.
"""

import logging
from collections.abc import Collection, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from bot.config import Config
from bot.core.guest import GuestEvent, GuestEventKind, GuestState, Power
from bot.core.health import (
    BOOT,
    HYPERVISOR,
    INSIDE,
    STATE,
    CheckName,
    Fingerprint,
    Health,
    Observation,
    Target,
    TargetId,
    guest_id,
    uuid_of,
)
from bot.core.incidents.blind_spots import Screen, shown
from bot.hypervisor import HypervisorUnreachable
from bot.monitoring.boots import Boots
from bot.monitoring.healthy import accepted
from bot.monitoring.pace import Pace
from bot.probes import Parts
from bot.probes.guest import GuestProbe, note_shared_logs
from bot.probes.hypervisor import WATCHING, HypervisorProbe, from_event
from bot.rounds.boots import BootRounds
from bot.rounds.definitions import DefinitionRounds
from bot.rounds.held import Held
from bot.rounds.inventories import InventoryRounds
from bot.rounds.shared import Shared
from bot.scheduler import Scheduler
from bot.sightings import Beginning, take_inventory
from bot.store.writer import Writer
from bot.usecases import unwatched
from bot.usecases.missing import are_let_go
from bot.watching import Watch

log = logging.getLogger(__name__)

INVENTORY_EVERY = timedelta(minutes=10)
COMPANY = timedelta(milliseconds=100)  # ten guests made by one script are one inventory

_OTHER_GUESTS = {GuestEventKind.CONNECTED, GuestEventKind.DEFINED, GuestEventKind.UNDEFINED}
_BOOTS = {GuestEventKind.STARTED, GuestEventKind.REBOOTED}
_STOPS = {GuestEventKind.STOPPED, GuestEventKind.CRASHED}
_POLLED = {GuestEventKind.LOST, GuestEventKind.PAUSED, GuestEventKind.RESUMED}
_ONLY_LOGGED = {GuestEventKind.IO_ERROR, GuestEventKind.WATCHDOG}


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
        shared: Shared,
    ) -> None:
        self._host, self._config, self._watch, self._writer = host, config, watch, writer
        self._scheduler, self._parts, self._shared = scheduler, parts, shared
        self._hypervisor = parts.hypervisors[host.name]
        self._probes: Mapping[TargetId, GuestProbe] = MappingProxyType({})
        self._targets: Mapping[TargetId, Target] = MappingProxyType({})
        self._boots = Boots(parts.now, config.timing.boot_look, config.timing.grace)
        self._held = Held(parts.now, config.timing.grace)
        self.listed = False  # whether it is known which guests there are
        self._lost = False  # some check of the host is believed to fail
        self._defined: frozenset[str] = frozenset()  # the UUIDs of all it has, also of those that live elsewhere
        known, self._double = (lambda: self._targets), partial(shared.double, self._hypervisor)
        hooks = self._renew_inventory, self._told, self._double, partial(shared.instead, host.name)
        self._probe = HypervisorProbe(host, HYPERVISOR, self._hypervisor, known, parts.now, *hooks)
        self._inventories = InventoryRounds(self._hypervisor, config, writer, scheduler, shared)
        timing = config.timing
        self._pace = Pace(timing.check_every, min(timing.retry_every, timing.check_every), timing.failures)
        self._definitions = DefinitionRounds(self._hypervisor, lambda: self._probes, writer)
        self._inside = BootRounds(
            config, self._boots, self._hypervisor, lambda: self._probes, watch, writer, scheduler, self._pace
        )

    @property
    def host(self) -> str:
        """The name of the host whose guests these are."""
        return self._host.name

    def begin(self, beginning: Beginning) -> None:
        """Begin the rounds, from what a start has found."""
        self._boots.seen_before(beginning.seen_until)
        self._boots.remember(beginning.boots)
        known = (one for one in beginning.known if one.fingerprint.check == STATE)
        told = {uuid_of(one.fingerprint.target): one.why for one in known}
        self._hypervisor.why_off.recall(map(uuid_of, beginning.stopped), told)
        name, pace = self._host.name, self._pace
        self._scheduler.every(f"poll {name}", pace.every, self.poll, at_once=True)
        self._scheduler.every(f"inventory {name}", INVENTORY_EVERY, self._take_inventory, at_once=True)
        self._inventories.begin()
        self._scheduler.every(f"definitions {name}", pace.retry_every, self._definitions.read)
        self._inside.begin()

    def find(self, guest: TargetId) -> GuestProbe | None:
        """That guest, if it lives here."""
        return self._probes.get(guest)

    @property
    def guests(self) -> Collection[Target]:
        """The guests that live here."""
        return self._targets.values()

    def knows_off(self, target: TargetId) -> bool:
        """Whether it is a guest of these that is known to be off: its services need no look."""
        return self._boots.of(target).running is False

    def knows_paused(self, target: TargetId) -> bool:
        """Whether it is a guest of these that is known to be paused: what answers now is not that guest."""
        return self._boots.of(target).paused

    def shown(self, guest: TargetId) -> Screen:
        """What a guest has shown of itself by now."""
        return shown(self._boots.of(guest), self._parts.now(), self._config.timing.boot_look)

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
        return [accepted(guest.guest, await self._boots.look_now(guest))]

    def heard(self, event: GuestEvent) -> None:
        """The hypervisor told something."""
        if event.what in _OTHER_GUESTS:
            self._renew_inventory()
        if event.what is GuestEventKind.LOST:
            self._forget_running()  # what starts anew meanwhile, nobody tells
        if event.what in _POLLED:
            self._scheduler.hasten(f"poll {self._host.name}", timedelta(0))
        if event.what in _ONLY_LOGGED:
            log.warning("%s on %s: %s %s", event.guest, event.host, event.what, event.detail)
        guest = self._targets.get(guest_id(event.uuid))
        if guest is None:
            if event.what is GuestEventKind.STARTED:
                self._renew_inventory()  # it has a definition here and lived elsewhere
            return
        self._heard_of(guest, event)

    def _heard_of(self, guest: Target, event: GuestEvent) -> None:
        if event.what in _BOOTS and not guest.ephemeral:
            # Before that it runs, or it would seem to have started twice.
            self._boots.told(guest.id, event)
        seen = self._boots.once(from_event(guest, event, self._parts.now()))
        if seen is not None and not self._see(seen):
            self._scheduler.hasten(f"poll {self._host.name}", self._pace.retry_every)
        if event.what in _BOOTS | _STOPS:
            self._inside.soon()

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what boots has done so for as long as before."""
        self._boots.shift(step)
        self._held.shift(step)

    async def poll(self) -> None:
        """Look at the hypervisor and the power of all its guests."""
        seen = list(await self._probe.look())
        if seen[0].health is Health.OK:
            seen += self._whereabouts()
            gone = self._shared.unplaced(self._targets)
            if bool(gone) and await self._writer.do(are_let_go, gone):
                self._renew_inventory()
        else:
            self._shared.lost(self._host.name)
        self._forget_running_if_lost()
        settled = [self._see(one) for one in seen]
        self._shared.note_twice(self._targets, self._watch.believed)
        self._forget_running_if_lost()
        if not all(settled) or seen[0].health is Health.UNKNOWN:
            self._scheduler.hasten(f"poll {self._host.name}", self._pace.retry_every)

    def _forget_running_if_lost(self) -> None:
        """A host was lost: who knows what becomes of its guests. Those that run afterwards may have started."""
        checks = [HYPERVISOR, WATCHING, INSIDE, *map(CheckName, self._config.hosts[self._host.name].checks)]
        lost = any(self._watch.believed(Fingerprint(check, self._host.id)) is Health.FAIL for check in checks)
        if lost and not self._lost:
            self._forget_running()
        self._lost = lost

    def _forget_running(self) -> None:
        self._boots.lost()
        self._shared.cut_off(self._host.name)

    def _see(self, seen: Observation) -> bool:
        """Hand an observation on; a guest that was not seen running before must be seen to come up."""
        target = self._targets.get(seen.target, self._host)
        if seen.fingerprint.check == STATE:
            seen = self._held.judged(seen, target)
        if seen.held:
            self._boots.polled(seen.target, running=None, paused=True)
        elif seen.fingerprint.check == STATE and seen.health is not Health.UNKNOWN:
            last_seen, host = self._shared.last_seen, self._host.name
            if last_seen.waits_for(seen, host) and not self._shared.is_home(seen.target, host):
                return True  # it may run on another host: that it is off here says nothing yet
            seen = self._shared.after(seen, host)
            self._boots.polled(seen.target, running=seen.running, paused=bool(seen.paused))
        return self._watch.see(seen, target, self._pace)

    def _told(self, states: Mapping[str, GuestState]) -> bool:
        """The hypervisor told the states of all it has: whether others are known to live here."""
        self._shared.heard(self._host.name, states)
        homes, lives_on = {uuid_of(guest) for guest in self._targets}, self._shared.lives_on
        others = any(lives_on(uuid, self._host.name) != (uuid in homes) for uuid in states)
        return states.keys() != self._defined or others

    def _whereabouts(self) -> Sequence[Observation]:
        """Guests of this host that run on another one, too, and those that no host has."""
        shared, guests = self._shared, self._targets.values()
        hosts, fails = frozenset(shared.release), self._watch.fails
        shared.note_twice(self._targets, self._watch.believed)
        known = shared.whereabouts(fails, self._parts.now(), self._config.timing.grace)
        twice, missing = known.twice(guests), known.missing(guests)
        gone = [seen for seen in missing if seen.health is Health.FAIL]
        self._boots.forget([seen.target for seen in gone])
        if not all(fails(seen.fingerprint) for seen in gone):
            self._renew_inventory()  # one that is rebuilt now and then is let go of there
        sought = shared.places.sought.keys() & {uuid_of(guest) for guest in self._targets}
        odd = sought or any(seen.health is Health.FAIL for seen in (*twice, *missing))
        for other in hosts - shared.places.away if odd else ():  # each must say so again before it is believed
            self._scheduler.hasten(f"poll {other}", self._pace.retry_every)
        return [*twice, *missing]

    def _renew_inventory(self) -> None:
        self._scheduler.hasten(f"inventory {self._host.name}", COMPANY)

    async def _take_inventory(self) -> None:
        with suppress(HypervisorUnreachable):
            found, states = await self._hypervisor.guests(), await self._hypervisor.states(now=False)
            if await self._double(states):
                found, states = [], {}
            self._told(states)
            places = self._shared.places
            targets = await self._writer.do(take_inventory, self._config, self._host.name, found, places)
            self._defined = frozenset(info.uuid for info in found)
            self._keep(targets)
            strays = await self._writer.do(unwatched.settle, self._config, places)
            self._shared.forget(strays)
            self._forget(strays)
            self.listed = True
            self._inventories.soon()
            self._scheduler.hasten(f"poll {self._host.name}", timedelta(0))

    def _keep(self, targets: Sequence[Target]) -> None:
        """These guests live here now. What they are made of may have been read while that was written."""
        infos = {guest_id(info.uuid): info for info in self._hypervisor.known if info.uuid in self._defined}
        here = {target.id: target for target in targets}
        left = self._targets.keys() - here.keys()
        self._forget(left)
        self._shared.left(left)
        self._probes = {
            target.id: GuestProbe(target, self._host.name, infos[target.id], self._parts)
            for target in targets
            if target.id in infos  # it is not missing
        }
        note_shared_logs(self._probes)
        self._scheduler.hasten(f"definitions {self._host.name}", timedelta(0))
        self._targets = here
        self._shared.live_on(self.host, here)

    def release(self, guests: Set[TargetId]) -> None:
        """These guests live elsewhere now; what is known of their health goes with them."""
        self._boots.forget(guests & self._targets.keys())
        self._targets = {guest: target for guest, target in self._targets.items() if guest not in guests}
        self._probes = {guest: probe for guest, probe in self._probes.items() if guest not in guests}

    def _forget(self, gone: Collection[TargetId]) -> None:
        """A guest made anew under an old name has nothing to do with what was known of that."""
        self._watch.forget(gone)
        self._boots.forget(gone)
        self._held.forget(gone)
