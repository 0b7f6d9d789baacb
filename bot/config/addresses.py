"""What lab.yaml gives as an address and can be none: a page, a port with it, a blank in it, `10.0.0.300`."""

import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

from bot.config.document import Where
from bot.config.values import Config, Guest, Host, Service

_LABEL = re.compile(r"(?!-)[\w-]{1,63}")  # an underscore is no host name's, and in many an /etc/hosts all the same
_NUMBER = re.compile(r"\d+|0[xX][\da-fA-F]*")  # a name that ends in one is an IPv4 address, or nothing
_WITH_PORT = re.compile(r"[^:]+:\d+|\[.*\]:\d+")
_LONGEST = 253
_NEITHER = "is neither a host name nor an IP address"


def no_addresses(config: Config) -> Iterator[tuple[Where, str]]:
    """Each with where it stands; of what has none of its own, its name, if anything looks there."""
    yield from ((where, _why(address, where)) for where, address in _given(config) if not is_one(address))
    for ups in config.ups.values():
        if not re.fullmatch(r"[^\s\"\\]+", ups.ups):
            yield (
                ("ups", ups.name, "ups"),
                f"upsd calls no UPS {ups.ups!r}: such a name has no blanks and no quotes",
            )


def _given(config: Config) -> Iterator[tuple[Where, str]]:
    for group, things in (("hosts", config.hosts), ("guests", config.guests), ("services", config.services)):
        for one in things.values():
            if one.address != one.name or _is_looked_at(one):
                yield (group, one.name, "address"), one.address
            for check in one.checks.values():
                if where := getattr(check.params, "address", ""):
                    yield (group, one.name, "checks", check.name, "address"), where
    yield from ((("ups", ups.name, "address"), ups.address) for ups in config.ups.values())
    yield from ((("witnesses", "also"), also) for also in config.witnesses.also)
    if config.witnesses.gateway:
        yield ("witnesses", "gateway"), config.witnesses.gateway


def is_one(address: str) -> bool:
    """Whether it could be a host name, or is an IP address in any way that C's own functions read one."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(address))
    *_, last = labels = address.removesuffix(".").split(".")
    if len(address) > _LONGEST or not all(map(_LABEL.fullmatch, labels)):
        return False
    if not _NUMBER.fullmatch(last):
        return True
    with suppress(OSError):  # 10.10 is 10.0.0.10
        return bool(socket.inet_aton(address))
    return False


def _is_looked_at(thing: Host | Guest | Service) -> bool:
    """Whether anything goes to the thing's own address."""
    inside = isinstance(thing, Host) and thing.ssh is not None
    return inside or any(not getattr(check.params, "address", "") for check in thing.checks.values())


def _why(address: str, where: Where) -> str:
    if _WITH_PORT.fullmatch(address) or "/" in address:
        place = "stands beside it, as `port`" if where[0] == "ups" else "belongs to the check"
        return f"{address!r} {_NEITHER}; a port {place}"
    return f"{address!r} {_NEITHER}{'; give it an `address`' if address == where[1] else ''}"
