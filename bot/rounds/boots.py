"""When the guests of one hypervisor are looked into, and when their consoles' logs are marked.

What such a look tells is monitoring/boots.py's to say, and what to believe of it watching.py's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.core.health import Evidence, Health, Observation, TargetId
from bot.hypervisor import Hypervisor
from bot.monitoring.boots import Boots
from bot.probes.guest import GuestProbe
from bot.scheduler import Scheduler
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases.boots import keep_boots
from bot.watching import Pace, Watch

log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 4  # into guests of one host: each look may cost an SSH command or a picture

Probes = Callable[[], Mapping[TargetId, GuestProbe]]


class BootRounds:
    """Looks into one host's guests. `probes`: those that live there."""

    def __init__(
        self,
        boots: Boots,
        hypervisor: Hypervisor,
        probes: Probes,
        watch: Watch,
        writer: Writer,
        scheduler: Scheduler,
        pace: Pace,
    ) -> None:
        self._boots, self._hypervisor, self._probes = boots, hypervisor, probes
        self._watch, self._writer, self._scheduler, self._pace = watch, writer, scheduler, pace

    def begin(self) -> None:
        """Begin the rounds."""
        every = self._pace.retry_every
        self._scheduler.every(f"marks {self._hypervisor.name}", every, self._mark)
        self._scheduler.every(f"boots {self._hypervisor.name}", every, self._look_inside)

    def soon(self) -> None:
        """A guest has started or stopped: its log is marked at once."""
        self._scheduler.hasten(f"marks {self._hypervisor.name}", timedelta(0))

    async def _mark(self) -> None:
        """Mark the logs of those that were not marked since they started or stopped."""
        if self._hypervisor.connected:
            minded = (one for one in self._probes().values() if one.info.console_log and not one.guest.ephemeral)
            await _few_at_once(self._boots.mark, [one for one in minded if self._boots.to_mark(one.guest.id)])
            await self._save()

    async def _look_inside(self) -> None:
        """Look into the guests that have not been seen up yet; not while their hypervisor is away."""
        if not self._hypervisor.connected:
            return
        every = self._pace.retry_every
        due = [
            probe
            for guest, probe in self._probes().items()
            if not probe.guest.ephemeral and self._boots.due(guest, every, awaited=self._watch.awaits(guest))
        ]
        await _few_at_once(self._look, due)
        await self._save()

    async def _look(self, probe: GuestProbe) -> None:
        seen = await self._boots.look(probe)
        if seen is not None and probe.guest.id in self._probes():
            self._watch.see(self._unproven(seen), probe.guest, self._pace)

    def _unproven(self, seen: Observation) -> Observation:
        """A sign of life that proves nothing ends no failure."""
        hint = seen.health is Health.OK and seen.evidence is not Evidence.INSIDE
        fails = self._watch.believed(seen.fingerprint) is Health.FAIL
        return replace(seen, health=Health.UNKNOWN) if hint and fails else seen

    async def _save(self) -> None:
        """What can't be written is learnt anew after the next start."""
        if records := self._boots.unsaved():
            try:
                await self._writer.do(keep_boots, records)
            except StoreFailed as why:
                log.warning("cannot remember the starts of %d guests: %s", len(records), why)


async def _few_at_once(look: Callable[[GuestProbe], Awaitable[None]], probes: Iterable[GuestProbe]) -> None:
    slots = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def one(probe: GuestProbe) -> None:
        async with slots:
            await look(probe)

    await asyncio.gather(*map(one, probes))
