"""A script's output as it arrives: decoded piece by piece, told to whoever listens, its tail kept."""

import codecs
from collections import deque
from collections.abc import Callable
from typing import Final

from bot.reach import OUTPUT_LIMIT, Finished

_CHUNK: Final = 16_384  # characters; smaller pieces are put together, for each string costs fifty bytes more


class Output:
    """Collects bytes that may be cut anywhere, also inside a character. What is no UTF-8 shows as U+FFFD.

    However much comes, and in however small pieces, it holds little more than `limit` characters of it.
    """

    def __init__(self, listener: Callable[[str], None] | None, limit: int = OUTPUT_LIMIT) -> None:
        self._listener = listener
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._chunks: deque[str] = deque()
        self._size = 0  # of all chunks
        self.cut = False  # whether more came than is kept
        self._latest: list[str] = []
        self._latest_size = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self._keep(self._decoder.decode(data))

    def close(self) -> str:
        """No more will come: the last `limit` characters of it all."""
        self._keep(self._decoder.decode(b"", final=True))
        self._put_together()
        kept = "".join(self._chunks)
        self.cut |= len(kept) > self._limit
        return kept[-self._limit :]

    def finished(self, status: int | None, *, timed_out: bool = False) -> Finished:
        """No more will come: how the script ended, with its output."""
        text = self.close()
        return Finished(status, text, timed_out=timed_out, cut=self.cut)

    def _keep(self, text: str) -> None:
        if not text:
            return
        self.cut |= len(text) > self._limit
        self._latest.append(text[-self._limit :])
        self._latest_size += len(self._latest[-1])
        if self._latest_size >= _CHUNK:
            self._put_together()
        if self._listener:
            self._listener(text)

    def _put_together(self) -> None:
        """Make one chunk of the latest pieces, and let go of what is not among the last `limit` characters."""
        self._chunks.append("".join(self._latest))
        self._size += self._latest_size
        self._latest, self._latest_size = [], 0
        while self._size - len(self._chunks[0]) >= self._limit:
            self._size -= len(self._chunks.popleft())
            self.cut = True
