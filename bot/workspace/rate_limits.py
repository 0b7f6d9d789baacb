"""Slack's rate limits: a bucket of calls for each method, and for each channel where Slack counts so."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.workspace.api_call import Rate


@dataclass(slots=True)
class _Bucket:
    calls: float
    at: float


class RateLimits:
    """Counts calls. `clock` is in seconds; only its differences matter."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait(self, method: str, rate: Rate, channel: str) -> int:
        """Take one call: 0 when it may pass, otherwise after how many whole seconds to try again."""
        now = self._clock()
        bucket = self._buckets.setdefault((method, channel if rate.per_channel else ""), _Bucket(rate.burst, now))
        per_second = rate.per_minute / 60
        bucket.calls = min(rate.burst, bucket.calls + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.calls < 1:
            return max(1, math.ceil((1 - bucket.calls) / per_second))
        bucket.calls -= 1
        return 0

    def clear(self) -> None:
        """Forget all calls."""
        self._buckets.clear()
