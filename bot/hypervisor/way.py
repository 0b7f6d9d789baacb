"""Where a libvirt URI leads: to this process, a socket of this machine, or over a network to a host."""

import ipaddress
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

_PORTS: Final = {"tcp": 16509, "tls": 16514, "ssh": 22, "libssh": 22, "libssh2": 22}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Way:
    """A URI, read. `name`: the hypervisor's own, for texts. `transport`: libvirt's word, "" within this process.

    `host` and `port` are None where no network is in between, as far as the URI tells; `socket` is the path of a
    local one if the URI names it.
    """

    name: str
    uri: str
    transport: str
    host: str | None = None
    port: int | None = None
    user: str | None = None
    socket: str | None = None

    @classmethod
    def of(cls, name: str, uri: str) -> Self:
        """Read a URI as libvirt does: without a transport it is TLS to a host, and a local socket without one."""
        parts = urlsplit(uri)
        driver, _, transport = parts.scheme.partition("+")
        if not transport:
            transport = "tls" if parts.hostname else "" if driver == "test" else "unix"
        if transport not in _PORTS or not parts.hostname:
            path = parse_qs(parts.query).get("socket", [None])[0]
            return cls(name, uri, transport, socket=path if transport == "unix" else None)
        return cls(name, uri, transport, parts.hostname, parts.port or _PORTS[transport], parts.username)

    @property
    def is_local(self) -> bool:
        """Whether no host is in between: then silence says nothing of any machine's power."""
        return self.host is None

    @property
    def begins_here(self) -> bool:
        """Whether it goes by a port of this machine, which something forwards."""
        return self.host == "localhost" or (self.host is not None and _is_loopback(self.host))

    @property
    def place(self) -> tuple[str, int] | None:
        """Host and port, if there is a network in between."""
        return None if self.host is None or self.port is None else (self.host, self.port)

    @property
    def by_ssh(self) -> bool:
        """Whether libvirt starts an `ssh` of its own for it."""
        return self.transport == "ssh"

    @property
    def login(self) -> str:
        """What a person types after `ssh` to go the same way."""
        where = f"{self.user}@{self.host}" if self.user else f"{self.host}"
        return where if self.port in {22, None} else f"-p {self.port} {where}"

    @property
    def scan(self) -> str:
        """The same after `ssh-keyscan`."""
        return f"{self.host}" if self.port in {22, None} else f"-p {self.port} {self.host}"

    @property
    def known(self) -> str:
        """What known_hosts calls it."""
        return f"{self.host}" if self.port in {22, None} else f"'[{self.host}]:{self.port}'"
