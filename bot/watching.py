"""From what is seen to what is believed: soft counts, company, and then one transaction for what is news.

Streaks live here, on the loop; a restart may lose them. An observation that changes nothing costs no transaction
and no thread hop. That nothing answers is believed only once it is sure that an answer could have been heard. When
to look is rounds.py's, what follows the core's.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.config import Config
from bot.core.clock_step import shifted
from bot.core.health import ANSWERED, RESTARTS, Fingerprint, Health, Observation, Target, TargetId, name_of
from bot.core.incident import Incident
from bot.core.incidents import on_battery
from bot.core.incidents.situation import Gap
from bot.core.incidents.visibility import Verdict, seen_through
from bot.core.kinds import SILENCE
from bot.core.streak import count
from bot.monitoring.answers import Answers
from bot.monitoring.beliefs import Beliefs
from bot.monitoring.between import Between
from bot.monitoring.host_boots import HostBoots
from bot.monitoring.looked import Looked
from bot.monitoring.making_sure import Around, MakingSure, Suspicion
from bot.monitoring.pace import Pace
from bot.monitoring.passed_on import PassedOn
from bot.monitoring.sight import SightMonitor
from bot.monitoring.unwritten import Unwritten
from bot.sightings import Beginning, Followed, believe
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases.passing_time import pass_time

log = logging.getLogger(__name__)


class Watch:
    """Hears every observation and passes on what is news. `unwritten`: what could not be written yet.

    `damaged` is called for each incident of damage. `find`: a target of the inventory; `look_at`: has all checks
    of a target look now; `sight`: whether the bot sees, if anybody makes sure; `catch_up`: notes what befell it.
    """

    def __init__(self, config: Config, writer: Writer, clock: Callable[[], datetime]) -> None:
        self.damaged: Callable[[Incident], None] = lambda _incident: None
        self.find: Callable[[TargetId], Target | None] = lambda _target: None
        self.look_at: Callable[[TargetId], Awaitable[None]] = _nothing
        self.catch_up: Callable[[], Awaitable[None]] = _nothing
        self.sight: SightMonitor | None = None
        self._config, self._writer, self._clock = config, writer, clock
        self.unwritten = Unwritten()
        self._beliefs = Beliefs()
        self._between = Between(lambda target: seen_through(target, self.find), self._is_far)
        around = Around(
            between=self._between,
            look_at=self._look_at,
            hides=lambda suspicion: self.hidden(suspicion.seen, suspicion.target),
            sight=lambda: self.sight,
        )
        self._sure = MakingSure(config.timing.company, around, self._decide)
        self.in_the_way = self._sure.in_the_way
        self._passed_on = PassedOn()
        self._facts: dict[Fingerprint, Mapping[str, str]] = {}
        self.boots = HostBoots()
        self._awaited: frozenset[TargetId] = frozenset()
        self._answers = Answers()
        self._told: dict[Fingerprint, datetime] = {}  # what may prove something, and when that was passed on
        self._reserves: dict[Fingerprint, Mapping[str, str]] = {}  # what UPSes told of their batteries last
        self._company: list[Observation] = []
        self._gathering: asyncio.Task[None] | None = None
        self._gap: Gap | None = None
        self._looked = Looked(clock(), config.timing, self._beliefs.in_doubt, self.awaits)
        self._passed = clock()  # until when it is known which silences have ended

    def remember(self, beginning: Beginning) -> None:
        """Go on from what was believed before a restart, so that nothing is announced again."""
        self._gap, self._passed = beginning.gap, beginning.until or self._passed
        self._awaited = beginning.awaited
        known = [one for one in beginning.known if one.fingerprint.check != RESTARTS]  # no look tells of that
        self._passed_on.remember(known)
        for one in known:
            self._beliefs.remember(one)
            self._facts[one.fingerprint] = one.facts

    def gap(self, gap: Gap, *, told: bool = True) -> None:
        """For so long the bot saw nothing, and nothing was looked at since. `told`: what is found mentions it."""
        self._gap, self.boots.blind = gap if told else self._gap, gap
        self._looked.anew(gap.until)
        self._told.clear()

    def forget(self, gone: Collection[TargetId]) -> None:
        """Targets that are no longer there have no streaks; if they come back, they are new."""
        self._looked.forget(gone)
        self._between.forget(gone)
        self._passed_on.forget_targets(gone)
        for one in self._beliefs.forget(gone):
            self._passed_on.forget(one)
            self._facts.pop(one, None)
            self._answers.forget(one)
            self._sure.forget(one)

    def believed(self, fingerprint: Fingerprint) -> Health:
        """What that check is believed to show."""
        return self._beliefs.of(fingerprint).hard

    def facts(self, fingerprint: Fingerprint) -> Mapping[str, str]:
        """What that check has told to be remembered, however it is now."""
        return self._facts.get(fingerprint, {})

    def fails(self, fingerprint: Fingerprint) -> bool:
        """Whether that check fails, or seemed to when it looked last."""
        streak = self._beliefs.of(fingerprint)
        return Health.FAIL in (streak.hard, streak.last)

    def has_looked(self, target: TargetId) -> bool:
        """Whether anything was looked at of that target since the start, or since the bot was stopped for long."""
        return target in self._looked

    def see(self, seen: Observation, target: Target, pace: Pace) -> bool:
        """Take one observation in. False: it is in doubt, so that the next look should come soon."""
        self.boots.note(seen)
        self._answers.note(seen)
        hidden = self.hidden(seen, target)
        before, clears = self._beliefs.of(seen.fingerprint), self._config.timing.clears
        if hidden is not None:
            if seen.is_there:  # the way to it is open
                self._between.note(seen, target, before)
            self._cannot_see(seen, hidden)
            return False
        streak = count(before, seen, failures=pace.failures, clears=clears)
        self._between.note(seen, target, streak)
        if streak.fails_anew(before) and self._must_make_sure(seen, target):
            self._beliefs.keep(seen.fingerprint, streak.unbelieved(before))
            self._sure.suspect(Suspicion(seen, target, streak.since))
            return False
        self._beliefs.keep(seen.fingerprint, streak)
        if seen.health is Health.OK or seen.target not in self._beliefs.in_doubt():
            self._looked.note(seen.target, seen.at)  # else it is as it was before
        believed = seen.health is streak.hard and streak.agrees
        if (believed or seen.health is Health.UNKNOWN) and self._is_news(seen):
            self._pass_on(seen)
        elif believed:
            self._looked.answered(seen)
        return streak.settled

    def hidden(self, seen: Observation, target: Target) -> str | None:
        """Why a failure says nothing of its target, if it says no more than that nothing answered."""
        blind = self.sight.heard(seen) if self.sight else None
        if not seen.is_silence:
            return blind
        between = next((one for one in self._between.of(target) if self._between.hides(one)), None)
        return f"{name_of(between)} does not answer" if between else blind

    def _cannot_see(self, seen: Observation, why: str) -> None:
        """What fails there can't be told; what has failed before then is counted anew once it can."""
        self._looked.note(seen.target, seen.at)
        self._beliefs.keep(seen.fingerprint, self._beliefs.of(seen.fingerprint).anew())
        unseen = seen.unseen(why)
        if self._is_news(unseen):
            self._pass_on(unseen)

    def _must_make_sure(self, seen: Observation, target: Target) -> bool:
        return seen.is_silence and (self._is_far(seen.fingerprint) or bool(self._between.of(target)))

    def _is_far(self, check: Fingerprint) -> bool:
        return self.sight is not None and self.sight.needs_network(check)

    async def _look_at(self, target: TargetId) -> None:
        await self.look_at(target)

    def _decide(self, suspicion: Suspicion, hidden: str | None, verdict: Verdict) -> None:
        """What becomes of a suspicion: it is believed now, unless that can't be told or it has answered since."""
        seen, streak = suspicion.seen, self._beliefs.of(suspicion.check)
        if streak.last is not Health.FAIL or (seen.may_be_gone and not streak.silent):
            return
        if hidden is not None:
            self._cannot_see(seen, hidden)
            return
        self._looked.note(seen.target, seen.at)
        self._beliefs.keep(seen.fingerprint, streak.believed)
        sure = replace(seen, facts={**seen.facts, **verdict.facts(suspicion.check)})
        if self._is_news(sure):
            self._pass_on(sure)

    def _is_news(self, seen: Observation) -> bool:
        """Whether it differs from what is written, or tells of what an incident waits for.

        That is passed on again after a while: what proves something may have come too early, or has to last.
        """
        if self._passed_on.is_new(seen) or seen.began_anew or seen.may_have_run:
            return True
        if seen.kept.items() - self.facts(seen.fingerprint).items():
            return True
        if seen.target not in self._awaited:
            return False
        if seen.health is not Health.OK:
            return on_battery.is_noticeable(self._reserves.get(seen.fingerprint, {}), seen)
        told = self._told.get(seen.fingerprint)
        return told is None or seen.at - told >= self._config.timing.steady

    def awaits(self, target: TargetId) -> bool:
        """Whether an open incident waits for proof that `target` is well."""
        return target in self._awaited

    def _pass_on(self, seen: Observation) -> None:
        changes, was = self._passed_on.is_new(seen), self._passed_on.note(seen)
        well = seen.health is Health.OK and seen.running is not False and not (was and was[0] is Health.FAIL)
        if seen.began_anew or (changes and not well):
            self._told.clear()  # what proved it before or while it failed, or what runs on it, proves nothing
        self._told[seen.fingerprint] = seen.at
        seen = self._beliefs.of(seen.fingerprint).dated(seen)
        if seen.kind in SILENCE and (spoke := self._answers.any.get(seen.fingerprint)):
            seen = replace(seen, facts={**seen.facts, ANSWERED: spoke.isoformat()})
        self._reserves[seen.fingerprint] = seen.facts
        self._facts[seen.fingerprint] = {**self.facts(seen.fingerprint), **seen.kept}
        self._company.append(seen)
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gather(), name="gather company")

    async def _gather(self) -> None:
        """Wait a moment for what comes together, then decide on it together."""
        while self._company:
            await asyncio.sleep(self._config.timing.company.total_seconds())
            await self.catch_up()
            batch, self._company = self._company, []
            await self._write(batch)
        self._gathering = None

    async def _write(self, batch: list[Observation]) -> None:
        """Write what is news, and before it what could not be written earlier."""
        batch, trouble = [*self.unwritten.take(), *batch], self._writer.trouble
        lately = self._clock() - self._config.timing.storm_within
        gap = self._gap.followed_by(self._answers.well) if self._gap and self._gap.until > lately else None
        if trouble is not None and not trouble.unsafe:
            gap = Gap(trouble.since, self._clock(), "I could not write my database", self._config.zone)
        try:
            self._follow(await self._writer.do(believe, self._config, batch, gap, self._answers.heard()))
            self._looked.answered(*batch)
        except StoreFailed:
            self.unwritten.keep(batch)
        except Exception:
            log.exception("cannot write %d observations; the next look brings them again", len(batch))
            for one in batch:
                self._passed_on.forget(one.fingerprint)

    async def pass_time(self) -> None:
        """Let the core see that time has passed; try again to write what could not be written."""
        await self.catch_up()
        if self.unwritten:
            await self._write([])
        now = self._clock()
        followed = await self._writer.do(pass_time, self._config, self._passed, self._looked.so_far(now))
        self._follow(followed)
        self._passed = self._passed if followed.waits else now

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: no time has passed by it."""
        self._passed += step
        self._looked.shift(step)
        self._beliefs.shift(step)
        if self.sight is not None:
            self.sight.shift(step)
        self._told = {fingerprint: at + step for fingerprint, at in self._told.items()}
        self._answers.shift(step)
        self._passed_on.shift(step)
        self._gap = self._gap and shifted(self._gap, step)
        self.unwritten.shift(step)
        self._company = [seen.shifted(step) for seen in self._company]
        self.boots.shift(step)

    def _follow(self, followed: Followed) -> None:
        if followed.awaited != self._awaited:
            self._awaited = followed.awaited
            self._told.clear()
        for incident in followed.damaged:
            self.damaged(incident)

    async def close(self) -> None:
        """Decide on what is suspected, and write what is still in company."""
        await self._sure.finish()
        if self._gathering is not None:
            await self._gathering
        if self.unwritten:
            await self._write([])


async def _nothing(*_what: TargetId) -> None:
    """Where nobody can be asked to."""
