"""Follow a started script to its end: what ssh.py and local.py have in common, whatever carries the bytes.

It keeps the order of things: hear that the shell is there, only then send the script, listen, and see to it that
nothing goes on when the time is up, the caller is cancelled or the listener fails.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from bot.reach import Finished, Lost, Refusal, Refused, Unreachable, Wrapped
from bot.reach.output import Output
from bot.reach.shell import ENDED_BY_LIMIT, GRACE, MARGIN

GREETING = timedelta(seconds=15)
"""How long a shell may take to say that it is there."""

LINGER = 2.0
"""Seconds to wait for output's end when a script is over but a child it left behind still holds the stream."""


class Started(Protocol):
    """A shell that was started: `pieces` is its output, None when no more will come; `status` is set by then.

    `lost`: why it could not be followed to its end, or None. `aside`: the end of what is not the script's, such as
    what a login shell complains of; it may come at any time.
    """

    pieces: asyncio.Queue[bytes | None]
    status: int | None
    lost: str | None
    aside: bytes

    def send(self, data: bytes) -> None:
        """Write all of its standard input and close that."""
        ...

    async def end(self, group: int) -> None:
        """End the process group. Raises nothing: whoever can't be reached ends it by its own limit."""
        ...


async def follow(
    started: Started, wrapped: Wrapped, limit: timedelta, on_output: Callable[[str], None] | None
) -> Finished:
    """Send the script, listen, and tell how it ended. Raises Unreachable or Refused."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    output = Output(on_output)
    group: int | None = None
    try:
        async with asyncio.timeout((limit + GRACE + MARGIN).total_seconds()):
            group, early = await _greeting(started, wrapped.token)
            started.send(wrapped.stdin)
            output.add(early)
            while (piece := await started.pieces.get()) is not None:
                output.add(piece)
    except TimeoutError:
        if group is None:
            raise Unreachable("cannot run the script: because no shell answered in time") from None
        await started.end(group)
        return output.finished(None, timed_out=True)
    except BaseException:
        if group is not None:
            await asyncio.shield(started.end(group))
        raise
    if started.lost:
        raise Unreachable(started.lost)
    late = started.status in ENDED_BY_LIMIT and loop.time() - began >= (limit - MARGIN).total_seconds()
    if late:
        await started.end(group)  # busybox's timeout ends its own child only; and a child may ignore TERM
    return output.finished(None if late else started.status, timed_out=late)


async def converse(started: Started, program: Wrapped, hear: Callable[[bytes], bool], patience: timedelta) -> None:
    """Send a program, and listen until `hear` has heard all. Ends nothing. Raises Unreachable, Lost or Refused."""
    try:
        async with asyncio.timeout(GREETING.total_seconds()):
            _, early = await _greeting(started, program.token)
    except TimeoutError:
        raise Unreachable("cannot run the script: because no shell answered in time") from None
    started.send(program.stdin)
    piece: bytes | None = early
    try:
        async with asyncio.timeout(patience.total_seconds()):
            while piece is not None and not hear(piece):
                piece = await started.pieces.get()
    except TimeoutError:
        raise Lost(f"nothing more was heard within {patience.total_seconds():g} s") from None
    if piece is None and started.lost:
        raise Lost(started.lost)


async def _greeting(started: Started, token: str) -> tuple[int, bytes]:
    """The script's process group, and what came after it. What a login shell printed before is left out."""
    heard = b""
    while (piece := await started.pieces.get()) is not None:
        heard += piece
        if found := re.search(rb"%b (\d+)\n" % token.encode(), heard):
            return int(found[1]), heard[found.end() :]
    raise _no_shell(started, heard)


def _no_shell(started: Started, heard: bytes) -> Exception:
    if started.lost:
        return Unreachable(started.lost)
    said = (started.aside + heard).decode(errors="replace").strip()[-300:]
    why = f"cannot run the script: because no shell answered: {said!r} (exit status {started.status})"
    return Refused(why, Refusal.SHELL)
