"""Scripts on a host over SSH: one kept connection a host, by key alone, to a host whose key is known.

Reads no ssh_config, asks no agent, sends no password, trusts no new host key. A host gone dark is noticed by
keepalives, so that nothing waits for ever; the next use connects again.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncssh

from bot.names import Names
from bot.reach import Finished, Refusal, Refused, Script, Unreachable, Wrapped
from bot.reach.follow import LINGER, converse, follow
from bot.reach.host_key import read_known_hosts
from bot.reach.shell import GRACE, ending, wrap
from bot.reach.tcp import NoConnection, connect, said

_AT_ONCE = 5
"""Scripts at the same time over one connection: sshd allows 10 sessions, and ending a script takes one more."""

_ASIDE = 1_000
"""Bytes that are kept of what a login shell complains of."""

_Known = tuple[Sequence[asyncssh.SSHKey], Sequence[asyncssh.SSHKey], Sequence[asyncssh.SSHKey]]
"""The keys that are known for a host, those of authorities for it, and those that are revoked."""

_REFUSALS = {
    asyncssh.HostKeyNotVerifiable: Refusal.HOST_KEY_CHANGED,  # or not known: see _connect
    asyncssh.PermissionDenied: Refusal.KEY,
    asyncssh.IllegalUserName: Refusal.KEY,
    asyncssh.KeyExchangeFailed: Refusal.SSH,
    asyncssh.ProtocolNotSupported: Refusal.SSH,
}


@dataclass(frozen=True, slots=True)
class SshHost:
    """Where a host is and who may enter. `key` and `known_hosts` are files.

    `keepalive`: after two of them unanswered the host counts as gone.
    """

    name: str
    address: str
    user: str
    key: Path
    known_hosts: Path
    port: int = 22
    connect_timeout: timedelta = timedelta(seconds=10)
    keepalive: timedelta = timedelta(seconds=1)


class SshReach:
    """Runs scripts on one host. See `Reach`."""

    follows = True

    def __init__(self, host: SshHost, names: Names | None = None) -> None:
        self._host = host
        self._names = names or Names()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._connecting = asyncio.Lock()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def run(
        self,
        script: Script,
        *,
        values: Mapping[str, str],
        limit: timedelta,
        on_output: Callable[[str], None] | None = None,
    ) -> Finished:
        """Run `script` on the host. Raises Unreachable or Refused."""
        wrapped = wrap(script, values, limit)
        async with self._slots:
            session = await self._open(wrapped.command)
            try:
                return await follow(session, wrapped, limit, on_output)
            finally:
                session.close()

    async def speak(
        self, program: Wrapped, hear: Callable[[bytes], bool], patience: timedelta, *, urgent: bool = False
    ) -> None:
        """See `Reach`."""
        async with nullcontext() if urgent else self._slots:
            session = await self._open(program.command)
            try:
                await converse(session, program, hear, patience)
            finally:
                session.close()

    async def close(self) -> None:
        """Close the connection; a later run opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
            await connection.wait_closed()

    async def _open(self, command: str) -> "_Session":
        """A session with `command` started. A kept connection that turns out dead is replaced, once.

        That is safe: the script itself is sent only to a shell that has answered.
        """
        kept = self._connection
        connection = await self._connected()
        try:
            return await self._session(connection, command)
        except (asyncssh.Error, OSError) as error:
            await asyncio.sleep(0)  # a connection that is gone says so one turn of the loop later
            if connection is not kept or not connection.is_closed():
                raise self._unreachable(error) from error
        try:
            return await self._session(await self._connected(), command)
        except (asyncssh.Error, OSError) as error:
            raise self._unreachable(error) from error

    async def _session(self, connection: asyncssh.SSHClientConnection, command: str) -> "_Session":
        session = _Session(self._host.name, connection)
        await connection.create_session(lambda: session, command, encoding=None)
        return session

    async def _connected(self) -> asyncssh.SSHClientConnection:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> asyncssh.SSHClientConnection:
        host = self._host
        known, key = self._known(), self._key()
        try:
            connected = await connect(self._names, host.address, host.port, host.connect_timeout)
        except NoConnection as why:
            raise self._unreachable(why.reason) from why
        try:
            return await self._enter(connected, known, key)
        except BaseException as error:
            connected.close()
            for kind, refusal in _REFUSALS.items():
                if isinstance(error, kind):
                    unknown = refusal is Refusal.HOST_KEY_CHANGED and not any(known[:2])
                    what = Refusal.HOST_KEY_UNKNOWN if unknown else refusal
                    raise self._refused(f"{type(error).__name__}: {error}", what) from error
            if isinstance(error, asyncssh.Error | OSError):
                raise self._unreachable(error) from error
            raise

    async def _enter(
        self, connected: socket.socket, known: _Known, key: asyncssh.SSHKey
    ) -> asyncssh.SSHClientConnection:
        host = self._host
        return await asyncssh.connect(
            host.address,
            host.port,
            sock=connected,
            config=None,
            username=host.user,
            client_keys=[key],
            known_hosts=known,
            agent_path=None,
            preferred_auth="publickey",
            connect_timeout=host.connect_timeout.total_seconds(),
            keepalive_interval=host.keepalive.total_seconds(),
            keepalive_count_max=2,
        )

    def _known(self) -> _Known:
        """What is known under the host's own name: a name may lead to an address that is another machine's."""
        host = self._host
        try:
            known = read_known_hosts(host.known_hosts)
        except OSError as error:
            raise self._refused(f"{error.filename!r}: {error.strerror}", Refusal.OURS) from error
        keys, authorities, revoked, *_ = known.match(host.address, "", None if host.port == 22 else host.port)
        return keys, authorities, revoked

    def _key(self) -> asyncssh.SSHKey:
        file = str(self._host.key)
        try:
            return asyncssh.read_private_key(file)
        except OSError as error:
            raise self._refused(f"{file!r}: {error.strerror}", Refusal.OURS) from error
        except ValueError as error:  # asyncssh's own errors of keys are such
            raise self._refused(f"the key {file!r} can't be used: {error}", Refusal.OURS) from error

    def _refused(self, why: str, refusal: Refusal) -> Refused:
        return Refused(f"cannot run scripts on {self._host.name}: because {why}", refusal)

    def _unreachable(self, error: Exception | str) -> Unreachable:
        why = error if isinstance(error, str) else said(error)
        return Unreachable(
            f"cannot reach {self._host.name} ({self._host.address}:{self._host.port}): because {why}"
        )


class _Session(asyncssh.SSHClientSession[bytes]):
    """One command on the host, as `follow` wants it."""

    def __init__(self, host: str, connection: asyncssh.SSHClientConnection) -> None:
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.status: int | None = None
        self.aside = b""
        self.lost: str | None = f"lost {host}: because its session ended without a word"
        self._host = host
        self._connection = connection

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """Part of asyncssh's protocol, like the three below."""
        self._channel = chan

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """A script's own errors are in its output: what comes as error output is of the login shell before it."""
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self.aside = (self.aside + data)[-_ASIDE:]
        else:
            self.pieces.put_nowait(data)

    def exit_status_received(self, status: int) -> None:
        self.status = status
        self._over()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: ARG002, FBT001
        self._over()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self.lost is not None:
            self.lost = f"lost {self._host}: because {said(exc)}"
        self.pieces.put_nowait(None)

    def send(self, data: bytes) -> None:
        """See `follow.Started`."""
        with suppress(OSError):  # closed meanwhile: `pieces` and `lost` say so
            self._channel.write(data)
            self._channel.write_eof()

    async def end(self, group: int) -> None:
        """See `follow.Started`."""
        with suppress(asyncssh.Error, OSError, TimeoutError):
            async with asyncio.timeout(2 * GRACE.total_seconds()):
                await self._connection.run(f"exec sh -c '{ending(group)}'")

    def close(self) -> None:
        """Let go of the channel."""
        self._channel.close()

    def _over(self) -> None:
        self.lost = None
        asyncio.get_running_loop().call_later(LINGER, self.pieces.put_nowait, None)
