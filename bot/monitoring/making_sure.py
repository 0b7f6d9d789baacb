"""Before it is believed that something is gone: what stands between is looked at, and the witnesses are asked.

What is seen through a gateway is looked at once more after that one has answered: it may have been away just then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.health import Fingerprint, Observation, Target, TargetId, name_of
from bot.core.incidents.visibility import Cause, Verdict
from bot.monitoring.between import Between
from bot.monitoring.sight import SightMonitor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something seems to be gone: what was seen of it last, and since when it has failed."""

    seen: Observation
    target: Target
    since: datetime | None

    @property
    def check(self) -> Fingerprint:
        """The check that says so."""
        return self.seen.fingerprint


@dataclass(slots=True)
class Around:
    """What can be asked about a suspicion. `between`: what stands between the bot and the targets.

    `look_at`: has all checks of a target look now; `hides`: why nothing can be seen of a suspicion's target, if
    that is so; `sight`: None where nobody makes sure of it.
    """

    between: Between
    look_at: Callable[[TargetId], Awaitable[None]]
    hides: Callable[[Suspicion], str | None]
    sight: Callable[[], SightMonitor | None]


class MakingSure:
    """Makes sure of suspicions, those together that come within `company`, and hands each to `decide`."""

    def __init__(
        self, company: timedelta, around: Around, decide: Callable[[Suspicion, str | None, Verdict], None]
    ) -> None:
        self._company = company
        self._around = around
        self._decide = decide
        self._suspected: dict[Fingerprint, Suspicion] = {}
        self._looked_again: dict[Fingerprint, datetime | None] = {}  # at which failure, by when that began
        self._task: asyncio.Task[None] | None = None

    def suspect(self, suspicion: Suspicion) -> None:
        """Make sure of this, too."""
        self._suspected[suspicion.check] = suspicion
        if self._task is None:
            self._task = asyncio.create_task(self._make_sure(), name="make sure")

    async def in_the_way(self, target: Target, also: Collection[str]) -> str | None:
        """Why nothing could be seen of a target now, if so. `also`: where it is looked at beside its checks."""
        between = self._around.between.of(target)
        await self._look_at(one for one in between if not self._around.between.hides(one))
        if silent := next(filter(self._around.between.hides, between), None):
            return f"{name_of(silent)} does not answer"
        sight = self._around.sight()
        return None if sight is None else await sight.in_the_way(target.id, also)

    def forget(self, check: Fingerprint) -> None:
        """That check is no longer there."""
        self._suspected.pop(check, None)
        self._looked_again.pop(check, None)

    async def finish(self) -> None:
        """Decide on all that is suspected."""
        if self._task is not None:
            await self._task

    async def _make_sure(self) -> None:
        while self._suspected:
            await asyncio.sleep(self._company.total_seconds())
            suspected, self._suspected = self._suspected, {}
            between = {one for s in suspected.values() for one in self._around.between.of(s.target)}
            await self._look_at(one for one in between if not self._around.between.hides(one))
            verdict = await self._ask(suspected.values())
            again = [one for one in suspected.values() if self._settle(one, verdict)]
            await self._look_at({one.target.id for one in again})
            for one in again:
                if one.check not in self._suspected:  # it was not looked at after all, or it has answered
                    self._settle(one, verdict)
        self._task = None

    async def _look_at(self, targets: Iterable[TargetId]) -> None:
        for failed in await asyncio.gather(*map(self._around.look_at, targets), return_exceptions=True):
            if isinstance(failed, Exception):
                log.error("cannot look once more", exc_info=failed)

    async def _ask(self, suspected: Collection[Suspicion]) -> Verdict:
        sight = self._around.sight()
        if sight is None:
            return Verdict(Cause.DOWN, "nobody was asked")
        return await sight.ask([one.check for one in suspected])

    def _settle(self, one: Suspicion, verdict: Verdict) -> bool:
        """Decide on a suspicion. True: not before it was looked at once more."""
        hidden = self._around.hides(one) or verdict.unseen.get(one.check)
        if hidden is None and self._is_mediated(one) and self._looked_again.get(one.check) != one.since:
            self._looked_again[one.check] = one.since
            return True
        self._looked_again.pop(one.check, None)
        self._decide(one, hidden, verdict)
        return False

    def _is_mediated(self, one: Suspicion) -> bool:
        sight = self._around.sight()
        return bool(self._around.between.of(one.target)) or (sight is not None and sight.needs_gateway(one.check))
