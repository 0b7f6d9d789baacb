"""A host of the lab: a real SSH server on loopback that runs commands as real processes, and can lose its power.

It takes the lab's key only. Commands run as whoever runs the demo, in the host's folder, with a bare environment,
by which those are found that have left their process group.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import asyncssh

from bot.children import end, start
from bot.demo.ports import Port
from bot.demo.vitals import Vitals

_Source = asyncssh.SSHReader[bytes] | asyncio.StreamReader
_Sink = asyncssh.SSHWriter[bytes] | asyncio.StreamWriter

_MARK = "CARETAKER_DEMO_HOST"
_LAST_OUTPUT = 1.0
"""Seconds a command's output may go on after its end, when a child of it holds the stream."""


def make_key(path: Path) -> None:
    """Write a new key pair: `path`, and `path`.pub beside it."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment="demo lab")
    key.write_private_key(path)
    path.chmod(0o600)
    key.write_public_key(path.with_name(f"{path.name}.pub"))


class SshHost:
    """One host. `authorized` is the public key file it trusts; `environment` is what its commands see."""

    def __init__(self, name: str, folder: Path, authorized: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self._folder = folder
        self._authorized = authorized
        self._vitals = Vitals(folder / ".vitals")
        own = {_MARK: str(folder), "HOME": str(folder), "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
        self._environment = {**own, **self._vitals.environment, **environment}
        self._key = asyncssh.generate_private_key("ssh-ed25519", comment=name)
        self._port = Port()
        self._listener: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._children: set[asyncio.subprocess.Process] = set()
        self._runs: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1, the same for as long as the lab lives."""
        return self._port.number

    @property
    def up(self) -> bool:
        """Whether it has power."""
        return self._listener is not None

    @property
    def known_hosts_line(self) -> str:
        """What a client's known_hosts file says of it."""
        return f"[127.0.0.1]:{self.port} {self._key.export_public_key().decode().strip()}\n"

    async def switch_on(self) -> None:
        """Listen; nothing where it does already."""
        if self.up:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._vitals.boot()
        self._listener = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            reuse_address=True,
            server_factory=lambda: _Door(self._connections),
            server_host_keys=[self._key],
            authorized_client_keys=str(self._authorized),
            process_factory=self._begin,
            encoding=None,
        )

    async def switch_off(self) -> None:
        """Lose power: no goodbye to anyone, and every command dies with its children."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.close()
        for connection in list(self._connections):
            connection.abort()
        for child in list(self._children):
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        for pid in _marked(f"{_MARK}={self._folder}".encode()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._runs:
            await asyncio.wait(list(self._runs), timeout=_LAST_OUTPUT)
        for child in list(self._children):  # dead, but something else still holds the end of a pipe
            await end(child)
        await listener.wait_closed()

    async def close(self) -> None:
        """Switch it off for good; its commands have ended then."""
        await self.switch_off()
        await asyncio.gather(*self._runs, return_exceptions=True)
        self._port.release()

    async def _begin(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """One command, which goes on to its end also when nobody listens any more."""
        run = asyncio.create_task(self._run(process))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        with suppress(OSError):  # whoever asked has gone
            await asyncio.shield(run)

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        if process.command is None:
            process.stderr.write(b"this host runs commands; it has no interactive shell\n")
            process.exit(1)
            return
        child = await self._spawn(process.command)
        if not self.up:  # it lost power meanwhile
            await end(child)
            return
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        self._children.add(child)
        feeding = asyncio.create_task(_pour(process.stdin, child.stdin))
        telling = [
            asyncio.create_task(_pour(child.stdout, process.stdout)),
            asyncio.create_task(_pour(child.stderr, process.stderr)),
        ]
        try:
            status = await child.wait()
            await asyncio.wait(telling, timeout=_LAST_OUTPUT)
        finally:
            self._children.discard(child)
            for task in (feeding, *telling):
                task.cancel()
            await end(child)
        if status < 0:
            process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
        else:
            process.exit(status)

    async def _spawn(self, command: str) -> asyncio.subprocess.Process:
        self._vitals.tick()
        pipe = asyncio.subprocess.PIPE
        return await start(
            *("/bin/sh", "-c", command),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env=self._environment,
            cwd=self._folder,
            start_new_session=True,
        )


def _marked(mark: bytes) -> list[int]:
    """The processes that have it in their environment."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is another user's
            if mark in file.read_bytes().split(b"\0"):
                found.append(int(file.parent.name))
    return found


async def _pour(source: _Source, sink: _Sink) -> None:
    """Carry bytes over until the source ends; whoever no longer listens is left alone."""
    with suppress(OSError):
        while data := await source.read(2**16):
            sink.write(data)
            await sink.drain()
        if isinstance(sink, asyncio.StreamWriter):
            sink.close()


class _Door(asyncssh.SSHServer):
    """Keeps track of who is in, so that a power failure can throw them out."""

    def __init__(self, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Part of asyncssh's protocol, like the one below."""
        self._conn = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncssh's signature
        self._connections.discard(self._conn)
