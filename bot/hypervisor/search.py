"""Where guests are at this very moment: for what a person is about to say of them, no earlier answer will do."""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from bot.core.guest import GuestState
from bot.core.health import TargetId, uuid_of
from bot.core.placements import Found
from bot.hypervisor import Hypervisor, HypervisorUnreachable


async def search(
    hypervisors: Iterable[Hypervisor], guests: Collection[TargetId], doubles: Collection[str] = ()
) -> Found:
    """Ask all of them at once which of these guests they have.

    `doubles`: those that seem to be others of them. Their guests are the others', and where they were meant to
    lead can't be asked; but what only a double has is found there.
    """
    found: dict[TargetId, str] = {}
    unasked = set(doubles)
    asked = sorted(hypervisors, key=lambda one: (one.name not in doubles, one.name))
    for hypervisor, states in zip(asked, await asyncio.gather(*map(_states, asked)), strict=True):
        if states is None:
            unasked.add(hypervisor.name)
        else:
            found |= {guest: hypervisor.name for guest in guests if uuid_of(guest) in states}
    return Found(found, tuple(sorted(unasked)))


async def _states(hypervisor: Hypervisor) -> Mapping[str, GuestState] | None:
    try:
        return await hypervisor.states()
    except HypervisorUnreachable:
        return None
