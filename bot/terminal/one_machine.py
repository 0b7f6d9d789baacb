"""Which hosts of lab.yaml are one machine, asked for once."""

import asyncio
from collections.abc import Mapping, Set
from contextlib import suppress

from bot.core.one_machine import Answer, doubles
from bot.hypervisor import Hypervisor, HypervisorUnreachable

TRIES = 2
"""A libvirt that has only just started may take longer than it has to say which it is, once."""


async def doubled(hypervisors: Mapping[str, Hypervisor]) -> Mapping[str, str]:
    """The hosts that are the same machine as an earlier one, and which; as far as they answer."""
    answers: dict[str, Answer] = {}
    two: set[Set[str]] = set()

    async def ask(one: Hypervisor) -> None:
        for _ in range(TRIES):
            with suppress(HypervisorUnreachable):  # whoever looks at it says so
                answers[one.name] = Answer(one.uri, await one.identity(), (await one.states()).keys())
                return

    if len(hypervisors) > 1:
        await asyncio.gather(*map(ask, hypervisors.values()))
    in_order = {name: answers[name] for name in hypervisors if name in answers}
    while wrong := [pair for pair in doubles(in_order, {}, two).items() if await _are_two(hypervisors, *pair)]:
        two |= set(map(frozenset, wrong))
    return doubles(in_order, {}, two)


async def _are_two(hypervisors: Mapping[str, Hypervisor], double: str, first: str) -> bool:
    """Whether a guess is wrong, or can't be upheld."""
    try:
        return await hypervisors[first].identity.is_not(hypervisors[double].identity)
    except HypervisorUnreachable:
        return True
