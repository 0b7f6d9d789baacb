"""Which libvirt it is that answers, told alike on every way to it.

The UUID of its machine alone does not say: boards of one series may bear the same. Nor does its name with it:
machines made from one image have both. That they are two shows in what they tell of their guests.
"""

import time
from collections.abc import Mapping, Set
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree as ET

import libvirt

from bot.core.guest import GuestEvent, GuestEventKind, Power
from bot.core.one_machine import Sign, are_two
from bot.hypervisor.events import guest_state
from bot.hypervisor.inventory import AskAll

_ANEW: Final[Set[GuestEventKind]] = {GuestEventKind.CONNECTED, GuestEventKind.LOST}


class Identity:
    """One hypervisor's, asked for once a connection."""

    def __init__(self, ask: AskAll) -> None:
        self._ask = ask
        self._told: str | None = None

    async def __call__(self) -> str:
        """Its machine's UUID and name, its driver and path; "" without a UUID. Raises HypervisorUnreachable."""
        if self._told is None:
            self._told = await self._ask("tell which libvirt answers", _identity)
        return self._told

    async def is_not(self, other: "Identity") -> bool:
        """Whether what both tell of their guests can't come from one libvirt. Raises HypervisorUnreachable."""
        return are_two([await one.signs() for one in (self, other, self, other)])

    async def signs(self) -> Mapping[str, Sign]:
        """What tells each guest, by UUID, from other copies of it, now. Raises HypervisorUnreachable."""
        return await self._ask("tell guests from their copies", _signs, since=time.monotonic())

    def heard(self, event: GuestEvent) -> None:
        """Another may answer now."""
        if event.what in _ANEW:
            self._told = None


def _identity(connection: Any) -> str:
    try:
        capabilities = ET.fromstring(connection.getCapabilities())  # noqa: S314  libvirt's own words
        name, uri = connection.getHostname(), urlsplit(connection.getURI())
    except (libvirt.libvirtError, ET.ParseError):  # who may not ask that may watch all the same
        return ""
    uuid = (capabilities.findtext("host/uuid") or "").strip()
    driver = uri.scheme.partition("+")[0]
    return f"{uuid} {name} {driver}{uri.path}" if _tells(uuid) else ""


def _signs(connection: Any) -> dict[str, Sign]:
    told = connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL)
    return {domain.UUIDString(): _sign(stats) for domain, stats in told}


def _sign(stats: Mapping[str, Any]) -> Sign:
    power = guest_state("", stats["state.state"], 0).power
    return Sign(power, stats.get("cpu.time") if power is Power.RUNNING else None)  # else it is libvirtd's own


def _tells(uuid: str) -> bool:
    try:
        return UUID(uuid).int not in {0, (1 << 128) - 1}
    except ValueError:
        return False
