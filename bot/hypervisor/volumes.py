"""Where the volumes of storage pools are on their host."""

from functools import partial
from typing import Any

import libvirt

from bot.hypervisor.definition import VolumePath


def volume_paths(connection: Any) -> VolumePath:
    """Asks that connection. Of a pool that is not active nobody can tell."""
    return partial(_path, connection)


def _path(connection: Any, pool: str, volume: str) -> str | None:
    try:
        path: str = connection.storagePoolLookupByName(pool).storageVolLookupByName(volume).path()
    except libvirt.libvirtError:
        return None
    return path if path.startswith("/") else None
