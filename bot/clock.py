"""The one clock: wall time when it was made plus monotonic time since, so that a clock step changes no duration.

A machine without a battery-backed clock boots with a wrong time that NTP then steps. The clock notices, follows,
and says by how much, so that what was planned by the old time can be shifted.
"""

import time
from datetime import UTC, datetime, timedelta

TOLERATED = timedelta(seconds=2)  # NTP slews what is less; a slew is no step


class Clock:
    """Tells the time: aware, in UTC, never backwards but for a noticed step."""

    def __init__(self) -> None:
        self._anchor()

    def _anchor(self) -> None:
        self._wall = datetime.now(UTC)
        self._monotonic = time.monotonic()

    def now(self) -> datetime:
        """The time."""
        return self._wall + timedelta(seconds=time.monotonic() - self._monotonic)

    def follow(self) -> timedelta | None:
        """Hold this clock against the system's. After a step, follow it and return its size, else None."""
        step = datetime.now(UTC) - self.now()
        if abs(step) <= TOLERATED:
            return None
        self._anchor()
        return step
