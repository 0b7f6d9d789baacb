"""The addresses at which a guest may be found, as its host has heard of them. They only say where to look.

A lease outlasts the guest that had it, and ARP has whatever answered last: firmware and an initramfs have both.
The guest itself is not asked: one that hangs would hold its connection up.
"""

import ipaddress
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import libvirt

_SOURCES: Final = (
    libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
    libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
)
_MOST: Final = 8


def addresses_of(domain: Any) -> Sequence[str]:
    """A guest's IP addresses, what libvirt has leased first; none where that is not known."""
    found: list[str] = []
    for source in _SOURCES:
        with suppress(libvirt.libvirtError):  # it is off, or its network is not libvirt's
            interfaces = domain.interfaceAddresses(source).values()
            told = [one["addr"] for interface in interfaces for one in interface["addrs"] or ()]
            found += sorted(filter(_reachable, told), key=lambda one: ipaddress.ip_address(one).version)
    return tuple(dict.fromkeys(found))[:_MOST]


def _reachable(text: str) -> bool:
    """Whether it is an address that says by itself where it is: one of a single link does not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_link_local or address.is_loopback or address.is_multicast or address.is_unspecified)
