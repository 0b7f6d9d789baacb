"""Where checks look, and whose place that is: what answers where two machines are looked at proves neither."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from bot.config.built_in import HOST_PROBE, looks_inside
from bot.config.values import Check, Config, Guest, Host

Known = Callable[[str], str | None]
"""The address that a name had when it was looked up last; None where it was not."""


def as_written(_name: str) -> None:
    """Where no name is looked up, as in a file that may be read on another machine than the bot's."""


def where_of(check: Check, address: str) -> str:
    """The name or address that a check of something at `address` looks at."""
    return getattr(check.params, "address", "") or address


def port_of(host: Host, check: Check) -> int | None:
    """The port at which a check of a host looks; None where it has none."""
    return host.ssh.port if check.probe == HOST_PROBE and host.ssh else getattr(check.params, "port", None)


def owner_besides_guest(config: Config, guest: Guest, where: str, known: Known = as_written) -> str:
    """What else lives where a guest is looked at, in words: a host or another guest; empty where nothing does.

    An address that is only the guest's name, of which no more is known, is its own. Where one of two only sends a
    check to what is the other's own address, it is the other's.
    """
    if where == guest.name and not known(where):
        return ""
    own = _same(where, guest.address, known)
    hosts = (one for one in config.hosts.values() if _same(one.address, where, known))
    guests = (one for one in config.guests.values() if one is not guest)
    rivals = (one for one in guests if any(_same(at, where, known) for at in _claims(one, alone=own)))
    return _first((*(f"the host {one.name}" for one in hosts), *(f"the guest {one.name}" for one in rivals)))


def owner_besides_host(config: Config, host: Host, where: str, port: int | None, known: Known = as_written) -> str:
    """What else lives where a host is looked at, in words: a host on the same port, or a guest; or nothing."""
    own = _same(where, host.address, known)
    others = (one for one in config.hosts.values() if one is not host)
    rivals = (
        one
        for one in others
        if any(port == another and _same(at, where, known) for at, another in places_of(one, alone=own))
    )
    guests = (one for one in config.guests.values() if not own and _same(one.address, where, known))
    return _first((*(f"the host {one.name}" for one in rivals), *(f"the guest {one.name}" for one in guests)))


def places_of(host: Host, *, alone: bool = False) -> Iterator[tuple[str, int | None]]:
    """Where a host is looked at, and on which port. `alone`: at its own address alone."""
    for check in host.checks.values():
        where = where_of(check, host.address)
        if not alone or where == host.address:
            yield where, port_of(host, check)
    if looks_inside(host) and host.ssh is not None:
        yield host.address, host.ssh.port


def _claims(guest: Guest, *, alone: bool) -> Iterator[str]:
    """Where a guest is looked at; `alone`: its own address alone."""
    yield guest.address
    yield from () if alone else (where_of(check, guest.address) for check in guest.checks.values())


def _first(words: Iterable[str]) -> str:
    return next(iter(words), "")


def _same(one: str, other: str, known: Known) -> bool:
    """Whether two names or addresses are written alike, or lead to the same place as far as is known."""
    return not _forms(one, known).isdisjoint(_forms(other, known))


def _forms(name: str, known: Known) -> set[str]:
    """A name or address in one spelling, and the address that it leads to."""
    return {_spelt(name), _spelt(known(name) or name)}


def _spelt(address: str) -> str:
    """An address in one spelling, and this machine's own name as its address."""
    with suppress(ValueError):
        found = ipaddress.ip_address(address)
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return _HERE if str(found) == "::1" else str(mapped or found)
    plain = address.lower().rstrip(".")
    return _HERE if plain == "localhost" else plain


_HERE = "127.0.0.1"
