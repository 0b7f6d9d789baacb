"""The thread that reads: a read-only connection of its own, so that a long look never holds up a use case.

Each query is a plain function `f(store, now, …)` and sees the database as it was at one moment.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from bot.store.database import Store

P = ParamSpec("P")
T = TypeVar("T")

Query = Callable[Concatenate[Store, datetime, P], T]
"""A plain function over the database and the time that changes nothing."""


class Reader:
    """The one thread that answers questions. `clock` tells the time, aware and in UTC."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._store: Store | None = None

    async def open(self, path: Path) -> None:
        """Open a database that the writer has already opened. Raises StoreFailed."""
        self._store = await self._in_thread(lambda: Store(path, read_only=True))

    async def ask(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `query` finds."""
        return await self._in_thread(lambda: self._find(query, *args, **kwargs))

    def _find(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._store is None:
            raise RuntimeError("cannot ask anything: because the database is not open")
        with self._store.transaction() as store:
            return query(store, self._clock(), *args, **kwargs)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Finish what is asked and close the database."""
        if self._store is not None:
            await self._in_thread(self._store.close)
            self._store = None
        self._thread.shutdown()
