"""Where hypervisors find guests: at an address in lab.yaml they may find another than the one it is said to be.

Addresses that a router gave are given anew once it has lost its leases, as in a power failure.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.core.health import Evidence, Health, Observation, Target, TargetId, TargetKind, name_of, uuid_of
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.names import Names

AT_LEAST: Final = 60.0
"""Seconds that pass before all guests are asked for again: that is one call for each of them."""


class FoundAt:
    """Knows at which addresses guests are found. `known`: all targets, as they are known when asked."""

    def __init__(
        self, hypervisors: Mapping[str, Hypervisor], names: Names, known: Callable[[], Collection[Target]]
    ) -> None:
        self.known, self._hypervisors, self._names = known, hypervisors, names
        self._found: Mapping[TargetId, Collection[str]] = {}
        self._learnt = float("-inf")
        self._learning = asyncio.Lock()

    async def of(self, guest: Target) -> Collection[str]:
        """The addresses at which its host finds a guest now; none where that is not known."""
        hypervisor = self._hypervisors.get(name_of(guest.runs_on)) if guest.runs_on else None
        try:
            return await hypervisor.addresses(uuid_of(guest.id)) if hypervisor else ()
        except (GuestRefused, HypervisorUnreachable):
            return ()

    async def another(self, guest: Target, where: str) -> str:
        """Another guest that is found at a name or address, and this one is not, in words; else empty."""
        places = {where, *self._names.known(where)}
        if guest.kind is not TargetKind.GUEST or not where or not places.isdisjoint(await self.of(guest)):
            return ""
        async with self._learning:
            if time.monotonic() - self._learnt > AT_LEAST:
                await self._learn()
        others = (one for one in self._guests() if one.id != guest.id)
        other = next((one for one in others if not places.isdisjoint(self._found.get(one.id, ()))), None)
        return f"its hypervisor finds {other.name} at {where}" if other else ""

    async def judged(self, target: Target, where: str, seen: Sequence[Observation]) -> Sequence[Observation]:
        """What a look at a name or address shows of its target: nothing where another guest is found there."""
        passes = any(one.health is Health.OK and one.evidence is Evidence.INSIDE for one in seen)
        why = await self.another(target, where) if passes else ""
        return [_not_its_own(one, why) if why and one.health is Health.OK else one for one in seen]

    async def _learn(self) -> None:
        """One after another: somebody may want to start a guest meanwhile."""
        self._found = {guest.id: await self.of(guest) for guest in self._guests()}
        self._learnt = time.monotonic()

    def _guests(self) -> list[Target]:
        return [one for one in self.known() if one.kind is TargetKind.GUEST]


def _not_its_own(seen: Observation, why: str) -> Observation:
    words = f"{seen.why}; but {why}. Correct its address in lab.yaml"
    return replace(seen, health=Health.UNKNOWN, evidence=Evidence.NONE, why=words)
