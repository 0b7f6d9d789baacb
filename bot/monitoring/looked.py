"""What was looked at since the bot looks: since its start, or since it could see again."""

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.core.health import TargetId


class Looked:
    """`patience`: how long after that it waits for first looks, and no longer."""

    def __init__(self, since: datetime, patience: timedelta) -> None:
        self._since = since
        self._patience = patience
        self._at: dict[TargetId, datetime] = {}

    def note(self, target: TargetId, at: datetime) -> None:
        """Something has looked at that target."""
        self._at[target] = at

    def __contains__(self, target: TargetId) -> bool:
        return target in self._at

    def anew(self, since: datetime) -> None:
        """What was looked at before counts no more."""
        self._since = since
        self._at = {target: at for target, at in self._at.items() if at >= since}

    def forget(self, gone: Collection[TargetId]) -> None:
        """These are no more."""
        self._at = {target: at for target, at in self._at.items() if target not in gone}

    def so_far(self, now: datetime) -> Collection[TargetId] | None:
        """What was looked at; None once nothing else is waited for."""
        return self._at.keys() if now - self._since < self._patience else None

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._since += step
        self._at = {target: at + step for target, at in self._at.items()}
