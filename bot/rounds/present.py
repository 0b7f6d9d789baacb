"""What a target shows now, to whoever acts on it: it is told no more than the watch itself would believe.

What can't be seen can't be told: before silence counts against a target, it is made sure that it would be heard.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final

from bot.actions import Outcome
from bot.core.health import Observation, Target, TargetId, TargetKind
from bot.monitoring.healthy import outcome, unwell
from bot.rounds.guest_ssh import GuestSsh
from bot.rounds.guests import GuestRounds
from bot.rounds.impostors import Look
from bot.watching import Watch

LOOKS: Final = 2
"""In vain, and after each nothing is in the way: what was there a moment ago may have hidden the first."""


class Present:
    """Looks at one target at once. `looks`: those of each target; `names`: what people call it."""

    def __init__(
        self,
        watch: Watch,
        looks: Mapping[TargetId, Mapping[str, Look]],
        guests: Collection[GuestRounds],
        ssh: GuestSsh,
        names: Callable[[TargetId], str],
    ) -> None:
        self._watch, self._looks, self._guests, self._ssh, self._names = watch, looks, guests, ssh, names

    async def healthy(self, target: TargetId) -> Outcome:
        """Whether it is proven healthy."""
        return outcome(self._names(target), await self._seen(target))

    async def unwell(self, target: TargetId) -> Outcome:
        """Whether it surely is not: something tells so, or nothing of it is heard though it would be."""
        name = self._names(target)
        for _ in range(LOOKS):
            seen = await self._seen(target)
            found = unwell(name, seen, await self._signs(target, seen))
            if found.known or not found.ok:
                return found
            if why := await self._in_the_way(target):
                return Outcome(ok=False, text=f"cannot tell whether {name} is well: because {why}", known=False)
        return found

    async def _seen(self, target: TargetId) -> Sequence[Observation]:
        looks = list(self._looks.get(target, {}).values())
        looks += [partial(g.look_at, found) for g in self._guests if (found := g.find(target))]
        seen = [one for found in await asyncio.gather(*(look() for look in looks)) for one in found]
        known = self._watch.find(target)
        return [self._as_believed(one, known) for one in seen] if known else seen

    async def _signs(self, host: TargetId, seen: Sequence[Observation]) -> Sequence[Observation]:
        """What may show that a host is up: itself, and its guests' checks, which need no word of the host."""
        if not host.startswith(TargetKind.HOST):
            return ()
        guests = [one.id for one in map(self._watch.find, self._looks) if one and one.runs_on == host]
        looks = [look() for guest in guests for look in self._looks[guest].values()]
        return [*seen, *(one for found in await asyncio.gather(*looks) for one in found)]

    def _as_believed(self, seen: Observation, target: Target) -> Observation:
        hidden = self._watch.hidden(seen, target)
        return seen if hidden is None else seen.unseen(hidden)

    async def _in_the_way(self, target: TargetId) -> str | None:
        known = self._watch.find(target)
        return await self._watch.in_the_way(known, await self._ssh.places(known)) if known else None
