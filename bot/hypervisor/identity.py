"""Which libvirt it is that answers, told alike on every way to it.

The UUID of its machine alone does not say: boards of one series may bear the same.
"""

from collections.abc import Set
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree as ET

import libvirt

from bot.core.guest import GuestEvent, GuestEventKind
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


def _tells(uuid: str) -> bool:
    try:
        return UUID(uuid).int not in {0, (1 << 128) - 1}
    except ValueError:
        return False
