"""Networks of their own: namespaces of this kernel with cables between them, which can be pulled.

Nothing in them reaches this machine's own network, or the other way round. Takes root; else tests are skipped.
"""

import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_IP = shutil.which("ip", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
_NEWNET = 0x40000000  # CLONE_NEWNET
_numbers = itertools.count()

needs_networks = pytest.mark.skipif(
    _IP is None or os.geteuid() != 0, reason="making network namespaces takes root and iproute2"
)


def ip(*arguments: str) -> None:
    """Run `ip`."""
    subprocess.run([str(_IP), *arguments], check=True, capture_output=True)


@dataclass(frozen=True, slots=True)
class Network:
    """A machine's network: what is started in it sees nothing else."""

    name: str

    def ip(self, *arguments: str) -> None:
        """Run `ip` in it."""
        ip("-n", self.name, *arguments)

    def command(self, *command: str) -> list[str]:
        """The command line that runs `command` in it, with its own resolv.conf."""
        return [str(_IP), "netns", "exec", self.name, *command]

    def run(self, *command: str, text: str = "") -> str:
        """Run a command in it, and return what it says."""
        done = subprocess.run(self.command(*command), check=True, capture_output=True, text=True, input=text)
        return done.stdout

    def resolv_conf(self, text: str) -> None:
        """What programs started by `command` find as /etc/resolv.conf."""
        self._etc.mkdir(parents=True, exist_ok=True)
        (self._etc / "resolv.conf").write_text(text)

    def allow_pings(self) -> None:
        """Let everyone ping from it, as many systems do."""
        self.run("sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Within the block this thread makes its sockets, and starts its processes, in it."""
        libc = ctypes.CDLL(None, use_errno=True)

        def enter(where: str) -> None:
            with Path(where).open("rb") as namespace:
                if libc.setns(namespace.fileno(), _NEWNET):
                    raise OSError(ctypes.get_errno(), f"cannot enter {where}")

        with Path("/proc/thread-self/ns/net").open("rb") as home:
            enter(f"/var/run/netns/{self.name}")
            try:
                yield
            finally:
                libc.setns(home.fileno(), _NEWNET)

    @property
    def _etc(self) -> Path:
        return Path("/etc/netns") / self.name


@contextmanager
def network() -> Iterator[Network]:
    """A network with nothing but its loopback, until the block ends."""
    made = Network(f"caretaker-{os.getpid()}-{next(_numbers)}")
    ip("netns", "add", made.name)
    try:
        made.ip("link", "set", "lo", "up")
        yield made
    finally:
        ip("netns", "del", made.name)
        shutil.rmtree(Path("/etc/netns") / made.name, ignore_errors=True)


def cable(one: Network, other: Network, *, ends: tuple[str, str], addresses: tuple[str, str]) -> None:
    """Lay a cable between two networks. `ends`: its interfaces; `addresses`: theirs, with their prefix length."""
    ip("link", "add", ends[0], "netns", one.name, "type", "veth", "peer", "name", ends[1], "netns", other.name)
    for where, end, address in zip((one, other), ends, addresses, strict=True):
        where.ip("address", "add", address, "dev", end)
        where.ip("link", "set", end, "up")
