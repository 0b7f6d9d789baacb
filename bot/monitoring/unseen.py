"""What the bot could not see, and has not looked at since: that the way is free again shows nothing of it."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from bot.core.health import Fingerprint

PATIENCE = timedelta(minutes=2)
"""For so long after the way is free the checks that were blind are waited for."""


class Unseen:
    """The checks that were blind. `fails`: whether a check is believed to fail, which is then told as such."""

    def __init__(self, fails: Callable[[Fingerprint], bool]) -> None:
        self._fails = fails
        self._left: set[Fingerprint] = set()
        self._free_since: datetime | None = None

    def blind(self, checks: Collection[Fingerprint]) -> None:
        """These can't see now."""
        self._left.update(checks)
        self._free_since = None

    def seen(self, check: Fingerprint) -> None:
        """This one has seen what it looks at, or looks no more."""
        self._left.discard(check)

    def left(self, now: datetime) -> Collection[Fingerprint]:
        """While nothing is in the way: those that have not seen again, for as long as they are waited for."""
        self._free_since = self._free_since or now
        self._left = {check for check in self._left if not self._fails(check)}
        if now - self._free_since >= PATIENCE:
            self._left.clear()
        return self._left

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._free_since = self._free_since and self._free_since + step
