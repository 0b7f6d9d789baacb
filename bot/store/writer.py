"""The core thread: it owns the database and runs the use cases one after another, a transaction each.

Each use case is a plain function `f(store, now, …)`. Nothing interleaves, so none needs a lock. Of two bots on one
database the second is refused: each would tell everything. That it can't write any more is known here first, and
that the file it writes to is no longer the one at its path.
"""

import asyncio
import fcntl
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import IO, Final, ParamSpec, TypeVar

from bot.core.picture import Trouble
from bot.redact import Redactor
from bot.store.database import Store
from bot.store.failures import StoreFailed, StoreInUse
from bot.store.own_file import Found, inode, inode_of, kept_at, put_in_place
from bot.store.thread import StoreThread, UseCase

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

COPY_EVERY = timedelta(minutes=10)
"""How often all is copied once more while another file stands in the database's place."""

_INSTANT: Final = 0.02  # seconds
_INSTANTS: Final = 25


class Writer(StoreThread):
    """The one thread that writes. `wake` is called on the loop after a commit that filled the outbox.

    `renewed`: whom to tell that the database was written anew, and its old file is gone.

    What `redactor` knows is never written. `zone`: of times in files' names.

    `trouble`: since when and why it can't write, None if it can as far as is known. `befell`: what had befallen
    the files when they were written anew last.
    """

    def __init__(
        self, clock: Callable[[], datetime], redactor: Redactor | None = None, zone: tzinfo = UTC
    ) -> None:
        super().__init__("core", clock, redactor, read_only=False)
        self.wake: Callable[[], None] = lambda: None
        self.renewed: Callable[[], Awaitable[None]] = _nobody
        self.trouble: Trouble | None = None
        self.befell = Found.SAME
        self._troubled = asyncio.Event()
        self._well = asyncio.Event()
        self._claim: IO[str] | None = None
        self._path: Path | None = None
        self._zone = zone
        self._kept_in: Path | None = None  # where all was copied to while another file stands in its place
        self._kept_when: datetime | None = None

    async def open(self, path: Path) -> None:
        """Open the database in the core thread. Raises StoreFailed, also while another process has it open so."""
        self._claim, self._path = _claim(path), path
        await super().open(path)

    async def close(self) -> None:
        """Finish what is under way and close the database."""
        if self._store is not None:
            with suppress(StoreFailed):  # it was told, if there was time
                await self.look_after_file(last=True)
        await super().close()
        if self._claim is not None:
            self._claim.close()

    async def look_after_file(self, *, last: bool = False) -> bool:
        """Whether the database's files had been deleted or cut short, and all was written anew in their place.

        Where another file stands there, all is copied beside it, now and then and the `last` time before the end.
        """
        loop = asyncio.get_running_loop()
        try:
            anew = await self._in_thread(lambda: self._look_after_file(loop, last=last))
            if anew and not last:
                await self.renewed()
        except StoreFailed as why:
            self._failed(why.reason, unsafe=True)
            raise
        return anew

    def _look_after_file(self, loop: asyncio.AbstractEventLoop, *, last: bool) -> bool:
        if self._store is None and self._path is not None:
            self._store = self._open_store(self._path)  # it was written anew, and could not be opened then
        store = self._opened()
        found = store.file.found()
        if found is Found.SAME:
            store.file = store.file.looked_at()
            loop.call_soon_threadsafe(self._is_safe)
            return False
        trouble = self._claim_anew(store.path)
        if found is Found.ANOTHER or trouble:
            self._keep_copy(store, last=last)
            words = f"{trouble or 'another file stands in its place'}. All I know is kept in {self._kept_in}"
            mend = "Stop me, put the right one there, and start me"
            raise StoreFailed(f"cannot use the database '{store.path}': because {words}. {mend}")
        self.befell = found
        self._write_anew(store)
        loop.call_soon_threadsafe(self._is_safe)
        return True

    def _write_anew(self, store: Store) -> None:
        """Only what is open still has it: a whole copy takes the place of what was deleted."""
        path = store.path
        fresh = path.with_name(f"{path.name}.new")
        store.copy_to(fresh)
        try:
            put_in_place(fresh, path)
        except OSError as why:
            raise StoreFailed(f"cannot write the database '{path}' anew: because {why.strerror}") from why
        self._store = None
        store.close()  # before the new one is opened: the last to close a database deletes its log, by its name
        self._store = self._open_store(path)

    def _keep_copy(self, store: Store, *, last: bool) -> None:
        now = self._clock()
        place = self._kept_in or kept_at(store.path, now, self._zone)
        if last or self._kept_when is None or now - self._kept_when >= COPY_EVERY:
            fresh = place.with_name(f"{place.name}.new")
            store.copy_to(fresh)
            fresh.rename(place)
            self._kept_in, self._kept_when = place, now

    def _claim_anew(self, path: Path) -> str:
        """The file that says whose the database is may be gone, too. Who else holds it now, in words."""
        lock, claim = path.with_name(f"{path.name}.lock"), self._claim
        if claim is not None and inode_of(claim.fileno()) == inode(lock):
            return ""
        try:
            self._claim = _claim(path)
        except StoreInUse as why:
            return why.reason
        if claim is not None:
            claim.close()
        return ""

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
        store.log.take()  # what an earlier one left that was not committed
        try:
            result = self._transact(use_case, *args, **kwargs)
        except StoreFailed as why:
            loop.call_soon_threadsafe(self._failed, why.reason)
            raise
        for entry in store.log.take():
            entry.write()
        if self.trouble is not None and store.changes != before:  # what only reads proves nothing
            loop.call_soon_threadsafe(self._wrote)
        if outbox.added:
            loop.call_soon_threadsafe(self.wake)  # not the caller's to do: it may be cancelled meanwhile
        return result

    def _failed(self, why: str, *, unsafe: bool = False) -> None:
        if self.trouble is None:
            log.error("cannot write the database: because %s", why)
            self.trouble = Trouble(self._clock(), why, unsafe)
            self._well.clear()
            self._troubled.set()

    def _wrote(self) -> None:
        if self.trouble is not None and not self.trouble.unsafe:
            self._is_well()

    def _is_safe(self) -> None:
        """What is written stands where it will be looked for."""
        self._kept_in = self._kept_when = None
        if self.trouble is not None and self.trouble.unsafe:
            self._is_well()

    def _is_well(self) -> None:
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


async def _nobody() -> None:
    """Nobody else has it open."""


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
        _lock(claim)
    except OSError as why:
        claim.close()
        if isinstance(why, BlockingIOError):
            raise StoreInUse(f"cannot open the database '{path}': because another Caretaker is using it") from why
        raise StoreFailed(f"cannot open the database '{path}': because {why}") from why
    return claim


def _lock(claim: IO[str]) -> None:
    """Hold it. `health` holds it for an instant, to see whether anybody does. Raises OSError."""
    for _ in range(_INSTANTS):
        with suppress(BlockingIOError):
            return fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(_INSTANT)
    return fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
