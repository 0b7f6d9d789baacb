"""Networks of their own: namespaces of this kernel with cables between them, which can be pulled.

Nothing in them reaches this machine's own network, or the other way round. Takes root; else tests are skipped.
"""

import ctypes
import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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

    def listen(self, port: int, address: str = "0.0.0.0") -> socket.socket:
        """A door in it that accepts connections, until it is closed; nobody answers at it."""
        with self.inside():
            return socket.create_server((address, port), backlog=512, reuse_port=True)

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


class Lan:
    """A home's network: machines at one switch, of which `here` is the bot's, and what is beyond the gateway.

    here 10.9.0.1, gateway 10.9.0.254, others as they are plugged in; all of 10.8.0.0/24 is beyond the gateway.
    """

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self.switch = opened.enter_context(network())
        self.switch.ip("link", "add", "br0", "type", "bridge")
        self.switch.ip("link", "set", "br0", "up")
        self.here = self.plug("here", "10.9.0.1")
        self.gateway = self.plug("gateway", "10.9.0.254")
        self.beyond = opened.enter_context(network())
        cable(self.gateway, self.beyond, ends=("wan", "eth0"), addresses=("10.7.0.1/24", "10.7.0.2/24"))
        self.gateway.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.gateway.ip("route", "add", "10.8.0.0/24", "via", "10.7.0.2")
        self.beyond.ip("route", "add", "local", "10.8.0.0/24", "dev", "lo")
        self.beyond.ip("route", "add", "default", "via", "10.7.0.1")
        self.here.ip("route", "add", "default", "via", "10.9.0.254")

    def plug(self, name: str, address: str) -> Network:
        """Another machine at the switch."""
        machine = self._opened.enter_context(network())
        ip(
            "link",
            "add",
            "eth0",
            "netns",
            machine.name,
            "type",
            "veth",
            "peer",
            "name",
            name,
            "netns",
            self.switch.name,
        )
        machine.ip("address", "add", f"{address}/24", "dev", "eth0")
        machine.ip("link", "set", "eth0", "up")
        self.switch.ip("link", "set", name, "master", "br0", "up")
        return machine

    def pull(self, name: str) -> None:
        """Pull a machine's cable out of the switch: it loses its carrier, the others notice nothing."""
        self.switch.ip("link", "set", name, "down")

    def put_back(self, name: str) -> None:
        """Put its cable back."""
        self.switch.ip("link", "set", name, "up")


@contextmanager
def lan() -> Iterator[Lan]:
    """A home's network, until the block ends."""
    with ExitStack() as opened:
        yield Lan(opened)
