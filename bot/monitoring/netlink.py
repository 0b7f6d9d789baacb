"""What Linux's kernel knows of this machine's network: interfaces, the way to an address, neighbours (rtnetlink).

It asks the kernel alone: nothing is sent over any network, nobody needs to be root. The structures are those of
rtnetlink(7) and <linux/rtnetlink.h>, <linux/if_link.h>, <linux/neighbour.h>.
"""

import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

_HEADER, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
_ROUTE, _LINK, _NEIGHBOUR = struct.Struct("=BBBBBBBBI"), struct.Struct("=BxHiII"), struct.Struct("=BxxxiHBB")
_GET_LINK, _GET_ROUTE, _GET_NEIGHBOUR = 18, 26, 30
_REQUEST, _DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_CHANGES = 0x1 | 0x40 | 0x400  # RTMGRP_LINK, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_ROUTE

_UP, _LOOPBACK, _LOWER_UP = 0x1, 0x8, 0x10000
_IFNAME, _DST, _OIF, _GATEWAY, _VIA = 3, 1, 4, 5, 18
_NEIGHBOUR_DST, _CACHE_INFO = 1, 3
_LOCAL = 2  # RTN_LOCAL: the address is this machine's own
_STATES = {0x01: "incomplete", 0x02: "reachable", 0x04: "stale", 0x08: "delay", 0x10: "probe", 0x20: "failed"}
_ALIGNED = 4
_LONGEST = 1 << 17
_PATIENCE = 1.0  # seconds; the kernel answers at once

_Packed = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface. `up`: it is switched on, and something is at the other end of its cable (carrier)."""

    index: int
    name: str
    up: bool
    switched_on: bool
    loopback: bool


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an address: over which interface, through which gateway (None: it is on the link itself).

    `local`: the address is this machine's own.
    """

    link: int
    gateway: str | None
    local: bool


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is known of an address on a link: its state, e.g. `failed`, and how long ago it gave its last sign."""

    state: str
    confirmed_ago: float  # seconds


class NoRoute(Exception):
    """The kernel knows no way to an address; the text is its word for it."""


class Netlink:
    """Asks the kernel, in the network namespace where it was made. Raises OSError where there is no rtnetlink."""

    def __init__(self) -> None:
        family = getattr(socket, "AF_NETLINK", None)
        if family is None:
            raise OSError(errno.EAFNOSUPPORT, "this system has no rtnetlink")
        self._family = int(family)
        self._socket = self._opened()
        self._turn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()

    def changes(self) -> socket.socket:
        """A socket that has something to read whenever links or routes have changed; ask what has."""
        heard = self._opened(_CHANGES)
        heard.setblocking(False)  # noqa: FBT003  it has no name
        return heard

    def links(self) -> Mapping[str, Link]:
        """All interfaces, by name."""
        found = (_link(body) for body in self._ask(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0), dump=True))
        return {link.name: link for link in found}

    def route(self, address: str) -> Route:
        """The way that a packet to `address` would take now. Raises NoRoute."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
        wanted = _ROUTE.pack(family, ip.max_prefixlen, 0, 0, 0, 0, 0, 0, 0) + _packed(_DST, ip.packed)
        try:
            [body] = self._ask(_GET_ROUTE, wanted)
        except OSError as error:
            raise NoRoute(error.strerror) from error
        return _route(body, family)

    def neighbour(self, link: int, address: str) -> Neighbour | None:
        """What is known of an address on an interface; None: nobody has asked for it lately."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
        for body in self._ask(_GET_NEIGHBOUR, _NEIGHBOUR.pack(family, 0, 0, 0, 0), dump=True):
            _, index, state, _, _ = _NEIGHBOUR.unpack_from(body)
            parts = dict(_attributes(body[_NEIGHBOUR.size :]))
            if index == link and parts.get(_NEIGHBOUR_DST) == ip.packed:
                return Neighbour(_STATES.get(state, "permanent"), _age(parts.get(_CACHE_INFO)))
        return None

    def _opened(self, groups: int = 0) -> socket.socket:
        opened = socket.socket(self._family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)  # 0: NETLINK_ROUTE
        try:
            opened.settimeout(_PATIENCE)
            opened.bind((0, groups))
        except OSError:
            opened.close()
            raise
        return opened

    def _ask(self, what: int, body: bytes, *, dump: bool = False) -> list[bytes]:
        """The bodies of all that is answered. Raises OSError, the kernel's own or its silence."""
        self._turn += 1
        flags = _REQUEST | (_DUMP if dump else 0)
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), what, flags, self._turn, 0) + body)
        found: list[bytes] = []
        while True:
            for kind, turn, part in _messages(self._socket.recv(_LONGEST)):
                if turn != self._turn:
                    continue  # an answer that an earlier question did not wait for
                if kind == _DONE:
                    return found
                if kind == _ERROR:
                    number = -struct.unpack_from("=i", part)[0]
                    raise OSError(number, os.strerror(number))
                found.append(part)
            if found and not dump:
                return found


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    while len(data) >= _HEADER.size:
        length, kind, _, turn, _ = _HEADER.unpack_from(data)
        yield kind, turn, data[_HEADER.size : length]
        data = data[_aligned(length) :]


def _attributes(data: bytes) -> Iterator[_Packed]:
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        yield kind, data[_ATTRIBUTE.size : length]
        data = data[max(_aligned(length), _ATTRIBUTE.size) :]


def _packed(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def _aligned(length: int) -> int:
    return (length + _ALIGNED - 1) // _ALIGNED * _ALIGNED


def _link(body: bytes) -> Link:
    _, _, index, flags, _ = _LINK.unpack_from(body)
    name = dict(_attributes(body[_LINK.size :]))[_IFNAME].rstrip(b"\0").decode(errors="replace")
    on = bool(flags & _UP)
    return Link(index, name, on and bool(flags & _LOWER_UP), on, bool(flags & _LOOPBACK))


def _route(body: bytes, family: int) -> Route:
    parts = dict(_attributes(body[_ROUTE.size :]))
    kind = _ROUTE.unpack_from(body)[7]
    link = struct.unpack("=i", parts[_OIF])[0] if _OIF in parts else 0
    gateway = socket.inet_ntop(family, parts[_GATEWAY]) if _GATEWAY in parts else None
    if gateway is None and _VIA in parts:  # an IPv4 route through a gateway that has an IPv6 address
        other = struct.unpack_from("=H", parts[_VIA])[0]
        gateway = socket.inet_ntop(other, parts[_VIA][2:])
    return Route(link, gateway, kind == _LOCAL)


def _age(cache_info: bytes | None) -> float:
    if cache_info is None:
        return float("inf")
    return float(struct.unpack_from("=I", cache_info)[0]) / os.sysconf("SC_CLK_TCK")
