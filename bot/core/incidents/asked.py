"""What a person may be asked of a machine, and what they were shown then: their word is about that alone."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.core.health import TargetId
from bot.core.incident import IllegalMove, IncidentId, Member
from bot.core.incidents.member import COUNTED, Standing
from bot.core.incidents.situation import Situation

AsSeen = Mapping[TargetId, str]
"""How machines were, each as `state_shown` has it."""

NOTHING_SEEN: Final[AsSeen] = MappingProxyType({})


def may_be_well(member: Member) -> bool:
    """Whether a person's word that it is well would do: nothing proves it, and it is not off, nor paused.

    Of one that is so as it may be, its differences from before are all that is asked.
    """
    return member.standing is Standing.UNPROVEN and (member.running is not False or member.ground is not None)


def may_stay_off(member: Member) -> bool:
    """Whether it ran before and is off or paused, as it might stay."""
    return member.standing is Standing.UNPROVEN and not may_be_well(member)


def state_shown(member: Member) -> str:
    """A machine's state in an incident, as a short text that differs once that has changed."""
    state = (member.standing, _power(member), member.counts_from, [one.key for one in member.changes])
    return hashlib.blake2s(repr(state).encode(), digest_size=8).hexdigest()


def demand_unchanged(situation: Situation, incident: IncidentId, as_seen: AsSeen) -> None:
    """Raise IllegalMove if a machine is no longer as it was when a person was asked about it."""
    held = situation.incidents.get(incident)
    for target, shown in as_seen.items():
        member = held.members.get(target) if held else None
        if member is None or state_shown(member) == shown:
            continue  # that it is no longer waited for, who records the word says
        power = _power(member)
        name, how = situation.name(target), f"{COUNTED[member.standing]}{power and f' and {power}'}"
        why = f"it has changed since you were asked, and is {how} now"
        raise IllegalMove(f"cannot take your word for {name}: because {why}")


def _power(member: Member) -> str:
    """Whether it runs, in a word; empty where that can't be told."""
    return "" if member.running is None else "running" if member.running else member.rest
