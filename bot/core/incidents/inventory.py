"""What a hypervisor has, at one moment: what an outage must not have changed. Values only; others compare them.

None means that it could not be looked at, or was not yet: it is neither there nor gone.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """One disk of a guest. `path`: on the host. `present`: whether it is there; `capacity`: in bytes."""

    path: str
    present: bool | None = None
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class GuestFacts:
    """One guest, as it is defined. `managed_save`: its memory was saved when it was shut down, to go on from.

    `nvram`: where its firmware keeps its variables, "" if it has none; `disks`: in the order it boots from them.
    """

    uuid: str
    name: str
    autostart: bool
    persistent: bool
    managed_save: bool | None = None
    title: str | None = None
    nvram: str | None = None
    disks: tuple[DiskFacts, ...] | None = None


class ThingKind(StrEnum):
    """What guests need of their host."""

    POOL = "storage pool"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class ThingFacts:
    """A storage pool or a network. An active one that is not `persistent` is gone at the next start."""

    kind: ThingKind
    uuid: str
    name: str
    active: bool
    autostart: bool
    persistent: bool


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One hypervisor. `whole`: the definition of every guest was read, so that none of them is None for that."""

    host: str
    guests: tuple[GuestFacts, ...]
    pools: tuple[ThingFacts, ...] | None
    networks: tuple[ThingFacts, ...] | None
    whole: bool
