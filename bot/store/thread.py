"""A thread that owns one connection to the database, so that nobody else waits for a disk. It decides nothing."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from bot.redact import Redactor
from bot.store.database import Store

P = ParamSpec("P")
T = TypeVar("T")

UseCase = Callable[Concatenate[Store, datetime, P], T]
"""A plain function over the database and the time."""


class StoreThread:
    """One connection and its thread. `clock` tells the time, aware and in UTC; it is asked once a transaction."""

    def __init__(
        self, name: str, clock: Callable[[], datetime], redactor: Redactor | None = None, *, read_only: bool
    ) -> None:
        self._clock = clock
        self.redactor = redactor or Redactor()
        self._read_only = read_only
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._store: Store | None = None

    async def open(self, path: Path) -> None:
        """Open the database. Raises StoreFailed."""
        self._store = await self._in_thread(lambda: self._open_store(path))

    def _open_store(self, path: Path) -> Store:
        return Store(path, read_only=self._read_only, redactor=self.redactor)

    async def close(self) -> None:
        """Finish what was asked for and close the database."""
        if self._store is not None:
            await self._in_thread(self._store.close)
            self._store = None
        self._thread.shutdown()

    def _transact(self, work: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in one transaction. To be called in the thread."""
        with self._opened().transaction() as store:
            return work(store, self._clock(), *args, **kwargs)

    def _opened(self) -> Store:
        if self._store is None:
            raise RuntimeError("cannot use the database: because it is not open")
        return self._store

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
