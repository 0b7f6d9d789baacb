"""A real dropbear on loopback: the SSH server that distributions put into an initramfs to ask for passphrases."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from tests.real.processes import installed
from tests.real.sshd import free_port, wait_for


@dataclass(frozen=True)
class Dropbear:
    """A running server, and the host key that it has."""

    port: int
    key: str


@contextmanager
def running_dropbear(folder: Path, *, key: asyncssh.SSHKey | None = None) -> Iterator[Dropbear]:
    """A dropbear until the block ends, with a host key of its own or `key`; without it the test is skipped."""
    program, port = installed("dropbear"), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    made = key or asyncssh.generate_private_key("ssh-ed25519")
    made.write_private_key(folder / "openssh")
    (folder / "openssh").chmod(0o600)
    convert = [installed("dropbearconvert"), "openssh", "dropbear", folder / "openssh", folder / "key"]
    subprocess.run(convert, check=True, capture_output=True)
    command = [program, "-F", "-E", "-s", "-p", f"127.0.0.1:{port}", "-r", folder / "key", "-P", folder / "pid"]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            wait_for(port, folder / "log")
            yield Dropbear(port, made.export_public_key().decode())
        finally:
            process.kill()  # what serves a connection ends with that
