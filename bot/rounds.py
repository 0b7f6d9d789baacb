"""The rounds: which checks there are, when each looks, and what hypervisors tell in between.

It starts probes and hands what they saw to watching.py; it believes and decides nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.actions import Outcome
from bot.clock import Clock
from bot.config import Check, Config
from bot.core.guest import GuestEvent, GuestEventKind, Power
from bot.core.health import CheckName, Health, Observation, Target, TargetId, TargetKind, target_id
from bot.core.incident import Incident
from bot.hypervisor import GuestRefused, HypervisorUnreachable
from bot.probes import Parts, Probe, Watched, discover
from bot.probes.guest import GuestProbe
from bot.probes.hypervisor import STATE, HypervisorProbe, from_event
from bot.probes.ups import Params as UpsParams
from bot.scheduler import Scheduler
from bot.sightings import alive, attach, begin, clock_stepped, configured, end, take_inventory
from bot.store.writer import Writer
from bot.watching import Pace, Watch

log = logging.getLogger(__name__)

INVENTORY_EVERY = timedelta(minutes=10)
LOOKS_AT_ONCE = 4  # into guests of one host: each look may cost an SSH command or a picture
_NEW_INVENTORY = {GuestEventKind.CONNECTED, GuestEventKind.DEFINED, GuestEventKind.UNDEFINED}


@dataclass(slots=True)
class Guests:
    """What is known of one hypervisor's guests. `booting`: those not seen up yet, and since when if known."""

    targets: dict[TargetId, Target] = field(default_factory=dict)
    probes: dict[TargetId, GuestProbe] = field(default_factory=dict)
    running: dict[TargetId, bool] = field(default_factory=dict)
    booting: dict[TargetId, datetime | None] = field(default_factory=dict)


class Rounds:
    """Makes all checks of a config look when they are due."""

    def __init__(
        self, config: Config, watch: Watch, writer: Writer, scheduler: Scheduler, parts: Parts, clock: Clock
    ) -> None:
        self._config = config
        self._watch = watch
        self._writer = writer
        self._scheduler = scheduler
        self._parts = parts
        self._clock = clock
        self._guests = {name: Guests() for name, host in config.hosts.items() if host.hypervisor}
        self._targets = {t.id: t for t in configured(config)}
        self._probes: list[Probe] = []
        self._looks: dict[str, Callable[[], Awaitable[Sequence[Observation]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        watch.damaged = lambda incident: self._start(self._picture(incident))

    async def start(self) -> None:
        """Note the start, and begin all rounds."""
        beginning = await self._writer.do(begin, self._config)
        self._watch.remember(beginning.known, beginning.gap)
        timing = self._config.timing
        self._scheduler.every("alive", timing.alive_every, lambda: self._writer.do(alive))
        self._scheduler.every("time", timing.retry_every, self._watch.pass_time)
        for watched, check in checks_of(self._config):
            self._add(watched, check)
        for host in self._guests:
            self._add_hypervisor(host)
        self._start(self._follow_clock())

    async def close(self) -> None:
        """End all rounds, and note that this is on purpose."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._watch.close()
        for probe in self._probes:
            await probe.close()
        await self._writer.do(end)

    def _add(self, watched: Watched, check: Check) -> None:
        probe = discover()[check.probe].make(watched, check.params, self._parts)
        pace = self._pace(check)
        name = f"{watched.check}@{watched.target.id}"
        self._probes.append(probe)
        self._looks[name] = probe.look

        async def look() -> None:
            if self._is_off(watched.target.id):
                return
            settled = [self._watch.see(seen, watched.target, pace) for seen in await probe.look()]
            if not all(settled):
                self._scheduler.hasten(name, pace.retry_every)

        self._scheduler.every(name, pace.every, look, at_once=True)

    def _pace(self, check: Check | None = None) -> Pace:
        timing = self._config.timing
        if check is None:
            return Pace(timing.check_every, timing.retry_every, timing.failures)
        return Pace(
            check.every or timing.check_every,
            min(check.retry_every or timing.retry_every, check.every or timing.check_every),
            check.failures or timing.failures,
        )

    def _is_off(self, target: TargetId) -> bool:
        """Whether it is a guest known to be off: its services need no look."""
        return any(g.running.get(target) is False for g in self._guests.values())

    def _add_hypervisor(self, host: str) -> None:
        guests, hypervisor = self._guests[host], self._parts.hypervisors[host]
        target, pace = self._targets[target_id(TargetKind.HOST, host)], self._pace()
        probe = HypervisorProbe(
            target, CheckName("hypervisor"), hypervisor, lambda: guests.targets, self._parts.now
        )

        async def poll() -> None:
            seen = await probe.look()
            settled = [self._see(host, one, guests.targets.get(one.target, target), pace) for one in seen]
            if not all(settled):
                self._scheduler.hasten(f"poll {host}", pace.retry_every)

        self._looks[f"hypervisor@{target.id}"] = probe.look_at_it
        self._scheduler.every(f"poll {host}", pace.every, poll, at_once=True)
        self._scheduler.every(f"inventory {host}", INVENTORY_EVERY, lambda: self._inventory(host), at_once=True)
        self._scheduler.every(f"boots {host}", pace.retry_every, lambda: self._look_inside(host))

    def heard(self, event: GuestEvent) -> None:
        """A hypervisor told something."""
        guests = self._guests[event.host]
        if event.what in _NEW_INVENTORY:
            self._scheduler.hasten(f"inventory {event.host}", timedelta(0))
        if event.what is GuestEventKind.LOST:
            self._scheduler.hasten(f"poll {event.host}", timedelta(0))
        guest = guests.targets.get(target_id(TargetKind.GUEST, event.guest))
        if guest is None:
            return
        if event.what is GuestEventKind.IO_ERROR:
            log.warning("%s on %s: I/O error on %s", event.guest, event.host, event.detail)
        seen = from_event(guest, event, self._parts.now())
        if seen is not None and not self._see(event.host, seen, guest, self._pace()):
            self._scheduler.hasten(f"poll {event.host}", self._pace().retry_every)

    def _see(self, host: str, seen: Observation, target: Target, pace: Pace) -> bool:
        """Hand an observation on; a guest that has just started must be seen to come up."""
        if seen.fingerprint.check == STATE and seen.running is not None:
            guests = self._guests[host]
            was = guests.running.get(seen.target)
            guests.running[seen.target] = seen.running
            if not seen.running:
                guests.booting.pop(seen.target, None)
            elif was is not True and not target.ephemeral:
                guests.booting[seen.target] = None if was is None else seen.at
        return self._watch.see(seen, target, pace)

    async def _inventory(self, host: str) -> None:
        with suppress(HypervisorUnreachable):
            found = await self._parts.hypervisors[host].guests()
            targets = await self._writer.do(take_inventory, self._config, host, found)
            guests, patience = self._guests[host], self._config.timing.boot_look
            made = (
                GuestProbe(t, host, info, patience, self._parts) for t, info in zip(targets, found, strict=True)
            )
            guests.targets = {t.id: t for t in targets}
            guests.probes = {probe.guest.id: probe for probe in made}
            self._watch.forget({t: target for g in self._guests.values() for t, target in g.targets.items()})
            self._scheduler.hasten(f"poll {host}", timedelta(0))

    async def _look_inside(self, host: str) -> None:
        """Look into the guests that have not been seen up yet."""
        guests, slots = self._guests[host], asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look(guest: TargetId, started: datetime | None) -> None:
            async with slots:
                probe = guests.probes[guest]
                seen = await probe.look(started)
            if guest in guests.booting and guests.booting[guest] == started:
                self._watch.see(seen, probe.guest, self._pace())
                if seen.health is Health.OK and self._watch.believed(seen.fingerprint) is Health.OK:
                    del guests.booting[guest]

        booting = [(g, since) for g, since in guests.booting.items() if g in guests.probes]
        await asyncio.gather(*(look(guest, since) for guest, since in booting))

    async def healthy(self, name: str) -> Outcome:
        """Look at the target of that name now, and say whether it is proven healthy."""
        for host, guests in self._guests.items():
            probe = guests.probes.get(target_id(TargetKind.GUEST, name))
            if probe is not None:
                return await self._guest_healthy(host, probe)
        looks = [look for check, look in self._looks.items() if check.partition("@")[2].partition(":")[2] == name]
        if not looks:
            return Outcome(ok=False, text=f"cannot tell whether {name} is healthy: because nothing here checks it")
        seen = [one for found in await asyncio.gather(*(look() for look in looks)) for one in found]
        bad = [one.why for one in seen if one.health is not Health.OK]
        return Outcome(ok=not bad, text=f"{name}: {'; '.join(bad or [one.why for one in seen])}")

    async def _guest_healthy(self, host: str, probe: GuestProbe) -> Outcome:
        name = probe.guest.name
        try:
            state = (await self._parts.hypervisors[host].states())[name]
        except (HypervisorUnreachable, KeyError) as why:
            return Outcome(ok=False, text=f"cannot look at {name}: because {why}")
        if state.power is not Power.RUNNING:
            return Outcome(ok=False, text=f"{name} is {state.power} ({state.reason})")
        seen = await probe.look(self._guests[host].booting.get(probe.guest.id))
        self._watch.see(seen, probe.guest, self._pace())
        return Outcome(ok=seen.health is Health.OK, text=f"{name}: {seen.why}")

    def guest(self, name: str) -> GuestProbe | None:
        """What is known of the making of the guest of that name, and on which host it is."""
        identity = target_id(TargetKind.GUEST, name)
        return next((g.probes[identity] for g in self._guests.values() if identity in g.probes), None)

    async def _picture(self, incident: Incident) -> None:
        """What a damaged guest's screen shows belongs in its incident's thread."""
        name = incident.subject.partition(":")[2]
        for host, guests in self._guests.items():
            if incident.subject in guests.targets:
                with suppress(HypervisorUnreachable, GuestRefused):
                    picture = await self._parts.hypervisors[host].screenshot(name)
                    file = f"{name}-{incident.id}-{self._parts.now():%H%M%S}.png"
                    await self._writer.do(attach, incident, file, f"The screen of {name}", picture)

    async def _follow_clock(self) -> None:
        """Notice when the system's clock is stepped. The scheduler can't: a step may stop it."""
        while True:
            await asyncio.sleep(1)
            step = self._clock.follow()
            if step is not None:
                log.warning("the system's clock was set by %+.0f s", step.total_seconds())
                self._scheduler.replan()
                await self._writer.do(clock_stepped, step)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)  # kept, or it may vanish half way
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def checks_of(config: Config) -> Iterable[tuple[Watched, Check]]:
    """Every check of lab.yaml, and the one that each UPS has without saying."""
    targets = {t.id: t for t in configured(config)}
    for ups in config.ups.values():
        check = Check("ups", "ups", UpsParams(port=ups.port, ups=ups.ups), every=ups.every)
        yield Watched(CheckName("ups"), targets[target_id(TargetKind.UPS, ups.name)], ups.address), check
    named = (
        (TargetKind.HOST, config.hosts),
        (TargetKind.SERVICE, config.services),
        (TargetKind.GUEST, config.guests),
    )
    for kind, things in named:
        for thing in things.values():
            identity = target_id(kind, thing.name)
            for name, check in thing.checks.items():
                yield Watched(CheckName(name), targets.get(identity, Target(identity)), thing.address), check
