"""Whether the bot's own process has run out of what it needs to look: descriptors, threads, memory.

Whatever fails then says nothing of what was looked at. The system is asked by taking a little of each,
which is given back at once.
"""

import _thread
import errno
import os
import resource
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.core.health import Evidence, Fingerprint, Health, Observation

SPARE: Final = 8  # descriptors; a look takes a few
_ASKED_FOR = timedelta(milliseconds=100)
_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})
_OTHERS: Final = frozenset({errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN})


class OwnLimits:
    """What this process has run out of. Asked at each failure, and so seldom more than ten times a second."""

    def __init__(self) -> None:
        self._asked = float("-inf")
        self._short: str | None = None

    def short(self) -> str | None:
        """What is short, in words, and what to do; None where nothing is."""
        now = time.monotonic()
        if now - self._asked >= _ASKED_FOR.total_seconds():
            self._short, self._asked = _short(), now
        return self._short


def ran_out(error: BaseException) -> bool:
    """Whether it says that this process has run out of something, and so nothing of what it was looking at."""
    if isinstance(error, OSError):
        return error.errno in _DESCRIPTORS | _OTHERS
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "new thread" in str(error))


async def looked(
    check: Fingerprint, look: Callable[[], Awaitable[Sequence[Observation]]], now: Callable[[], datetime]
) -> Sequence[Observation]:
    """What a look saw; that it could not even begin because this process has run out of something is UNKNOWN."""
    try:
        return await look()
    except (OSError, RuntimeError, MemoryError) as why:
        if not ran_out(why):
            raise
        said = f"cannot look: because {why}"
        return [Observation(check, Health.UNKNOWN, now(), said, evidence=Evidence.NONE)]


def _short() -> str | None:
    taken: list[int] = []
    try:
        taken.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(SPARE))
    except OSError as why:
        return (
            _of_descriptors() if why.errno == errno.EMFILE else f"this machine has {os.strerror(why.errno or 0)}"
        )
    finally:
        for one in taken:
            os.close(one)
    try:
        _thread.start_new_thread(_nothing, ())  # threading's own waits for one that may never begin
    except (RuntimeError, MemoryError):
        return (
            "my own process can start no more threads or programs. Raise its limit of tasks or of memory "
            "(TasksMax=, MemoryMax= in systemd; pids_limit, mem_limit in Docker), then restart me"
        )
    return None


def _of_descriptors() -> str:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        f"my own process has too many open files (its limit is {limit}). "
        "Raise that (LimitNOFILE= in systemd, ulimits in Docker), then restart me"
    )


def _nothing() -> None:
    """That a thread could be started is the answer."""
