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
    """The names of all targets, each told apart from every other of its kind."""
    known = tuple(targets)
    guests = [target for target in known if target.kind is TargetKind.GUEST]
    often = Counter(target.name for target in guests)
    places = Counter(map(_place, guests))
    labels = {t.id: _label(t, twice=places[_place(t)] > 1) if often[t.name] > 1 else t.name for t in known}
    return Names(MappingProxyType(labels))


def _label(target: Target, *, twice: bool) -> str:
    """`twice`: its host had another of its name; one of the two is missing there."""
    place = _place(target)
    return f"{place}#{name_of(target.id)[:8]}" if twice else place


def _place(target: Target) -> str:
    on = target.kind is TargetKind.GUEST and target.runs_on
    return f"{target.name}@{name_of(on)}" if on else target.name


def meant_by(said: str, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets someone may mean by an id, a name, `name@host`, or that with the first of its UUID behind `#`.

    Of a host and a service of one name, the host. Capitals count only where they tell two apart.
    """
    known = tuple(targets)
    exact = tuple(t for t in known if said == t.id)
    by_name = tuple(t for t in known if said == t.name)
    by_place = tuple(t for t in known if t.runs_on and said in {_place(t), _label(t, twice=True)})
    by_letters = tuple(t for t in known if said.casefold() == t.name.casefold())
    found = exact or by_name or by_place or by_letters
    if len({t.kind for t in found}) > 1:
        first = min(found, key=lambda t: list(TargetKind).index(t.kind)).kind
        return tuple(t for t in found if t.kind is first)
    return found
