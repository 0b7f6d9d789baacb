"""The bot's own sight: its witnesses are asked now and then, at once where something seems to be gone.

What is believed of it is watching.py's, as of any other check.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.config import Config
from bot.core.health import Fingerprint, Health, Target, TargetId, TargetKind, target_id
from bot.core.picture import Trouble
from bot.monitoring.addresses import hypervisor_at, looks_far
from bot.monitoring.moved import Around, MovedNames
from bot.monitoring.pace import Pace
from bot.monitoring.sight import BOT, SIGHT, SightMonitor
from bot.monitoring.witnesses import Witnesses
from bot.probes import Parts
from bot.rounds.addresses import learn
from bot.scheduler import Scheduler
from bot.store.targets import Known
from bot.watching import Watch

JOB = "witnesses"
WHILE_BLIND = timedelta(seconds=1)  # between two questions


class SightRounds:
    """Asks the witnesses when they are due. Where lab.yaml wants none, or nothing is far away, it asks nobody.

    `moved`: which names lead elsewhere than where their machines were.
    """

    def __init__(
        self, config: Config, watch: Watch, scheduler: Scheduler, parts: Parts, names: Callable[[TargetId], str]
    ) -> None:
        settings = config.witnesses
        self._config, self._watch = config, watch
        self._scheduler = scheduler
        self._far = settings.ask and looks_far(config)
        around = Around(self._is_well, watch.awaits, self._routers, partial(learn, parts.names, config))
        self.moved = MovedNames(config, parts.names, around)
        witnesses = self._witnesses = Witnesses(parts.now, parts.names, self.moved)
        self._sight = SightMonitor(settings, witnesses, names, lambda one: watch.believed(one) is Health.FAIL)
        self._pace = Pace(settings.every, min(WHILE_BLIND, settings.every), failures=1)
        self._names_pace = replace(self._pace, failures=config.timing.failures)
        watch.sight = self._sight

    def begin(self, disk: Callable[[], Trouble | None], known: Iterable[Known]) -> None:
        """Begin to ask. `disk`: since when and why the bot can't write its database, if it can't.

        `known`: what was believed before the start.
        """
        self._sight.mind(disk)
        if self._far:
            if any(one.fingerprint == SIGHT and one.health is not Health.OK for one in known):
                self._sight.recall()
            self._sight.hasten = lambda: self._scheduler.hasten(JOB, timedelta(0))
            self._sight.begin()
            self._scheduler.every(JOB, self._pace.every, self._look, at_once=True)

    def close(self) -> None:
        """Ask no more."""
        self._sight.close()

    def watches(self, check: Fingerprint, where: str) -> None:
        """A check looks there."""
        if self._far and where:
            self._sight.watch(check, where)

    def forget(self, check: Fingerprint) -> None:
        """A check looks no more."""
        self._sight.forget(check)

    def hypervisor_answers(self, host: str) -> None:
        """A host's hypervisor has told its guests."""
        where = hypervisor_at(self._config.hosts[host].hypervisor)
        self.moved.answered(Target(target_id(TargetKind.HOST, host)), where)

    def _is_well(self, check: Fingerprint) -> bool:
        return self._watch.believed(check) is Health.OK and not self._watch.fails(check)

    def _routers(self) -> Iterable[str]:
        named = self._config.witnesses.gateway
        return [*([named] if named else []), *(address for address, _ in self._witnesses.gateways())]

    def tick(self) -> timedelta | None:
        """To be called every second: for how long the bot's process was stopped, if it was."""
        return self._sight.tick()

    async def _look(self) -> None:
        seen = await self._sight.look()
        settled = self._watch.see(seen, BOT, self._pace)
        for one in (self._sight.limits(), *self._sight.names(self._watch.believed)):
            target = self._watch.find(one.target) or Target(one.target)
            settled = self._watch.see(one, target, self._names_pace) and settled
        if seen.health is not Health.OK or not settled:
            self._scheduler.hasten(JOB, self._pace.retry_every)
