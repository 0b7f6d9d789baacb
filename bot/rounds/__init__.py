"""The rounds: which checks there are, when each looks, and what hypervisors tell in between.

It starts probes and hands what they saw to watching.py; it believes and decides nothing. A hypervisor's guests
have rounds of their own: guests.py.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from bot.actions import Outcome
from bot.clock import Clock
from bot.config import Check, Config
from bot.core.guest import GuestEvent
from bot.core.health import CheckName, Health, Observation, Target, TargetKind, target_id
from bot.core.incident import Incident
from bot.errands import tidy
from bot.hypervisor import GuestRefused, HypervisorUnreachable
from bot.probes import Parts, Probe, Watched, discover
from bot.probes.guest import GuestProbe
from bot.probes.ups import Params as UpsParams
from bot.rounds.guests import GuestRounds
from bot.scheduler import Scheduler
from bot.sightings import alive, attach, begin, clock_stepped, configured, end
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.watching import Pace, Watch

log = logging.getLogger(__name__)

TIDY_EVERY = timedelta(days=1)


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
        self._guests = {
            target.name: GuestRounds(target, config, watch, writer, scheduler, parts)
            for target in configured(config)
            if target.kind is TargetKind.HOST and config.hosts[target.name].hypervisor
        }
        self._probes: list[Probe] = []
        self._looks: dict[str, list[Callable[[], Awaitable[Sequence[Observation]]]]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()
        watch.damaged = lambda incident: self._start(self._picture(incident))

    async def start(self) -> None:
        """Note the start, and begin all rounds."""
        beginning = await self._writer.do(begin, self._config)
        self._watch.remember(beginning.known, beginning.gap)
        timing = self._config.timing
        self._scheduler.every("alive", timing.alive_every, lambda: self._writer.do(alive))
        self._scheduler.every("time", timing.retry_every, self._watch.pass_time)
        self._scheduler.every("tidy", TIDY_EVERY, lambda: self._writer.do(tidy), at_once=True)
        for watched, check in checks_of(self._config):
            self._add(watched, check)
        for host, guests in self._guests.items():
            self._looks[host].append(guests.look_at_host)
            guests.begin()
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
        self._looks[watched.target.name].append(probe.look)

        async def look() -> None:
            if any(guests.knows_off(watched.target.id) for guests in self._guests.values()):
                return
            settled = [self._watch.see(seen, watched.target, pace) for seen in await probe.look()]
            if not all(settled):
                self._scheduler.hasten(name, pace.retry_every)

        self._scheduler.every(name, pace.every, look, at_once=True)

    def _pace(self, check: Check) -> Pace:
        timing = self._config.timing
        every = check.every or timing.check_every
        return Pace(every, min(check.retry_every or timing.retry_every, every), check.failures or timing.failures)

    def heard(self, event: GuestEvent) -> None:
        """A hypervisor told something."""
        self._guests[event.host].heard(event)

    async def healthy(self, name: str) -> Outcome:
        """Look at the target of that name now, and say whether it is proven healthy."""
        looks = list(self._looks.get(name, ()))
        looks += [partial(g.look_at, found) for g in self._guests.values() if (found := g.find(name))]
        if not looks:
            return Outcome(ok=False, text=f"cannot tell whether {name} is healthy: because nothing here checks it")
        seen = [one for found in await asyncio.gather(*(look() for look in looks)) for one in found]
        bad = [one.why for one in seen if one.health is not Health.OK]
        return Outcome(ok=not bad, text=f"{name}: {'; '.join(bad or [one.why for one in seen])}")

    def guest(self, name: str) -> GuestProbe | None:
        """What is known of the making of the guest of that name, and on which host it is."""
        return next((found for guests in self._guests.values() if (found := guests.find(name))), None)

    async def _picture(self, incident: Incident) -> None:
        """What a damaged guest's screen shows belongs in its incident's thread."""
        kind, _, name = incident.subject.partition(":")
        guest = self.guest(name) if kind == TargetKind.GUEST else None
        if guest is None:
            return
        with suppress(HypervisorUnreachable, GuestRefused):  # a guest without a screen
            picture = await self._parts.hypervisors[guest.host].screenshot(name)
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
                self._watch.shift(step)
                for guests in self._guests.values():
                    guests.shift(step)
                try:
                    await self._writer.do(clock_stepped, step)
                except StoreFailed as why:
                    log.error("cannot shift what was planned: %s", why)

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
