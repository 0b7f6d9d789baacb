"""The looking half of the bot, and what it has written down: checks, witnesses, beliefs, a real database."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.config import Config
from bot.core.guest import GuestEvent
from bot.core.health import Health, TargetId
from bot.core.incident import Event, Incident
from bot.hypervisor import Hypervisor
from bot.probes import Parts, SshWays
from bot.probes.twins import Twins
from bot.rounds import Rounds
from bot.scheduler import Scheduler
from bot.store.writer import Writer
from bot.watching import Watch
from bot.ways import Ways
from tests.waiting import until


class Looking:
    """It looks, believes and writes; it tells nobody."""

    def __init__(self, config: Config) -> None:
        self.config = config
        clock = Clock()
        self.writer = Writer(clock.now)
        self.jobs_failed: list[str] = []
        self.scheduler = Scheduler(lambda job, why: self.jobs_failed.append(f"{job}: {why!r}"))
        self.watch = Watch(config, self.writer, clock.now)
        self.hypervisors = {
            host.name: Hypervisor(
                host.name,
                host.hypervisor,
                on_event=self._heard,
                deadline=timedelta(seconds=2),
            )
            for host in config.hosts.values()
            if host.hypervisor
        }
        self.ways = Ways(config)
        ways = self.ways
        by_ssh = SshWays(ways.to_host, ways.door, ways.knows, ways.ssh_proof, twins=Twins(ways.share_key))
        parts = Parts(clock.now, self.hypervisors, ways.read_end, ways.names, by_ssh, self.watch.facts)
        self.rounds = Rounds(config, self.watch, self.writer, self.scheduler, parts, clock)

    def _heard(self, event: GuestEvent) -> None:
        self.rounds.heard(event)

    async def ask(self, question):
        return await self.writer.do(lambda store, _now: question(store))

    async def incidents(self) -> list[Incident]:
        """All there ever were, oldest first."""
        return await self.ask(lambda store: store.incidents.latest(100)[::-1])

    async def incident(self, seconds: float = 20, **wanted) -> Incident:
        """The first incident of which all this is true, once there is one."""

        async def there():
            found = await self.incidents()
            return next((i for i in found if all(getattr(i, name) == is_ for name, is_ in wanted.items())), None)

        return await until(there, seconds)

    async def history(self, incident: Incident) -> list[str]:
        """The lines of an incident's history."""
        found: list[Event] = await self.ask(lambda store: store.incidents.history(incident.id))
        return [event.text for event in found]

    async def healths(self) -> Mapping[TargetId, set[Health]]:
        """What the checks of each target are believed to show."""
        found: dict[TargetId, set[Health]] = {}
        for known in await self.ask(lambda store: store.targets.health()):
            found.setdefault(known.fingerprint.target, set()).add(known.health)
        return found

    async def all_are(self, health: Health, *targets: TargetId, seconds: float = 20) -> None:
        """Wait until every check of these targets is believed to show this."""

        async def are() -> bool:
            found = await self.healths()
            return all(found.get(target) == {health} for target in targets)

        await until(are, seconds)

    async def why(self, target: TargetId) -> str:
        """What is known of a target, in words."""
        known = await self.ask(lambda store: store.targets.health())
        return next(one.why for one in known if one.fingerprint.target == target)

    async def journal(self) -> list[tuple[datetime, str]]:
        """What befell the bot itself."""
        return await self.ask(lambda store: store.alive.journal(20))


@asynccontextmanager
async def looking(config: Config) -> AsyncIterator[Looking]:
    """It, until the block ends; no job of it may fail."""
    bot = Looking(config)
    await bot.writer.open(config.database)
    for hypervisor in bot.hypervisors.values():
        await hypervisor.start()
    await bot.rounds.start()
    bot.scheduler.start()
    try:
        yield bot
    finally:
        bot.scheduler.stop()
        await bot.scheduler.ended()
        await bot.rounds.close()
        for hypervisor in bot.hypervisors.values():
            await hypervisor.close()
        await bot.ways.close()
        await bot.writer.close()
    assert bot.jobs_failed == []
