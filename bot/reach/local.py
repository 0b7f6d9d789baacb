"""Scripts on the bot's own machine, each in a process group of its own, with a bare environment.

The bot's environment holds its tokens; a script gets only what a login would give it.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from bot.children import shielded_start
from bot.reach import Finished, Refused, Script, Wrapped
from bot.reach.follow import LINGER, converse, follow
from bot.reach.shell import GRACE, wrap

_PASSED_ON = ("HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER", "XDG_RUNTIME_DIR")


class LocalReach:
    """Runs scripts here. See `Reach`."""

    follows = True

    async def run(
        self,
        script: Script,
        *,
        values: Mapping[str, str],
        limit: timedelta,
        on_output: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run `script` on this machine. Raises Refused where no shell can be started."""
        wrapped = wrap(script, values, limit)
        async with _started(wrapped.command) as process:
            return await follow(process, wrapped, limit, on_output)

    async def speak(
        self,
        program: Wrapped,
        hear: Callable[[bytes], bool],
        patience: timedelta,
        *,
        urgent: bool = False,  # noqa: ARG002 -- nothing here waits for another
    ) -> None:
        """See `Reach`."""
        async with _started(program.command) as process:
            await converse(process, program, hear, patience)
            await process.ended()

    async def close(self) -> None:
        """Nothing is kept open."""


@asynccontextmanager
async def _started(command: str) -> "AsyncIterator[_Process]":
    """A shell of its own session, until the block ends. Raises Refused where none can be started."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        starting = asyncio.get_running_loop().subprocess_exec(
            _Process, "/bin/sh", "-c", command, env=environment, start_new_session=True
        )
        transport, process = await shielded_start(starting, lambda started: _ended(*started))
    except OSError as error:
        raise Refused(f"cannot run scripts on this machine: because {error}") from error
    try:
        yield process
    finally:
        await _ended(transport, process)


async def _ended(transport: asyncio.SubprocessTransport, process: "_Process") -> None:
    """However it went: neither the process is left, nor a pipe to it."""
    transport.close()
    await asyncio.shield(process.is_gone())


class _Process(asyncio.SubprocessProtocol):
    """One shell, as `follow` wants it."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.status: int | None = None
        self._gone = asyncio.Event()
        self.lost: str | None = None
        self.aside = b""
        self._exited = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio's protocol, like the three below."""
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 -- asyncio's signature
        self.pieces.put_nowait(data)

    def process_exited(self) -> None:
        self._exited.set()
        code = self._transport.get_returncode()
        self.status = None if code is None or code < 0 else code
        asyncio.get_running_loop().call_later(LINGER, self.pieces.put_nowait, None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self.pieces.put_nowait(None)
        self._gone.set()

    async def is_gone(self) -> None:
        """Wait until the shell, which was killed, has ended and its pipes are closed; not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE.total_seconds()):
                await self._gone.wait()

    def send(self, data: bytes) -> None:
        """See `follow.Started`."""
        pipe = self._transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        pipe.write(data)
        pipe.write_eof()

    async def ended(self) -> None:
        """Wait for its end, which is near; what does not end is killed with its transport."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._exited.wait()

    async def end(self, group: int) -> None:
        """See `follow.Started`."""
        loop = asyncio.get_running_loop()
        last = loop.time() + GRACE.total_seconds()
        with suppress(ProcessLookupError, PermissionError):  # all gone; or what is left became somebody else's
            os.killpg(group, signal.SIGTERM)
            while loop.time() < last:
                await asyncio.sleep(0.05)
                os.killpg(group, 0)
            os.killpg(group, signal.SIGKILL)
