"""From what is seen to what is believed: soft counts, company, and then one transaction for what is news.

Streaks live here, on the loop; a restart may lose them. An observation that changes nothing costs no transaction
and no thread hop. When to look is rounds.py's, what follows the core's.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.config import Config
from bot.core.draft import Gap
from bot.core.health import Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incident import Incident
from bot.core.streak import Streak, count
from bot.sightings import Followed, believe, pass_time
from bot.store.targets import Known
from bot.store.writer import Writer

log = logging.getLogger(__name__)

Written = tuple[Health, Kind | None, bool | None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a check looks, how soon again while in doubt, and after how many failures it is believed."""

    every: timedelta
    retry_every: timedelta
    failures: int


class Watch:
    """Hears every observation and passes on what is news. `damaged` is called once for each incident of damage."""

    def __init__(self, config: Config, writer: Writer, clock: Callable[[], datetime]) -> None:
        self.damaged: Callable[[Incident], None] = lambda _incident: None
        self._config = config
        self._writer = writer
        self._clock = clock
        self._streaks: dict[Fingerprint, Streak] = {}
        self._written: dict[Fingerprint, Written] = {}
        self._awaited: frozenset[TargetId] = frozenset()
        self._told: set[Fingerprint] = set()
        self._company: list[Observation] = []
        self._gathering: asyncio.Task[None] | None = None
        self._gap: Gap | None = None
        self._passed = clock()  # until when the core has seen time pass

    def remember(self, known: tuple[Known, ...], gap: Gap | None) -> None:
        """Go on from what was believed before a restart, so that nothing is announced again."""
        self._gap = gap
        for one in known:
            self._streaks[one.fingerprint] = Streak(one.health, one.health)
            self._written[one.fingerprint] = (one.health, one.kind, one.running)

    def forget(self, gone: Collection[TargetId]) -> None:
        """Targets that are no longer there have no streaks; if they come back, they are new."""
        for one in [f for f in self._streaks if f.target in gone]:
            del self._streaks[one]
            self._written.pop(one, None)

    def believed(self, fingerprint: Fingerprint) -> Health:
        """What that check is believed to show."""
        return self._streaks.get(fingerprint, Streak()).hard

    def doubts(self, target: TargetId) -> bool:
        """Whether any check of `target` fails, or seemed to when it looked last."""
        return any(Health.FAIL in (s.hard, s.last) for f, s in self._streaks.items() if f.target == target)

    def see(self, seen: Observation, target: Target, pace: Pace) -> bool:
        """Take one observation in. False: it is in doubt, so that the next look should come soon."""
        if seen.health is Health.FAIL and target.behind is not None and self.doubts(target.behind):
            why = f"can't be seen: {target.behind.partition(':')[2]} fails ({seen.why})"
            seen = replace(seen, health=Health.UNKNOWN, why=why, kind=None, running=None)
        clears = self._config.timing.clears
        streak = count(self._streaks.get(seen.fingerprint, Streak()), seen, failures=pace.failures, clears=clears)
        self._streaks[seen.fingerprint] = streak
        believed = seen.health is streak.hard and not streak.lasting
        if (believed or seen.health is Health.UNKNOWN) and self._is_news(seen):
            self._pass_on(seen)
        return streak.settled

    def _is_news(self, seen: Observation) -> bool:
        """Whether it differs from what is written, or may prove what an incident waits for."""
        if self._written.get(seen.fingerprint) != _written(seen):
            return True
        proves = seen.health is Health.OK and seen.running is not False
        return proves and seen.target in self._awaited and seen.fingerprint not in self._told

    def awaits(self, target: TargetId) -> bool:
        """Whether an open incident waits for proof that `target` is well."""
        return target in self._awaited

    def _pass_on(self, seen: Observation) -> None:
        failed = self._written.get(seen.fingerprint, (None,))[0] is Health.FAIL
        self._written[seen.fingerprint] = _written(seen)
        if failed or seen.health is not Health.OK or seen.running is False:
            self._told.clear()  # what proved it before or while it failed, or what runs on it, proves nothing
        self._told.add(seen.fingerprint)
        self._company.append(seen)
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gather(), name="gather company")

    async def _gather(self) -> None:
        """Wait a moment for what comes together, then decide on it together."""
        while self._company:
            await asyncio.sleep(self._config.timing.company.total_seconds())
            batch, self._company = self._company, []
            await self._write(batch)
        self._gathering = None

    async def _write(self, batch: list[Observation]) -> None:
        lately = self._clock() - self._config.timing.storm_within
        gap = self._gap if self._gap and self._gap.until > lately else None
        try:
            self._follow(await self._writer.do(believe, self._config, batch, gap))
        except Exception:
            log.exception("cannot write %d observations; the next look brings them again", len(batch))
            for one in batch:
                self._written.pop(one.fingerprint, None)

    async def pass_time(self) -> None:
        """Let the core see that time has passed."""
        now = self._clock()
        self._follow(await self._writer.do(pass_time, self._config, self._passed))
        self._passed = now

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: no time has passed by it."""
        self._passed += step
        self._streaks = {fingerprint: streak.shifted(step) for fingerprint, streak in self._streaks.items()}
        if self._gap is not None:
            self._gap = Gap(self._gap.since + step, self._gap.until + step)

    def _follow(self, followed: Followed) -> None:
        if followed.awaited != self._awaited:
            self._awaited = followed.awaited
            self._told.clear()
        for incident in followed.damaged:
            self.damaged(incident)

    async def close(self) -> None:
        """Write what is still in company."""
        if self._gathering is not None:
            await self._gathering


def _written(seen: Observation) -> Written:
    return (seen.health, seen.kind, seen.running)
