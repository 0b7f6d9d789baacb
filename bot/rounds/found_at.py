"""Where hypervisors find guests: at an address in lab.yaml they may find another than the one it is said to be.

Addresses that a router gave are given anew once it has lost its leases, as in a power failure.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.core.health import (
    Evidence,
    Fingerprint,
    Health,
    Observation,
    Target,
    TargetId,
    TargetKind,
    name_of,
    uuid_of,
)
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.names import Names

FRESH: Final = 1.0
"""Seconds for which what was found holds where a look passes that did not before."""
_KNOWN: Final = 60.0
"""Seconds for which it holds otherwise."""
_PATIENCE: Final = 3.0
"""Seconds that all guests may take: each is a question to its host, and one that is far away answers slowly."""
_SLOW: Final = 300.0
"""Seconds that pass before they are asked again after they took longer."""


class FoundAt:
    """Knows at which addresses guests are found. `known`: all targets, as they are known when asked."""

    def __init__(
        self, hypervisors: Mapping[str, Hypervisor], names: Names, known: Callable[[], Collection[Target]]
    ) -> None:
        self.known, self._hypervisors, self._names = known, hypervisors, names
        self._found: dict[TargetId, Collection[str]] = {}
        self._learnt = self._not_before = float("-inf")
        self._learning = asyncio.Lock()
        self._passing: set[Fingerprint] = set()

    async def of(self, guest: Target) -> Collection[str]:
        """The addresses at which its host finds a guest now; none where that is not known."""
        hypervisor = self._hypervisors.get(name_of(guest.runs_on)) if guest.runs_on else None
        try:
            return await hypervisor.addresses(uuid_of(guest.id)) if hypervisor else ()
        except (GuestRefused, HypervisorUnreachable):
            return ()

    async def another(self, guest: Target, where: str, fresh: float = FRESH) -> str:
        """Another guest that is found at a name or address, and this one is not, in words; else empty.

        `fresh`: seconds for which what was found before holds.
        """
        if guest.kind is not TargetKind.GUEST or not where:
            return ""
        async with self._learning:
            now = time.monotonic()
            if now - self._learnt > fresh and now >= self._not_before:
                await self._learn()
        places = {where, *self._names.known(where)}
        there = [one for one in self._guests() if not places.isdisjoint(self._found.get(one.id, ()))]
        if not there or guest.id in {one.id for one in there}:
            return ""
        return f"its hypervisor finds {there[0].name} at {where}"

    async def judged(self, target: Target, where: str, seen: Sequence[Observation]) -> Sequence[Observation]:
        """What a look at a name or address shows of its target: nothing where another guest is found there."""
        passing = {one.fingerprint for one in seen if one.health is Health.OK and one.evidence is Evidence.INSIDE}
        new = passing - self._passing
        self._passing = self._passing.difference(one.fingerprint for one in seen) | passing
        why = await self.another(target, where, FRESH if new else _KNOWN) if passing else ""
        return [_not_its_own(one, why) if why and one.health is Health.OK else one for one in seen]

    async def _learn(self) -> None:
        """One after another: somebody may want to start a guest meanwhile. Who is not asked in time is nowhere."""
        found: dict[TargetId, Collection[str]] = {}
        try:
            async with asyncio.timeout(_PATIENCE):
                for guest in self._guests():
                    found[guest.id] = await self.of(guest)
        except TimeoutError:
            self._not_before = time.monotonic() + _SLOW
        self._found, self._learnt = found, time.monotonic()

    def _guests(self) -> list[Target]:
        return [one for one in self.known() if one.kind is TargetKind.GUEST]


def _not_its_own(seen: Observation, why: str) -> Observation:
    words = f"{seen.why}; but {why}. Correct its address in lab.yaml"
    return replace(seen, health=Health.UNKNOWN, evidence=Evidence.NONE, why=words)
