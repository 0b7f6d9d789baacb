"""When a look is believed: the soft count between one odd result and a hard change. Nothing here is stored."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.health import Health, Kind, Observation

TOLERANCE = timedelta(milliseconds=500)
"""Looks come in slots of this length: what has to last 5 s has done so at the look that was due then."""


@dataclass(frozen=True, slots=True)
class Streak:
    """How often one check has said the same, and what it was last believed to say.

    `hard` is what the rest of Caretaker acts on; `same` counts looks in a row that say `last`, which is of `kind`
    since `since`. `lasting`: the last look says something that is not believed before it has lasted. `silent`: how
    many looks in a row nothing answered at all, and `gone`: that this is believed. What refused may go dark later,
    and that is a failure of its own.
    """

    hard: Health = Health.UNKNOWN
    last: Health = Health.UNKNOWN
    same: int = 0
    kind: Kind | None = None
    since: datetime | None = None
    lasting: bool = False
    silent: int = 0
    gone: bool = False

    @property
    def settled(self) -> bool:
        """Whether the last look agrees with what is believed; if not, the next look should come soon."""
        return self.last is Health.UNKNOWN or self.agrees

    @property
    def agrees(self) -> bool:
        """Whether what the last look said is believed."""
        return self.last is self.hard and not self.lasting and self.gone is (self.silent > 0)

    def fails_anew(self, before: "Streak") -> bool:
        """Whether a failure is believed since `before`, or that of what failed nothing is there any more."""
        return self.hard is Health.FAIL and (before.hard is not Health.FAIL or (self.gone and not before.gone))

    def unbelieved(self, before: "Streak") -> "Streak":
        """The same looks, and what was believed before the last."""
        return replace(self, hard=before.hard, gone=before.gone)

    @property
    def believed(self) -> "Streak":
        """The same, once the failure that was seen last is sure."""
        return replace(self, hard=Health.FAIL, gone=self.silent > 0)

    def dated(self, seen: Observation) -> Observation:
        """What was seen last, with when that began; whoever saw it may know better."""
        return seen if seen.health is Health.UNKNOWN else replace(seen, since=seen.since or self.since)

    def shifted(self, step: timedelta) -> "Streak":
        """The same after the clock was stepped."""
        return replace(self, since=self.since and self.since + step)

    def anew(self) -> "Streak":
        """The same belief with nothing counted against it."""
        return Streak(self.hard, self.hard, gone=self.gone, silent=int(self.gone))


def count(streak: Streak, seen: Observation, *, failures: int, clears: int) -> Streak:
    """The streak after one more look.

    A failure is believed after `failures` looks in a row, at once when an event stated it, and one that has to be
    `steady` once it was seen for so long; health is believed after `clears` looks, at once when nothing was
    believed before. UNKNOWN changes no belief and breaks no count: who could not look has seen neither.
    """
    if seen.health is Health.UNKNOWN:
        return streak
    same = streak.same + 1 if seen.health is streak.last else 1
    goes_on = (seen.health, seen.kind) == (streak.last, streak.kind)
    since = streak.since if goes_on and streak.since else seen.at
    steady = seen.at - since + TOLERANCE >= seen.steady
    silent = streak.silent + 1 if seen.may_be_gone else 0
    if seen.health is Health.FAIL:
        believed = seen.stated or (steady if seen.steady else (silent or same) >= failures)
    else:
        believed = streak.hard is not Health.FAIL or same >= clears
    lasting = bool(seen.steady) and not believed
    hard, gone = (seen.health, silent > 0) if believed else (streak.hard, streak.gone)
    return Streak(hard, seen.health, same, seen.kind, since, lasting, silent, gone)
