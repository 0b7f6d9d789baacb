"""When a look is believed: the soft count between one odd result and a hard change. Nothing here is stored."""

from dataclasses import dataclass

from bot.core.health import Health, Observation


@dataclass(frozen=True, slots=True)
class Streak:
    """How often one check has said the same, and what it was last believed to say.

    `hard` is what the rest of Caretaker acts on; `same` counts looks in a row that say `last`.
    """

    hard: Health = Health.UNKNOWN
    last: Health = Health.UNKNOWN
    same: int = 0

    @property
    def settled(self) -> bool:
        """Whether the last look agrees with what is believed; if not, the next look should come soon."""
        return self.last is self.hard or self.last is Health.UNKNOWN


def count(streak: Streak, seen: Observation, *, failures: int, clears: int) -> Streak:
    """The streak after one more look.

    A failure is believed after `failures` looks in a row, at once when an event stated it; health is believed
    after `clears` looks, at once when nothing was believed before. UNKNOWN changes no belief and breaks no count:
    who could not look has seen neither.
    """
    if seen.health is Health.UNKNOWN:
        return streak
    same = streak.same + 1 if seen.health is streak.last else 1
    if seen.health is Health.FAIL:
        believed = seen.stated or same >= failures
    else:
        believed = streak.hard is not Health.FAIL or same >= clears
    return Streak(seen.health if believed else streak.hard, seen.health, same)
