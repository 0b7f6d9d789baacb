"""What is believed of each check, and which targets are in doubt. A restart may lose it: nothing is stored."""

from collections.abc import Collection, Set
from datetime import timedelta

from bot.core.health import Fingerprint, TargetId
from bot.core.kinds import SILENCE, Kind, TargetKind
from bot.core.streak import Streak
from bot.store.targets import Known


class Beliefs:
    """The streak of each check."""

    def __init__(self) -> None:
        self._streaks: dict[Fingerprint, Streak] = {}
        self._doubts: dict[TargetId, set[Fingerprint]] = {}

    def of(self, check: Fingerprint) -> Streak:
        """What is believed of a check; of one that never looked, nothing."""
        return self._streaks.get(check, Streak())

    def keep(self, check: Fingerprint, streak: Streak) -> None:
        """What is believed of a check from now on."""
        self._streaks[check] = streak
        if not streak.settled:
            self._doubts.setdefault(check.target, set()).add(check)
        elif doubts := self._doubts.get(check.target):
            doubts.discard(check)
            if not doubts:
                del self._doubts[check.target]

    def remember(self, known: Known) -> None:
        """What was believed before a restart. A host that refused was there: one of its services was down."""
        refused = known.kind is Kind.SERVICE_DOWN and known.fingerprint.target.startswith(TargetKind.HOST)
        gone = known.kind in SILENCE and not refused
        self.keep(known.fingerprint, Streak(known.health, known.health, gone=gone).anew())

    def in_doubt(self) -> Set[TargetId]:
        """The targets of which some check saw last what is not believed yet."""
        return self._doubts.keys()

    def forget(self, gone: Collection[TargetId]) -> list[Fingerprint]:
        """Targets that are no longer there are not believed anything of; the checks that they had."""
        found = [check for check in self._streaks if check.target in gone]
        for check in found:
            del self._streaks[check]
            self._doubts.pop(check.target, None)
        return found

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what lasts has done so for as long as before."""
        self._streaks = {check: streak.shifted(step) for check, streak in self._streaks.items()}
