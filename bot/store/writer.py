"""The core thread: it owns the database and runs the use cases one after another, a transaction each.

Each use case is a plain function `f(store, now, …)`. Nothing interleaves, so none needs a lock. Of two bots on one
database the second is refused: each would tell everything.
"""

import asyncio
import fcntl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

from bot.store.database import StoreFailed
from bot.store.thread import StoreThread, UseCase

P = ParamSpec("P")
T = TypeVar("T")


class Writer(StoreThread):
    """The one thread that writes. `wake` is called on the loop after a commit that filled the outbox."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__("core", clock, read_only=False)
        self.wake: Callable[[], None] = lambda: None
        self._claim: IO[str] | None = None

    async def open(self, path: Path) -> None:
        """Open the database in the core thread. Raises StoreFailed, also while another process has it open so."""
        self._claim = _claim(path)
        await super().open(path)

    async def close(self) -> None:
        """Finish what is under way and close the database."""
        await super().close()
        if self._claim is not None:
            self._claim.close()

    async def do(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a use case in one transaction; what it raises leaves the database as it was. Raises StoreFailed.

        Cancelling the caller takes back a use case that has not begun; one that has is carried through.
        """
        loop = asyncio.get_running_loop()
        return await self._in_thread(lambda: self._write(loop, use_case, *args, **kwargs))

    def _write(
        self, loop: asyncio.AbstractEventLoop, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        outbox = self._opened().outbox
        outbox.added = False
        result = self._transact(use_case, *args, **kwargs)
        if outbox.added:
            loop.call_soon_threadsafe(self.wake)  # not the caller's to do: it may be cancelled meanwhile
        return result


def _claim(path: Path) -> IO[str]:
    """Hold the file beside the database that says whose it is. The system lets go of it when the process ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = path.with_name(f"{path.name}.lock")
        lock.touch(mode=0o600)  # whoever may read it could hold it, and the bot would not start
        claim = lock.open("w")
    except OSError as why:
        raise StoreFailed(f"cannot open the database '{path}': because {why}") from why
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as why:
        claim.close()
        held = isinstance(why, BlockingIOError)
        reason = "another Caretaker is using it" if held else str(why)
        raise StoreFailed(f"cannot open the database '{path}': because {reason}") from why
    return claim
