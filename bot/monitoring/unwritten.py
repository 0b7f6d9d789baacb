"""What was believed and could not be written: kept in memory, a little of each check, until it can be."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from bot.core.health import Fingerprint, Health, Observation


class Unwritten:
    """Of each check its last failure and what it said last: however long that goes on, it is two a check."""

    def __init__(self) -> None:
        self._kept: dict[Fingerprint, tuple[Observation, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._kept)

    @property
    def failing(self) -> Sequence[Observation]:
        """What failed meanwhile and does so still, oldest first."""
        last = (seen[-1] for seen in self._kept.values())
        return sorted((one for one in last if one.health is Health.FAIL), key=lambda one: one.at)

    def keep(self, batch: Iterable[Observation]) -> None:
        """These could not be written, in that order."""
        for one in batch:
            before = self._kept.get(one.fingerprint, ())
            failed = [seen for seen in before if seen.health is Health.FAIL and one.health is not Health.FAIL]
            self._kept[one.fingerprint] = (*failed[-1:], one)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._kept = {check: tuple(one.shifted(step) for one in seen) for check, seen in self._kept.items()}

    def take(self) -> list[Observation]:
        """All of it, oldest first, and no longer kept here."""
        taken = [one for seen in self._kept.values() for one in seen]
        self._kept.clear()
        return sorted(taken, key=lambda one: one.at)
