"""How the machines that an incident waits for stand, counted and in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bot.core.health import TargetId, TargetKind
from bot.core.incidents.member import COUNTED, Member, Standing


def is_own_sight(member: Member) -> bool:
    """Whether it is the bot itself: a network that went with the machines."""
    return member.target.startswith(f"{TargetKind.BOT}:")


def standings(members: Iterable[Member]) -> Mapping[Standing, tuple[TargetId, ...]]:
    """The members by how they stand, each in exactly one place, the settled ones first.

    The watcher's own sight, where it went with others, is none of what was hurt.
    """
    found: dict[Standing, list[TargetId]] = defaultdict(list)
    known = sorted(members, key=lambda one: one.target)
    for member in [one for one in known if not is_own_sight(one)] or known:
        found[member.standing].append(member.target)
    return MappingProxyType({one: tuple(found[one]) for one in Standing if one in found})


ALL_PROVEN: Final = "all proven healthy"


def outcome(members: Iterable[Member], *, are_all: bool = True) -> str:
    """How members stand, in words that claim no more than was seen. `are_all`: these are all of an incident."""
    found = standings(members)
    if not found:
        return "nothing is left to wait for"
    if found.keys() == {Standing.PROVEN} and are_all:
        return ALL_PROVEN
    return ", ".join(f"{len(targets)} {COUNTED[standing]}" for standing, targets in found.items())
