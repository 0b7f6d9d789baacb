"""A hypervisor behind SSH: a real sshd on loopback, a libvirtd of its own, and URIs that lead there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.demo.real import RealHost
from tests.real.guest import running_host
from tests.real.sshd import Sshd, running_sshd

_NETCAT = """#!{python} -IS
import os, socket, sys, threading
far = socket.socket(socket.AF_UNIX)
try:
    far.connect(sys.argv[-1])
except OSError as why:
    sys.exit(f"nc: {{sys.argv[-1]}}: {{why.strerror}}")
def back():
    while data := far.recv(65536):
        os.write(1, data)
    os._exit(0)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536):
    far.sendall(data)
"""
"""What libvirt starts on the far side, in the words of OpenBSD's nc."""


@dataclass
class Behind:
    """Both of them. `folder` also holds the ssh that knows the server, and nothing of this machine's own."""

    host: RealHost
    sshd: Sshd
    folder: Path

    def uri(
        self,
        *,
        known_hosts: Path | None = None,
        key: Path | None = None,
        user: str = "",
        port: int = 0,
        path: Path = Path("/default"),
        driver: str = "test",
    ) -> str:
        """Where a driver of libvirt is, by `ssh` with other than the right known hosts, key, user or port.

        `path`: a file that says which guests it has.
        """
        ssh = self._program("ssh", self._ssh(known_hosts or self.sshd.known_hosts, key or self.sshd.key))
        netcat = self._program("nc", _NETCAT.format(python=sys.executable))
        where = f"{user or self.sshd.user}@127.0.0.1:{port or self.sshd.port}"
        asked = {"socket": self.host.socket, "proxy": "netcat", "netcat": netcat, "command": ssh}
        return f"{driver}+ssh://{where}{path}?" + "&".join(
            f"{name}={quote(str(what))}" for name, what in asked.items()
        )

    def _ssh(self, known_hosts: Path, key: Path) -> str:
        options = f"-F none -i {key} -o IdentitiesOnly=yes -o UserKnownHostsFile={known_hosts}"
        return f'#!/bin/sh\nexec ssh {options} -o GlobalKnownHostsFile=/dev/null "$@"\n'

    def _program(self, name: str, text: str) -> Path:
        file = self.folder / f"{name}-{abs(hash(text))}"
        file.write_text(text)
        file.chmod(0o755)
        return file


@contextmanager
def libvirt_over_ssh(folder: Path) -> Iterator[Behind]:
    """Both of them, until the block ends."""
    with running_host() as host, running_sshd(folder / "sshd") as sshd:
        yield Behind(host, sshd, folder)
