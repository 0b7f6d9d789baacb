"""What was looked at, and what has answered, since the bot looks: since its start, or since it could see again."""

from collections.abc import Callable, Collection, Set
from datetime import datetime, timedelta

from bot.core.health import Fingerprint, Health, Observation, TargetId


class Looked:
    """`patience`: how long after that first answers are waited for. `doubts`: the targets in doubt."""

    def __init__(self, since: datetime, patience: timedelta, doubts: Callable[[], Set[TargetId]]) -> None:
        self._since = since
        self._patience = patience
        self._doubts = doubts
        self._at: dict[TargetId, datetime] = {}
        self._answered: dict[Fingerprint, datetime] = {}

    def note(self, target: TargetId, at: datetime) -> None:
        """Something has looked at that target."""
        self._at[target] = at

    def answered(self, *seen: Observation) -> None:
        """What these saw is believed and written. A look that could not see has no answer."""
        known = (one for one in seen if one.health is not Health.UNKNOWN and one.at >= self._since)
        self._answered |= {one.fingerprint: one.at for one in known}

    def __contains__(self, target: TargetId) -> bool:
        return target in self._at

    def anew(self, since: datetime) -> None:
        """What was looked at before counts no more."""
        self._since = since
        self._at = {target: at for target, at in self._at.items() if at >= since}
        self._answered = {check: at for check, at in self._answered.items() if at >= since}

    def forget(self, gone: Collection[TargetId]) -> None:
        """These are no more."""
        self._at = {target: at for target, at in self._at.items() if target not in gone}
        self._answered = {check: at for check, at in self._answered.items() if check.target not in gone}

    def so_far(self, now: datetime) -> Collection[Fingerprint] | None:
        """What has answered, but of targets in doubt; None once nothing else is waited for."""
        if now - self._since >= self._patience:
            return None
        doubted = self._doubts()
        return {check for check in self._answered if check.target not in doubted}

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._since += step
        self._at = {target: at + step for target, at in self._at.items()}
        self._answered = {check: at + step for check, at in self._answered.items()}
