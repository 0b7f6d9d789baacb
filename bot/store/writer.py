"""The core thread: it owns the database and runs the use cases one after another, a transaction each.

Each use case is a plain function `f(store, now, …)`. Nothing interleaves, so none needs a lock. Of two bots on one
database the second is refused: each would tell everything. That it can't write any more is known here first.
"""

import asyncio
import fcntl
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

from bot.core.picture import Trouble
from bot.redact import Redactor
from bot.store.database import StoreFailed, StoreInUse
from bot.store.thread import StoreThread, UseCase

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)


class Writer(StoreThread):
    """The one thread that writes. `wake` is called on the loop after a commit that filled the outbox.

    What `redactor` knows is never written.

    `trouble`: since when and why it can't write, None if it can as far as is known.
    """

    def __init__(self, clock: Callable[[], datetime], redactor: Redactor | None = None) -> None:
        super().__init__("core", clock, redactor, read_only=False)
        self.wake: Callable[[], None] = lambda: None
        self.trouble: Trouble | None = None
        self._troubled = asyncio.Event()
        self._well = asyncio.Event()
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
        store = self._opened()
        outbox, before = store.outbox, store.changes
        outbox.added = False
        try:
            result = self._transact(use_case, *args, **kwargs)
        except StoreFailed as why:
            loop.call_soon_threadsafe(self._failed, why.reason)
            raise
        if self.trouble is not None and store.changes != before:  # what only reads proves nothing
            loop.call_soon_threadsafe(self._wrote)
        if outbox.added:
            loop.call_soon_threadsafe(self.wake)  # not the caller's to do: it may be cancelled meanwhile
        return result

    def _failed(self, why: str) -> None:
        if self.trouble is None:
            log.error("cannot write the database: because %s", why)
            self.trouble = Trouble(self._clock(), why)
            self._well.clear()
            self._troubled.set()

    def _wrote(self) -> None:
        if self.trouble is not None:
            log.warning("the database can be written again, after %s", self._clock() - self.trouble.since)
            self.trouble = None
            self._troubled.clear()
            self._well.set()

    async def fails(self) -> Trouble:
        """Wait until it can't write; since when and why."""
        while self.trouble is None:
            await self._troubled.wait()
        return self.trouble

    async def succeeds(self) -> None:
        """Wait until it can write again, if it can't."""
        while self.trouble is not None:
            await self._well.wait()


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
        if isinstance(why, BlockingIOError):
            raise StoreInUse(f"cannot open the database '{path}': because another Caretaker is using it") from why
        raise StoreFailed(f"cannot open the database '{path}': because {why}") from why
    return claim
