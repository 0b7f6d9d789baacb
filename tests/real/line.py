"""A line to a Unix socket that has a length: whatever is sent takes its time, each way.

Also a program: `python -m tests.real.line ADDRESS PORT SOCKET DELAY`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Line:
    """It listens on `port`. `delay`: seconds each way; `rate`: bytes a second that come back, None for any number.

    `lines`: how many were connected so far. `trips`: how often something was asked after an answer. `held`: the
    lines whose answers are held back, counted from 1.
    """

    socket: Path
    delay: float
    port: int = 0
    rate: float | None = None
    lines: int = 0
    trips: int = 0
    sent: int = 0
    held: set[int] = field(default_factory=set)
    _answering: bool = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # the block ended
            await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        number = self.lines
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer, number))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, back: int = 0) -> None:
        """Everything arrives `delay` after it was sent; what is under way does not hold up what follows."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        arriving = asyncio.create_task(self._arrive(under_way, sink, back))
        with suppress(OSError):
            while data := await source.read(4096):
                self.trips += self._answering and not back
                self._answering = bool(back)
                under_way.put_nowait((loop.time() + self.delay, data))
        under_way.put_nowait((loop.time() + self.delay, b""))
        await arriving

    async def _arrive(
        self, under_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter, back: int
    ) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                when, data = await under_way.get()
                await asyncio.sleep(max(0.0, when - loop.time()))
                while back in self.held:  # noqa: ASYNC110  nothing tells when it is let go
                    await asyncio.sleep(0.02)
                if not data:
                    break
                if back and self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                sink.write(data)
                await sink.drain()
                self.sent += len(data) if back else 0
        sink.close()


@asynccontextmanager
async def line_to(socket: Path, *, delay: float, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Line]:
    """A line, until the block ends."""
    line = Line(socket, delay)
    async with await asyncio.start_server(line.serve, address, port) as server:
        line.port = server.sockets[0].getsockname()[1]
        yield line


async def _forever(address: str, port: str, socket: str, delay: str) -> None:
    async with line_to(Path(socket), delay=float(delay), address=address, port=int(port)):
        print("listening", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_forever(*sys.argv[1:]))
