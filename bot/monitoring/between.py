"""Whether what stands between the bot and its targets hides them. A restart may lose it: nothing is stored.

What is silent hides what is behind it. What answers does not, be it with a refusal or with trouble of its own: it
is there. Nor does what is silent while something behind it answers: that silence tells nothing of the way.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from bot.core.health import Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.streak import Streak


@dataclass(slots=True)
class Standing:
    """What is known of one that stands between.

    `answers`: whether each check that can tell was answered last; `believed`: those whose failure is believed;
    `passed`: what looked at something behind it and was answered while it was silent, and whether it is still.
    """

    answers: dict[Fingerprint, bool] = field(default_factory=dict)
    believed: set[Fingerprint] = field(default_factory=set)
    passed: dict[Fingerprint, bool] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        """Whether nothing answers there."""
        return bool(self.answers) and not any(self.answers.values())

    @property
    def open(self) -> bool:
        """Whether the way through it works, whatever it answers itself.

        One behind it that is silent after it had answered is gone by itself; where several are, it is the way.
        """
        return any(self.passed.values()) or len({check.target for check in self.passed}) == 1


class Between:
    """Hears of every look. `of`: all that stands between the bot and a target, nearest first.

    `far`: whether a check looks over the network, so that its answer came that way.
    """

    def __init__(self, of: Callable[[Target], Collection[TargetId]], far: Callable[[Fingerprint], bool]) -> None:
        self.of = of
        self._far = far
        self._known: dict[TargetId, Standing] = defaultdict(Standing)

    def hides(self, between: TargetId) -> bool:
        """Whether nothing behind it can be seen."""
        known = self._known.get(between)
        return known is not None and known.silent and not known.open

    def note(self, seen: Observation, target: Target, streak: Streak) -> None:
        """Take a look in, and what is believed of its check now: one answer after a silence may be chance."""
        known, check = self._known[seen.target], seen.fingerprint
        if seen.is_silence:
            known.answers[check] = seen.is_there
        elif _tells_nothing(seen):
            if known.answers.get(check):
                del known.answers[check]
        elif streak.settled:
            known.answers[check] = True
        (known.believed.add if streak.hard is Health.FAIL else known.believed.discard)(check)
        if not known.silent:
            known.passed.clear()
        if self._far(check):
            self._note_way(target, check, answered=known.answers.get(check, False))

    def _note_way(self, target: Target, check: Fingerprint, *, answered: bool) -> None:
        """Whether a look came through all that is before its target."""
        for one in self.of(target):
            known = self._known[one]
            sure = known.silent and not known.believed.isdisjoint(known.answers)
            if check in known.passed or (answered and sure):
                known.passed[check] = answered

    def forget(self, gone: Collection[TargetId]) -> None:
        """Those are no longer there."""
        for one in gone:
            self._known.pop(one, None)


def _tells_nothing(seen: Observation) -> bool:
    """Whether it says neither that its machine is there nor that it is not."""
    nothing = seen.health is Health.OK and seen.evidence is Evidence.NONE
    return nothing or seen.health is Health.UNKNOWN or seen.kind is Kind.CANNOT_WATCH
