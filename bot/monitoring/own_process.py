"""Whether the bot's own process ran all the while. A stopped one sees nothing, and all it waited for runs out."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.health import Health
from bot.core.incidents.visibility import Finding, Witness

STOPPED = 5.0  # seconds; nothing in this process keeps its loop busy for so long
SETTLING = 10.0  # seconds; so long after it went on, looks may end that had begun before

# It goes on while the machine sleeps, and nobody sets it.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class OwnProcess:
    """Notices that the process was stopped or the machine asleep. `passing`: seconds of a clock that goes on."""

    def __init__(self, passing: Callable[[], float] = lambda: time.clock_gettime(_CLOCK)) -> None:
        self._passing = passing
        self._ticked = passing()
        self._settled = self._ticked
        self._length = 0.0

    def tick(self) -> timedelta | None:
        """To be called every second: for how long the process was stopped since the last time, if it was."""
        now = self._passing()
        length, self._ticked = now - self._ticked, now
        if length <= STOPPED:
            return None
        self._length, self._settled = length, now + SETTLING
        return timedelta(seconds=length)

    def finding(self, at: datetime) -> Finding | None:
        """That it was stopped just now, whether or not that was noticed already."""
        now = self._passing()
        length = now - self._ticked if now - self._ticked > STOPPED else self._length
        if now < self._settled or now - self._ticked > STOPPED:
            why = f"my own process was stopped for {length:.0f} s"
            return Finding(Witness.PROCESS, Health.FAIL, why, at)
        return None
