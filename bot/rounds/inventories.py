"""A host's whole inventory: kept while all is well, and compared with that while an outage of the host is live."""

from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta

from bot.config import Config
from bot.core.guest import Power, Reason
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.rounds.shared import Shared
from bot.scheduler import Scheduler
from bot.store.writer import Writer
from bot.usecases.inventory import Inventory, Missed, take_facts

EVERY = timedelta(minutes=10)


class InventoryRounds:
    """Takes one host's inventory now and then; soon again while it is not whole, or an outage waits for it."""

    def __init__(
        self, hypervisor: Hypervisor, config: Config, writer: Writer, scheduler: Scheduler, shared: Shared
    ) -> None:
        self._hypervisor = hypervisor
        self._config = config
        self._writer = writer
        self._scheduler = scheduler
        self._shared = shared
        self._missed: Missed | None = None
        self._job = f"whole inventory {hypervisor.name}"

    def begin(self) -> None:
        """Begin the rounds."""
        self._scheduler.every(self._job, EVERY, self.take)

    def soon(self) -> None:
        """Something about its guests has changed, or it is back."""
        self._scheduler.hasten(self._job, self._config.timing.retry_every)

    async def take(self) -> None:
        """Take it once; where it is another host's, that one takes it."""
        if self._hypervisor.name in self._shared.doubles:
            return
        with suppress(HypervisorUnreachable, GuestRefused):
            facts = await self._hypervisor.facts()
            running, booted = self._running(), self._running({Reason.BOOTED})
            found = Inventory(facts, running, booted)
            taken = await self._writer.do(take_facts, self._config, found, self._missed)
            self._missed = taken.missed
            if taken.soon or not facts.whole:
                self._scheduler.hasten(self._job, self._config.timing.check_every)

    def _running(self, reasons: Collection[Reason] = frozenset(Reason)) -> Collection[str]:
        """The UUIDs of the guests that run, by any of these reasons."""
        states = self._shared.places.told.get(self._hypervisor.name, {})
        return {uuid for uuid, one in states.items() if one.power is Power.RUNNING and one.reason in reasons}
