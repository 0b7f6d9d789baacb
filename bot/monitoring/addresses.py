"""Where the checks of lab.yaml look, and whether that is beyond this machine."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.config import Config
from bot.config.built_in import looks_inside
from bot.config.places import where_of


def hypervisor_at(uri: str | None) -> str:
    """The name or address of a libvirt URI's host; empty where that is this machine."""
    return urlsplit(uri or "").hostname or ""


def looks_far(config: Config) -> bool:
    """Whether any check needs a network."""
    return not all(map(_is_here, _addresses(config)))


def _addresses(config: Config) -> Iterable[str]:
    yield from (ups.address for ups in config.ups.values())
    yield from (hypervisor_at(host.hypervisor) for host in config.hosts.values() if host.hypervisor)
    yield from (host.address for host in config.hosts.values() if looks_inside(host))
    for group in (config.hosts, config.services, config.guests):
        yield from (where_of(check, thing.address) for thing in group.values() for check in thing.checks.values())


def _is_here(where: str) -> bool:
    try:
        return where in {"", "localhost"} or ipaddress.ip_address(where).is_loopback
    except ValueError:
        return False
