"""The thread that reads: a read-only connection of its own, so that a long look never holds up a use case.

Each query is a plain function `f(store, now, …)` and sees the database as it was at one moment.
"""

from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

from bot.store.thread import StoreThread, UseCase
from bot.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")


class Reader(StoreThread):
    """The one thread that answers questions. Open it once the writer, whom it `follows`, has opened it."""

    def __init__(self, clock: Callable[[], datetime], follows: Writer | None = None) -> None:
        super().__init__("reader", clock, read_only=True)
        if follows is not None:
            follows.renewed = self.renew

    async def ask(self, query: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `query` finds. Raises StoreFailed."""
        return await self._in_thread(lambda: self._transact(query, *args, **kwargs))

    async def renew(self) -> None:
        """The database was written anew: read from there. Raises StoreFailed."""
        await self._in_thread(self._renew)

    def _renew(self) -> None:
        before = self._opened()
        self._store = self._open_store(before.path)
        before.close()
