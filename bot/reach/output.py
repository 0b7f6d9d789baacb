"""A script's output as it arrives: decoded piece by piece, told to whoever listens, its tail kept."""

import codecs
from collections import deque
from collections.abc import Callable

from bot.reach import OUTPUT_LIMIT


class Output:
    """Collects bytes that may be cut anywhere, also inside a character. What is no UTF-8 shows as U+FFFD."""

    def __init__(self, listener: Callable[[str], None] | None, limit: int = OUTPUT_LIMIT) -> None:
        self._listener = listener
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pieces: deque[str] = deque()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._keep(self._decoder.decode(data))

    def close(self) -> str:
        """No more will come: the last `limit` characters of it all."""
        self._keep(self._decoder.decode(b"", final=True))
        return "".join(self._pieces)[-self._limit :]

    def _keep(self, text: str) -> None:
        if not text:
            return
        self._pieces.append(text)
        self._size += len(text)
        while self._size - len(self._pieces[0]) >= self._limit:
            self._size -= len(self._pieces.popleft())
        if self._listener:
            self._listener(text)
