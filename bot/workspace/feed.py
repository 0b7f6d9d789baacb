"""What changed, told to everyone who looks: each subscriber gets every change since it subscribed, in order."""

import asyncio
from collections.abc import AsyncIterator

from bot.workspace.records import Json


class Feed:
    """Changes as JSON objects. A slow subscriber delays nobody; it only finds more waiting."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Json]] = set()

    def emit(self, change: Json) -> None:
        """Tell all who are subscribed now."""
        for queue in self._queues:
            queue.put_nowait(change)

    def subscribe(self) -> "Subscription":
        """An endless `async for` over the changes from this call on. Close it, or use it in `with`."""
        return Subscription(self._queues)


class Subscription(AsyncIterator[Json]):
    """One subscriber's place in the feed."""

    def __init__(self, queues: set[asyncio.Queue[Json]]) -> None:
        self._queues = queues
        self._queue: asyncio.Queue[Json] = asyncio.Queue()
        queues.add(self._queue)

    async def __anext__(self) -> Json:
        return await self._queue.get()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening. Twice is once."""
        self._queues.discard(self._queue)
