"""Where checks look, and whose place that is: what answers where two machines are looked at proves only one."""

import ipaddress
from collections.abc import Iterator
from contextlib import suppress

from bot.config.built_in import HOST_PROBE, looks_inside
from bot.config.values import Check, Config, Guest, Host

Place = tuple[str, int | None]
"""An address, alike however it is written, and a port; None where a check has none."""


def where_of(check: Check, address: str) -> str:
    """The name or address that a check of something at `address` looks at."""
    return getattr(check.params, "address", "") or address


def owner_besides_guest(config: Config, guest: Guest, where: str) -> str:
    """What else lives at a guest's address, in words: a host, or a guest named before; empty where nothing does.

    An address that is only the guest's name is its own.
    """
    if where == guest.name:
        return ""
    found = (f"the host {one.name}" for one in config.hosts.values() if _alike(one.address) == _alike(where))
    if (owner := next(found, "")) != "":
        return owner
    earlier = list(config.guests.values())[: list(config.guests).index(guest.name)]
    return next((f"the guest {one.name}" for one in earlier if _alike(one.address) == _alike(where)), "")


def owner_besides_host(config: Config, host: Host, place: Place) -> str:
    """Which host named before is looked at in the very same place, in words; empty where none is."""
    earlier = list(config.hosts.values())[: list(config.hosts).index(host.name)]
    return next((f"the host {one.name}" for one in earlier if place in places_of(one)), "")


def places_of(host: Host) -> Iterator[Place]:
    """Where a host is looked at."""
    yield from (place_of(host, check) for check in host.checks.values())
    if looks_inside(host) and host.ssh is not None:
        yield _alike(host.address), host.ssh.port


def place_of(host: Host, check: Check) -> Place:
    """Where a check of a host looks."""
    port = host.ssh.port if check.probe == HOST_PROBE and host.ssh else getattr(check.params, "port", None)
    return _alike(where_of(check, host.address)), port


def _alike(address: str) -> str:
    """An address in one spelling, and this machine's own name as its address."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(address))
    name = address.lower().rstrip(".")
    return "127.0.0.1" if name == "localhost" else name
