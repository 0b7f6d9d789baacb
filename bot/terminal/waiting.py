"""Tells whoever waits for a command how far it is, on stderr. A command that is quick says nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")

QUICK = 2.0  # seconds; nobody wonders before
_AT_A_TERMINAL, _ELSEWHERE = 0.5, 10.0  # seconds between two lines, which at a terminal are one changing line


class Tally:
    """How many looks there are, and how many are over."""

    def __init__(self) -> None:
        self._begun = 0
        self._over = 0

    def __str__(self) -> str:
        return f"{self._over} of {self._begun} looks are over"

    async def count(self, look: Awaitable[T]) -> T:
        """What `look` gives, counted."""
        self._begun += 1
        try:
            return await look
        finally:
            self._over += 1


@asynccontextmanager
async def telling(how_far: Callable[[], object]) -> AsyncIterator[None]:
    """While the block lasts, tell `how_far` it is."""
    task = asyncio.create_task(_tell(how_far))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _tell(how_far: Callable[[], object]) -> None:
    await asyncio.sleep(QUICK)
    here = sys.stderr.isatty()
    start, end = ("\r\033[K", "") if here else ("", "\n")
    try:
        while True:
            print(f"{start}… {how_far()}", end=end, file=sys.stderr, flush=True)
            await asyncio.sleep(_AT_A_TERMINAL if here else _ELSEWHERE)
    finally:
        print(start, end="", file=sys.stderr, flush=True)
