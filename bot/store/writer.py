"""The core thread: it owns the database and runs the use cases one after another, a transaction each.

Each use case is a plain function `f(store, now, …)`. Nothing interleaves, so none needs a lock.
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

UseCase = Callable[Concatenate[Store, datetime, P], T]
"""A plain function over the database and the time."""


class Writer:
    """The one thread that writes.

    `clock` tells the time, aware and in UTC. `wake` is called on the loop after a commit that filled the outbox.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="core")
        self._store: Store | None = None

    async def open(self, path: Path) -> None:
        """Open the database in the core thread. Raises StoreFailed."""
        self._store = await self._in_thread(lambda: Store(path))

    async def do(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a use case in one transaction; what it raises leaves the database as it was."""
        result, added = await self._in_thread(lambda: self._transact(use_case, *args, **kwargs))
        if added:
            self.wake()
        return result

    def _transact(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> tuple[T, bool]:
        if self._store is None:
            raise RuntimeError("cannot run a use case: because the database is not open")
        self._store.outbox.added = False
        with self._store.transaction() as store:
            result = use_case(store, self._clock(), *args, **kwargs)
        return result, self._store.outbox.added

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Finish what is under way and close the database."""
        if self._store is not None:
            await self._in_thread(self._store.close)
            self._store = None
        self._thread.shutdown()
