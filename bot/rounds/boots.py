"""When the guests of one hypervisor are looked into, and when their consoles' logs are marked.

What such a look tells is monitoring/boots.py's to say, and what to believe of it watching.py's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.config import Config
from bot.core.health import Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incidents.boot_signs import Stage
from bot.hypervisor import Hypervisor
from bot.incidents import own_checks
from bot.monitoring.boots import Boots
from bot.monitoring.pace import Pace
from bot.probes.guest import GuestProbe
from bot.scheduler import Scheduler
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases.boots import keep_boots, tell_late
from bot.watching import Watch

log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 4  # into guests of one host: each look may cost an SSH command or a picture

Probes = Callable[[], Mapping[TargetId, GuestProbe]]


@dataclass(eq=False)
class BootRounds:
    """Looks into one host's guests. `probes`: those that live there."""

    config: Config
    boots: Boots
    hypervisor: Hypervisor
    probes: Probes
    watch: Watch
    writer: Writer
    scheduler: Scheduler
    pace: Pace
    _late: dict[TargetId, tuple[datetime, bool]] = field(default_factory=dict)
    """The start that was told to be late, and whether anybody waited for it."""

    def begin(self) -> None:
        """Begin the rounds."""
        every = self.pace.retry_every
        self.scheduler.every(f"marks {self.hypervisor.name}", every, self._mark)
        self.scheduler.every(f"boots {self.hypervisor.name}", every, self._look_inside)

    def soon(self) -> None:
        """A guest has started or stopped: its log is marked at once."""
        self.scheduler.hasten(f"marks {self.hypervisor.name}", timedelta(0))

    async def _mark(self) -> None:
        """Mark the logs of those that were not marked since they started or stopped."""
        if self.hypervisor.connected:
            minded = (one for one in self.probes().values() if one.info.console_log and not one.guest.ephemeral)
            await _few_at_once(self.boots.mark, [one for one in minded if self.boots.to_mark(one.guest.id)])
            await self._save()

    async def _look_inside(self) -> None:
        """Look into the guests that have not been seen up yet; not while their hypervisor is away."""
        if not self.hypervisor.connected:
            return
        every = self.pace.retry_every
        due = [
            probe
            for guest, probe in self.probes().items()
            if not probe.guest.ephemeral and self.boots.due(guest, every, awaited=self.watch.awaits(guest))
        ]
        await _few_at_once(self._look, due)

    async def _look(self, probe: GuestProbe) -> None:
        starts = self.boots.of(probe.guest.id).starts
        seen = await self.boots.look(probe)
        await self._save()  # before it is believed: what proves it is known again after a restart
        still = probe.guest.id in self.probes() and self.boots.goes_on(probe.guest.id, starts)
        if seen is not None and still:
            self.watch.see(self._unproven(seen), probe.guest, self.pace)
            await self._tell_late(probe.guest)

    async def _tell_late(self, guest: Target) -> None:
        """Say that it is late: soon where an incident waits for it, later where none will come by itself."""
        boot, awaited = self.boots.of(guest.id), self.watch.awaits(guest.id)
        place = self.boots.where(guest.id)
        if not place.overdue or boot.came_up or boot.started is None or self._proves_itself(guest):
            return
        stuck = boot.is_stuck(self.boots.now(), self.boots.patience, self.boots.grace)
        alone = guest.wanted and stuck and place.stage is not Stage.UNKNOWN and not self.boots.came_up(guest.id)
        if not (awaited or alone) or self._late.get(guest.id) == (boot.started, awaited):
            return
        self._late[guest.id] = (boot.started, awaited)
        with suppress(StoreFailed):  # the writer has said so
            await self.writer.do(tell_late, guest, place.why, boot.started)

    def _proves_itself(self, guest: Target) -> bool:
        """Whether a check of its own passes."""
        own = own_checks(self.config, {guest.id: guest}).get(guest.id, frozenset())
        return any(self.watch.believed(Fingerprint(check, guest.id)) is Health.OK for check in own)

    def _unproven(self, seen: Observation) -> Observation:
        """A sign of life that proves nothing ends no failure."""
        if seen.kind is Kind.BOOT_STUCK and self._proves_itself(self.probes()[seen.target].guest):
            return replace(seen, health=Health.UNKNOWN, kind=None)
        hint = seen.health is Health.OK and seen.evidence is not Evidence.INSIDE
        fails = self.watch.believed(seen.fingerprint) is Health.FAIL
        return replace(seen, health=Health.UNKNOWN) if hint and fails else seen

    async def _save(self) -> None:
        """What can't be written is learnt anew after the next start."""
        if records := self.boots.unsaved():
            try:
                self.boots.accepted(await self.writer.do(keep_boots, records))
            except StoreFailed as why:
                log.warning("cannot remember the starts of %d guests: %s", len(records), why)


async def _few_at_once(look: Callable[[GuestProbe], Awaitable[None]], probes: Iterable[GuestProbe]) -> None:
    slots = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def one(probe: GuestProbe) -> None:
        async with slots:
            await look(probe)

    await asyncio.gather(*map(one, probes))
