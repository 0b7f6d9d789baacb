"""How far a running step has come: by the percentages it prints, else by the size of what it writes.

Every progress is passed on as it comes; that people are to see it, at most every two seconds.
"""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

from bot.core.progress import Percentages, Progress, of_size
from bot.reach import Reach, Refused, Script, Unreachable

EVERY = 2.0  # seconds; an edit every two seconds is what a channel's rate limit bears

_QUICK = timedelta(seconds=10)
_MEASURE = 'du -sb -- "$watched" 2>/dev/null || true'  # what does not exist yet has no size


class Move(Protocol):
    """What a bar moves."""

    def __call__(self, progress: Progress, *, tell: bool) -> None:
        """Take a progress; `tell`: people should see it."""
        ...


class Bar:
    """One running step's bar."""

    def __init__(self, move: Move) -> None:
        self._move = move
        self._percentages = Percentages()
        self._speaks = False
        self._last: Progress | None = None
        self._told = float("-inf")

    def hear(self, piece: str) -> None:
        """Take a piece of the step's output."""
        percent = self._percentages.hear(piece)
        if percent is not None:
            self._speaks = True
            self._moved(Progress(percent))

    async def weigh(self, reach: Reach, path: str, whole: int | None) -> None:
        """Take the size of `path` for progress, `whole` being 100 %; until cancelled, or the output tells more."""
        while not self._speaks:
            await asyncio.sleep(EVERY)
            with suppress(Unreachable, Refused):
                seen = await reach.run(Script("sh", _MEASURE), values={"watched": path}, limit=_QUICK)
                size = seen.output.partition("\t")[0]
                if size.isdecimal() and not self._speaks:
                    self._moved(of_size(int(size), whole))

    def _moved(self, progress: Progress) -> None:
        if progress == self._last:
            return
        self._last = progress
        now = time.monotonic()
        tell = now - self._told >= EVERY
        self._told = now if tell else self._told
        self._move(progress, tell=tell)
