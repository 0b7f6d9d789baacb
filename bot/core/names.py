"""What people call targets: a guest by its name, or `web1@atlas` where two machines have that name.

A guest's identity is its UUID; its name can be given to another, or to two. Names are for people alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.core.health import Target, TargetId, name_of
from bot.core.kinds import TargetKind
from bot.core.mentions import deadened


@dataclass(frozen=True, slots=True)
class Names:
    """What to call each target: `names(target)`. One that is not known is called by its id's own words."""

    labels: Mapping[TargetId, str] = field(default_factory=lambda: MappingProxyType({}))

    def __call__(self, target: TargetId) -> str:
        """What people call that target."""
        return deadened(self.labels.get(target) or name_of(target))


UNTOLD = Names()
"""Where nothing is known of names: each target by its id's own words."""


def names_of(targets: Iterable[Target]) -> Names:
    """The names of all targets, each told apart from every other of its kind, be one even called `web1@atlas`."""
    known = tuple(targets)
    means = Counter(said for one in known if one.kind is TargetKind.GUEST for said in {one.name, _place(one)})
    return Names(MappingProxyType({one.id: _label(one, means) for one in known}))


def _label(target: Target, means: Mapping[str, int]) -> str:
    """The shortest that means no other. `means`: how many guests each name and place does."""
    short = (said for said in (target.name, _place(target)) if means.get(said, 0) <= 1)
    return target.name if target.kind is not TargetKind.GUEST else next(short, _in_full(target))


def _in_full(target: Target) -> str:
    """Its host may have had another of its name; one of the two is missing there."""
    return f"{_place(target)}#{name_of(target.id)[:8]}"


def _place(target: Target) -> str:
    on = target.kind is TargetKind.GUEST and target.runs_on
    return f"{target.name}@{name_of(on)}" if on else target.name


def meant_by(said: str, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets someone may mean by an id, a name, `name@host`, or that with the first of its UUID behind `#`.

    Of a host and a service of one name, the host. Capitals count only where they tell two apart.
    """
    known = tuple(targets)
    exact = tuple(t for t in known if said == t.id)
    by_name = tuple(t for t in known if said in {t.name, _place(t), _in_full(t)})
    by_letters = tuple(t for t in known if said.casefold() == t.name.casefold())
    found = exact or by_name or by_letters
    if len({t.kind for t in found}) > 1:
        first = min(found, key=lambda t: list(TargetKind).index(t.kind)).kind
        return tuple(t for t in found if t.kind is first)
    return found
