"""Guests that are missing: their host was asked, and no longer knows them. That is a state, and no end.

Whether one was made anew under its old name is told from the inventory; that this is what happened, a person says.
"""

from collections.abc import Iterable, Mapping

from bot.core.health import Fingerprint, Target, TargetId, TargetKind
from bot.core.incidents.member import GONE


def missing(failing: Iterable[Fingerprint]) -> frozenset[TargetId]:
    """The guests that are missing, of all checks that fail."""
    return frozenset(one.target for one in failing if one.check in GONE)


def made_anew(inventory: Mapping[TargetId, Target], gone: Iterable[TargetId]) -> Mapping[TargetId, TargetId]:
    """The guests of `gone` whose host has another one under their name, and which that is.

    A host has each name once, so that of two in the inventory the other one is what was there before.
    """
    lost = frozenset(gone)
    guests = (t for t in inventory.values() if t.kind is TargetKind.GUEST and t.id not in lost)
    present = {(guest.runs_on, guest.name): guest.id for guest in guests}
    known = (inventory[target] for target in lost if target in inventory)
    places = {target.id: present.get((target.runs_on, target.name)) for target in known}
    return {target: anew for target, anew in places.items() if anew is not None}
