"""Where guests are at this very moment: for what a person is about to say of them, no earlier answer will do."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from bot.core.guest import GuestState
from bot.core.health import TargetId, uuid_of
from bot.core.placements import Found
from bot.hypervisor import Hypervisor, HypervisorUnreachable


async def search(hypervisors: Iterable[Hypervisor], guests: Collection[TargetId]) -> Found:
    """Ask all of them at once which of these guests they have."""
    found: dict[TargetId, str] = {}
    unasked: list[str] = []
    asked = list(hypervisors)
    for hypervisor, states in zip(asked, await asyncio.gather(*map(_states, asked)), strict=True):
        if states is None:
            unasked.append(hypervisor.name)
        else:
            found |= {guest: hypervisor.name for guest in guests if uuid_of(guest) in states}
    return Found(found, tuple(unasked))


async def _states(hypervisor: Hypervisor) -> Mapping[str, GuestState] | None:
    try:
        return await hypervisor.states()
    except HypervisorUnreachable:
        return None
