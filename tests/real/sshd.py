"""A real OpenSSH server on loopback, configured as on Debian, with its own keys; run by whoever runs the tests."""

import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import asyncssh

from tests.real.processes import installed

_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv LANG LC_*
SetEnv {environment}
"""


@dataclass
class Sshd:
    """A running server. `key` opens it, `known_hosts` knows it; `folder` holds both and its log."""

    folder: Path
    port: int
    pid: int
    user: str

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def freeze(self) -> None:
        """Go dark: connections stay open, nothing answers any more, as after a power cut."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def sessions(self) -> list[int]:
        """Those who are connected, by the process that each has for itself."""
        return self._family()[1:]

    def drop(self) -> None:
        """End every session, but go on listening."""
        for pid in self.sessions():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._family():
            with suppress(ProcessLookupError):  # a session may end meanwhile
                os.kill(pid, number)

    def _family(self) -> list[int]:
        """The listener and its sessions' own processes, not the commands they run."""
        found = [self.pid]
        for pid in found:
            with suppress(FileNotFoundError, ProcessLookupError):  # a session may end meanwhile
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                found += [int(child) for child in children if _is_sshd(child)]
        return found


def _is_sshd(pid: str) -> bool:
    try:
        return "sshd" in Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    """A port that nobody listens on, as the kernel chose it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_sshd(
    folder: Path,
    *,
    extra: str = "",
    port: int | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Sshd]:
    """A server until the block ends; without OpenSSH the test is skipped. `extra`: more of its configuration.

    Whoever logs in has the folder as home: the start-up files of who runs the tests may take their time. In the
    folder and on the port of an earlier one it is that again: what keys are there stay.
    """
    sshd = installed("sshd")
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    host_key, key = (_key(folder / name) for name in ("host_key", "key"))
    if not (folder / "authorized_keys").exists():
        key.write_public_key(folder / "authorized_keys")
    if not (folder / "known_hosts").exists():
        public = host_key.export_public_key().decode()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
    variables = " ".join(f"{name}={value}" for name, value in {"HOME": folder, **environment}.items())
    config = _CONFIG.format(port=port, folder=folder, environment=variables)
    (folder / "sshd_config").write_text(config + extra)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it when it could drop privileges
    command = [sshd, "-D", "-f", folder / "sshd_config", "-E", folder / "log"]
    with subprocess.Popen(command) as process:
        server = Sshd(folder, port, process.pid, getpass.getuser())
        try:
            wait_for(port, folder / "log")
            yield server
        finally:
            try:
                server.thaw()
                server.drop()
            finally:
                process.kill()  # it may overlook a SIGTERM that comes together with the end of a session


def _key(file: Path) -> asyncssh.SSHKey:
    """The private key in a file, made if there is none."""
    if not file.exists():
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(file)
        file.chmod(0o600)
    return asyncssh.read_private_key(file)


def wait_for(port: int, log: Path) -> None:
    """Until something accepts connections on that port of this machine."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError(f"nothing answers on port {port}: {log.read_text()}")
