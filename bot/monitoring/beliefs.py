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

    def of(self, check: Fingerprint) -> Streak:
        """What is believed of a check; of one that never looked, nothing."""
        return self._streaks.get(check, Streak())

    def keep(self, check: Fingerprint, streak: Streak) -> None:
        """What is believed of a check from now on."""
        self._streaks[check] = streak

    def remember(self, known: Known) -> None:
        """What was believed before a restart. A host that refused was there: one of its services was down."""
        refused = known.kind is Kind.SERVICE_DOWN and known.fingerprint.target.startswith(TargetKind.HOST)
        gone = known.kind in SILENCE and not refused
        self.keep(known.fingerprint, Streak(known.health, known.health, gone=gone).anew())

    def in_doubt(self) -> Set[TargetId]:
        """The targets of which some check saw last what is not believed yet."""
        return {check.target for check, streak in self._streaks.items() if not streak.settled}

    def forget(self, gone: Collection[TargetId]) -> list[Fingerprint]:
        """Targets that are no longer there are not believed anything of; the checks that they had."""
        found = [check for check in self._streaks if check.target in gone]
        for check in found:
            del self._streaks[check]
        return found

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what lasts has done so for as long as before."""
        self._streaks = {check: streak.shifted(step) for check, streak in self._streaks.items()}
