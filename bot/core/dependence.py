"""Who can't do without whom, looked up from above: from a host to all that runs on it and behind it."""

from collections import defaultdict
from collections.abc import Iterable

from bot.core.health import Target, TargetId


class Dependence:
    """What depends on what among targets; made once, so that looking it up costs only what is found."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._order: dict[TargetId, int] = {}
        self._children: dict[TargetId, list[Target]] = defaultdict(list)
        for number, target in enumerate(targets):
            self._order[target.id] = number
            for parent in target.parents:
                self._children[parent].append(target)

    def descendants(self, target: TargetId) -> tuple[Target, ...]:
        """All lasting targets that can't do without `target`, in order: ephemeral ones are nobody's concern."""
        found: dict[TargetId, Target] = {}
        ahead = [target]
        while ahead:
            for child in self._children.get(ahead.pop(), ()):
                if child.id not in found:
                    found[child.id] = child
                    ahead.append(child.id)
        lasting = (one for one in found.values() if not one.ephemeral)
        return tuple(sorted(lasting, key=lambda one: self._order[one.id]))
