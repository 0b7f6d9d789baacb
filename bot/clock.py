"""The one clock: wall time when it was made plus what has passed since, so that a clock step changes no duration.

A machine without a battery-backed clock boots with a wrong time that NTP then steps. The clock notices, follows,
and says by how much, so that what was planned by the old time can be shifted.
"""

import time
from datetime import UTC, datetime, timedelta

TOLERATED = timedelta(seconds=2)  # NTP slews what is less; a slew is no step

# Linux's monotonic clock stands still while the machine sleeps: waking up would look like a step.
_PASSING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """Tells the time: aware, in UTC, never backwards but for a noticed step. Any thread may ask."""

    def __init__(self) -> None:
        self._anchor = _anchor()

    def now(self) -> datetime:
        """The time."""
        wall, passing = self._anchor
        return wall + timedelta(seconds=time.clock_gettime(_PASSING) - passing)

    def follow(self) -> timedelta | None:
        """Hold this clock against the system's. After a step, follow it and return its size, else None."""
        anchor = _anchor()
        step = anchor[0] - self.now()
        if abs(step) <= TOLERATED:
            return None
        self._anchor = anchor
        return step


def _anchor() -> tuple[datetime, float]:
    """The same instant by both clocks; one value, so that no thread sees half of it."""
    return datetime.now(UTC), time.clock_gettime(_PASSING)
