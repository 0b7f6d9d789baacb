"""Guests that libvirt itself holds, to save, copy or move them: each for a while only.

It says so, too, of one that was put back paused, or whose migration hangs, for as long as nobody lets it go on.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from bot.core.guest import GuestState, Power, Reason
from bot.core.health import Health, Observation, Target, TargetId
from bot.probes.hypervisor import observe

LONG = GuestState("", Power.PAUSED, Reason.HELD)


class Held:
    """Knows since when guests are held. `limit`: one that is for so long is as any that is paused."""

    def __init__(self, now: Callable[[], datetime], limit: timedelta) -> None:
        self._now, self._limit = now, limit
        self._since: dict[TargetId, datetime] = {}

    def judged(self, seen: Observation, guest: Target) -> Observation:
        """What is told of a guest's power, held against for how long it has been held."""
        if not seen.held:
            if seen.health is not Health.UNKNOWN:
                self._since.pop(guest.id, None)
            return seen
        since = self._since.setdefault(guest.id, self._now())
        return observe(guest, LONG, seen.at) if self._now() - since >= self._limit else seen

    def forget(self, gone: Collection[TargetId]) -> None:
        """These guests are no longer here."""
        for guest in gone:
            self._since.pop(guest, None)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self._since = {guest: since + step for guest, since in self._since.items()}
