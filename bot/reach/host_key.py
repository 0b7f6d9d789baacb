"""Learns which host key an SSH server has, and compares it with the one known for that machine.

It logs in nowhere and sends no credentials: once the server has proven that it has its key (it signs the key
exchange), this end hangs up. What a server says is bounded, in time and in size.
"""

import asyncio
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncssh

from bot.names import Names
from bot.reach.ssh_answer import Answer, Door, SshAnswer, judge
from bot.reach.tcp import NoConnection, connect, said

_Keys = Sequence[asyncssh.SSHKey]

_NOTHING_LISTENS = (
    "It refuses, or what stands in front of it does; a machine without power would be silent. Start its SSH "
    "server, or correct the port {port} in lab.yaml"
)
_NAME = "Caretaker"  # what servers find in their logs
_ANY_KIND = (
    *(b"ssh-ed25519", b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521"),
    *(
        b"rsa-sha2-512",
        b"rsa-sha2-256",
        b"ssh-rsa",
    ),  # last: dropbear 2022.83 offers RSA also where it has no such key
)
_PORT = re.compile(r"\]:(\d{1,5})")  # `[web1]:2222` in known_hosts
_SOFTWARE = re.compile(r"SSH-(?:2\.0|1\.99)-([!-~]{1,60})")


@dataclass(frozen=True, slots=True)
class _File:
    """A known_hosts file as it was when it was read last."""

    stamp: tuple[int, int]
    hosts: asyncssh.SSHKnownHosts
    ports: frozenset[int]


@dataclass(slots=True)
class KnownHosts:
    """The keys in known_hosts files; each file is read again when it has changed."""

    _files: dict[Path, _File] = field(default_factory=dict)

    def keys(self, door: Door, name: str) -> _Keys:
        """The host keys that the door's file has for that name, without those it revokes. Raises OSError."""
        return self._keys(self._file(door.known_hosts), name, door.port)

    def share(self, one: Door, other: Door) -> bool:
        """Whether one key is known for what is behind both. Raises OSError."""
        return any(key in self.keys(other, other.name) for key in self.keys(one, one.name))

    def has(self, door: Door, name: str, key: asyncssh.SSHKey) -> bool:
        """Whether the door's file has that key for that name, on whichever port. Raises OSError."""
        file = self._file(door.known_hosts)
        return any(key in self._keys(file, name, port) for port in (22, *file.ports))

    def _keys(self, file: _File, name: str, port: int) -> _Keys:
        keys, _, revoked, *_ = file.hosts.match(name, "", None if port == 22 else port)
        return [key for key in keys if key not in revoked]

    def _file(self, path: Path) -> _File:
        stat = path.stat()
        stamp = stat.st_mtime_ns, stat.st_size
        if path not in self._files or self._files[path].stamp != stamp:
            ports = frozenset(map(int, _PORT.findall(path.read_text(errors="replace"))))
            self._files[path] = _File(stamp, read_known_hosts(path), ports)
        return self._files[path]


def read_known_hosts(path: Path) -> asyncssh.SSHKnownHosts:
    """Every line that can be read; as with OpenSSH, one that can't be spoils no other. Raises OSError."""
    hosts = asyncssh.import_known_hosts("")
    for line in path.read_text(errors="replace").splitlines():
        with suppress(ValueError):
            hosts.load(line)
    return hosts


class _Client(asyncssh.SSHClient):
    """Keeps hold of the connection, to know what was heard on it however it ends."""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Part of asyncssh's protocol."""
        self.connection = conn


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one handshake came to: a key that the server has proven to have, or why there is none."""

    banner: str = ""
    key: asyncssh.SSHKey | None = None
    why: str = ""
    stalled: bool = False


async def knows(door: Door, known_hosts: KnownHosts) -> bool:
    """Whether any key is known for what is behind `door`, so that it is worth asking."""
    with suppress(OSError):
        return bool(await asyncio.to_thread(known_hosts.keys, door, door.name))
    return False


async def ssh_proof(door: Door, deadline: timedelta, names: Names, known_hosts: KnownHosts) -> SshAnswer:
    """What answers at `door`. The look-up, the connection and each of two handshakes have `deadline` each."""
    try:
        known = await asyncio.to_thread(known_hosts.keys, door, door.name)
        kinds = [kind for key in known for kind in key.sig_algorithms]
        heard = await _hear(door, deadline, names, kinds or _ANY_KIND)
        if known and heard.key is None and heard.banner and not heard.stalled:
            # It may have none of the kinds that are known: servers hang up on that, with or without a word.
            heard = await _hear(door, deadline, names, _ANY_KIND)
        if heard.key is None:
            return _no_key(door, heard)
        twin = await asyncio.to_thread(_twin, door, heard.key, known_hosts)
    except NoConnection as why:
        if why.refused:
            return SshAnswer(Answer.REFUSED, str(why), mend=_NOTHING_LISTENS.format(port=door.port))
        return SshAnswer(Answer.SILENT if why.theirs else Answer.CANNOT_LOOK, str(why))
    except OSError as why:
        words = f"cannot read the known host keys in '{door.known_hosts}': because {why.strerror}"
        return SshAnswer(Answer.CANNOT_LOOK, words)
    return judge(door, heard.banner, known=bool(known), fits=heard.key in known, twin=twin)


def _twin(door: Door, key: asyncssh.SSHKey, known_hosts: KnownHosts) -> str | None:
    """Another machine that this key is known for. Raises OSError."""
    others = (other for other in door.others if other != door.name)
    return next((other for other in others if known_hosts.has(door, other, key)), None)


def _no_key(door: Door, heard: _Heard) -> SshAnswer:
    """What it means that a connection was accepted, and no key was shown."""
    server = f"its SSH server ({heard.banner})" if heard.banner else f"port {door.port}"
    why = f"{server} accepts connections, but {heard.why}"
    mend = "" if heard.stalled else "Look at the SSH server's log on the machine: `journalctl -u ssh`."
    return SshAnswer(Answer.STALLED if heard.stalled else Answer.NO_SSH, why, heard.banner, mend)


async def _hear(door: Door, deadline: timedelta, names: Names, kinds: Sequence[bytes]) -> _Heard:
    """Connect, and have the server prove a key of one of those kinds. Raises NoConnection."""
    client = _Client()
    with await connect(names, door.address, door.port, deadline) as connected:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                key = await _key(connected, client, [kind.decode() for kind in kinds])
        except TimeoutError:
            why = f"does not go on within {deadline.total_seconds():g} s"
            return _Heard(_banner(client), why=why, stalled=True)
        except Exception as error:  # noqa: BLE001  whatever a stranger's bytes may lead to
            return _Heard(_banner(client), why=f"ends the conversation: {said(error)[:200]}")
    return _Heard(_banner(client), key, "shows no host key")


async def _key(connected: socket.socket, client: _Client, kinds: Sequence[str]) -> asyncssh.SSHKey | None:
    """The host key that the server at the other end has signed with. Nobody is logged in."""
    options = asyncssh.SSHClientConnectionOptions(
        client_factory=lambda: client, client_keys=None, agent_path=None, known_hosts=None, config=None
    )
    return await asyncssh.get_server_host_key(
        sock=connected, config=None, options=options, server_host_key_algs=kinds, client_version=_NAME
    )


def _banner(client: _Client) -> str:
    """How the server calls itself: one plain word of what it said, as that is shown to people."""
    connection = getattr(client, "connection", None)
    found = _SOFTWARE.match(str(connection.get_extra_info("server_version", ""))) if connection else None
    return found[1] if found else ""
