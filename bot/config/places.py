"""Where checks look, and whose place that is: what answers where two machines are looked at proves neither."""

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from bot.config.built_in import HOST_PROBE, looks_inside
from bot.config.values import Check, Config, Guest, Host

Known = Callable[[str], Collection[str]]
"""The addresses that a name had when it was looked up last; none where it was not."""

_SSH = 22
_PORTS = {"ssh": _SSH, "libssh": _SSH, "libssh2": _SSH, "tcp": 16509}
_TLS = 16514  # how libvirt goes to another machine if its URI does not say
_USUAL = frozenset({*_PORTS.values(), _TLS})


def as_written(_name: str) -> Collection[str]:
    """Where no name is looked up, as in a file that may be read on another machine than the bot's."""
    return ()


def where_of(check: Check, address: str) -> str:
    """The name or address that a check of something at `address` looks at."""
    return getattr(check.params, "address", "") or address


def port_of(host: Host, check: Check) -> int | None:
    """The port at which a check of a host looks; None where it has none."""
    said: int | None = getattr(check.params, "port", None)
    if said is None and check.probe in (HOST_PROBE, "ssh"):
        return host.ssh.port if host.ssh else _SSH
    return said


def own_addresses(host: Host) -> Iterator[str]:
    """Where a host is: its address, and where its hypervisor's URI leads."""
    yield host.address
    yield from (where for where, _ in _hypervisor(host))


def owner_besides_guest(config: Config, guest: Guest, where: str, known: Known = as_written) -> str:
    """What else lives where a guest is looked at, in words: a host, the bot, another guest; empty if nothing does.

    An address that is only the guest's name, of which no more is known, is its own. Where one of two only sends a
    check to what is the other's own address, it is the other's. On the bot's own machine answers what forwards a
    port to a guest, as QEMU does, whether the guest runs or not.
    """
    if where == guest.name and not known(where):
        return ""
    own = _same(where, [guest.address], known)
    hosts = (one for one in config.hosts.values() if _same(where, own_addresses(one), known))
    guests = (one for one in config.guests.values() if one is not guest)
    rivals = (one for one in guests if _same(where, _claims(one, alone=own), known))
    bot = [_BOT] if _leads_here(where, known) else []
    return _first((*(f"the host {one.name}" for one in hosts), *bot, *(f"the guest {one.name}" for one in rivals)))


def asks_for_its_own_key(check: Check, guest: str) -> bool:
    """Whether a check passes only for the host key that is known under the guest's own name, wherever that is."""
    return getattr(check.params, "known_as", "") == guest


def owner_besides_host(config: Config, host: Host, where: str, port: int | None, known: Known = as_written) -> str:
    """What else lives where a host is looked at, in words: a host on the same port, the bot, a guest; or nothing.

    Two hosts may share an address, as behind one router, and each be looked at on a port of its own. A host may be
    the bot's own machine, but no name tells which it is that leads there and elsewhere, as to a bridge that both
    machines have; the host key does, which is what counts at the port of SSH.
    """
    own = _same(where, own_addresses(host), known)
    others = (one for one in config.hosts.values() if one is not host)
    rivals = (
        one
        for one in others
        if _same(where, (at for at, its in _places_of(one, alone=own) if its == port), known)
        or (not own and _same(where, own_addresses(one), known))
    )
    guests = (one for one in config.guests.values() if not own and _same(where, [one.address], known))
    by_key = port in {_SSH, host.ssh.port if host.ssh else _SSH}
    bot = [_BOT] if not by_key and len({_leads_here(at, known) for at in known(where)}) > 1 else []
    return _first(
        (*(f"the host {one.name}" for one in rivals), *bot, *(f"the guest {one.name}" for one in guests))
    )


def asked_instead(config: Config, name: str, known: Known = as_written) -> str:
    """The host that a host's hypervisor URI leads to, if that is the address of another; empty where it is not.

    A machine may have several addresses: one that is nobody else's is its own. So is a port of its own at an
    address that hosts share, as behind one router.
    """
    for where, port in _hypervisor(config.hosts[name]):
        if not _same(where, [config.hosts[name].address], known):
            others = (one for one in config.hosts.values() if _same(where, [one.address], known))
            return _first(one.name for one in others if port in {*_USUAL, *(its for _, its in looked_at(one))})
    return ""


def looked_at(host: Host, *, alone: bool = False) -> Iterator[tuple[str, int | None]]:
    """Where a host's checks look, and on which port. `alone`: at its own address alone."""
    for check in host.checks.values():
        where = where_of(check, host.address)
        if not alone or where == host.address:
            yield where, port_of(host, check)
    if looks_inside(host) and host.ssh is not None:
        yield host.address, host.ssh.port


def _places_of(host: Host, *, alone: bool) -> Iterator[tuple[str, int | None]]:
    yield from looked_at(host, alone=alone)
    yield from _hypervisor(host)


def _hypervisor(host: Host) -> Iterator[tuple[str, int]]:
    """Where its hypervisor's URI leads, if that is another machine."""
    with suppress(ValueError):  # it is no URI
        found = urlsplit(host.hypervisor or "")
        if found.hostname:
            yield found.hostname, found.port or _PORTS.get(found.scheme.partition("+")[2], _TLS)


def _claims(guest: Guest, *, alone: bool) -> Iterator[str]:
    """Where a guest is looked at; `alone`: its own address alone."""
    yield guest.address
    yield from () if alone else (where_of(check, guest.address) for check in guest.checks.values())


def _first(words: Iterable[str]) -> str:
    return next(iter(words), "")


def _same(one: str, others: Iterable[str], known: Known) -> bool:
    """Whether a name or address is written like one of these, or leads to the same place as far as is known."""
    forms = _forms(one, known)
    return any(not forms.isdisjoint(_forms(other, known)) for other in others)


def _forms(name: str, known: Known) -> set[str]:
    """A name or address in one spelling, and the addresses that it leads to."""
    return {spelling(name), *map(spelling, known(name))}


def spelling(address: str) -> str:
    """An address in one spelling, and this machine's own name as its address."""
    bare = address.removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        found = ipaddress.ip_address(bare)
        mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
        return _HERE if str(found) == "::1" else str(mapped or found)
    with suppress(OSError):  # as C's own functions read it: 10.10 is 10.0.0.10
        return socket.inet_ntoa(socket.inet_aton(bare))
    plain = bare.lower().rstrip(".")
    with suppress(UnicodeError):
        plain = plain.encode("idna").decode()
    return _HERE if plain == "localhost" else plain


def _leads_here(where: str, known: Known) -> bool:
    """Whether a name or address leads to the bot's own machine."""
    return any(map(_is_here, _forms(where, known)))


def _is_here(place: str) -> bool:
    """Whether an address is this machine for whoever uses it."""
    with suppress(ValueError):
        found = ipaddress.ip_address(place)
        return found.is_loopback or found.is_unspecified
    return False


_HERE = "127.0.0.1"
_BOT = "the bot's own machine"
