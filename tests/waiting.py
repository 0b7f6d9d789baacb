"""Waiting for a condition, with a deadline: what tests do instead of sleeping for luck."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

BUSY = 6
"""A deadline says what a machine at rest needs; a busy one is given so many times as long, up to LONGEST."""

LONGEST = 150.0
"""Seconds, below the time limit of a test, after which nothing would tell what it waited for."""

IN_TIME = 30.0
"""Seconds. What gives up after a moment has done so by then on a busy machine, too; what hangs has not."""


async def until(condition: Callable[[], T | Awaitable[T]], seconds: float = 5.0, every: float = 0.02) -> T:
    """The condition's first true value. Fails, naming the condition, when there was none in time.

    `seconds`: what it takes at most on a machine at rest.
    """
    seconds = max(seconds, min(seconds * BUSY, LONGEST))
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        value = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if time.monotonic() > deadline:
            what = inspect.getsource(condition).strip() if inspect.isfunction(condition) else repr(condition)
            raise AssertionError(f"waited {seconds} s in vain for: {what} (last: {value!r})")
        await asyncio.sleep(every)
