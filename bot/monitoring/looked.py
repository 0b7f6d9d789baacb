"""What was looked at, and what has answered, since the bot looks: since its start, or since it could see again."""

from collections.abc import Callable, Collection, Set
from datetime import datetime, timedelta
from typing import Final

from bot.config import Timing
from bot.core.health import Fingerprint, Health, Observation, Target, TargetId
from bot.core.incidents.evidence import RULES

ONE_LOOK: Final = timedelta(seconds=15)
"""So long first looks may take, with their timeouts. What proves a machine may be the last of them to answer."""


class Looked:
    """First answers are waited for as long as machines take to come up. `doubts`: the targets in doubt.

    `awaits`: whether an incident waits for proof of a target. What has to last for it is no answer before that.
    """

    def __init__(
        self,
        since: datetime,
        timing: Timing,
        doubts: Callable[[], Set[TargetId]],
        awaits: Callable[[TargetId], bool],
    ) -> None:
        self._since = since
        self._patience, self._steady = timing.grace, timing.steady
        self._doubts, self._awaits = doubts, awaits
        self._at: dict[TargetId, datetime] = {}
        self._well: dict[Fingerprint, datetime] = {}  # and since when
        self._answered: dict[Fingerprint, datetime] = {}

    def note(self, target: TargetId, at: datetime) -> None:
        """Something has looked at that target."""
        self._at[target] = at

    def answered(self, *seen: Observation) -> None:
        """What these saw is believed and written. A look that could not see has no answer."""
        for one in seen:
            if one.health is not Health.UNKNOWN and one.at >= self._since and self._has_lasted(one):
                self._answered[one.fingerprint] = one.at

    def _has_lasted(self, seen: Observation) -> bool:
        if seen.health is Health.FAIL:
            self._well.pop(seen.fingerprint, None)
            return True
        lasts = RULES[Target(seen.target).kind].steady and self._awaits(seen.target)
        since = self._well.setdefault(seen.fingerprint, seen.at)
        return not lasts or seen.at - since >= self._steady

    def __contains__(self, target: TargetId) -> bool:
        return target in self._at

    def anew(self, since: datetime) -> None:
        """What was looked at before counts no more."""
        self._since = since
        self._at = {target: at for target, at in self._at.items() if at >= since}
        self._well.clear()
        self._answered = {check: at for check, at in self._answered.items() if at >= since}

    def forget(self, gone: Collection[TargetId]) -> None:
        """These are no more."""
        self._at = {target: at for target, at in self._at.items() if target not in gone}
        self._well = {check: at for check, at in self._well.items() if check.target not in gone}
        self._answered = {check: at for check, at in self._answered.items() if check.target not in gone}

    def so_far(self, now: datetime) -> Collection[Fingerprint] | None:
        """What has answered, but of targets in doubt; None once nothing else is waited for."""
        if now - self._since >= self._patience:
            return None
        if now - self._since < ONE_LOOK:
            return frozenset()
        doubted = self._doubts()
        return {check for check in self._answered if check.target not in doubted}

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._since += step
        self._at = {target: at + step for target, at in self._at.items()}
        self._well = {check: at + step for check, at in self._well.items()}
        self._answered = {check: at + step for check, at in self._answered.items()}
