"""Which guests a hypervisor has, and what they are made of: the names at once, the definitions as they come.

A list of all guests is a few calls; a definition is two calls each, over a line that may be long. So definitions
are read a few at a time, those never read first, and again only when they may have changed: when the hypervisor
says so, when the guest starts, or when events may have been missed. A guest whose definition can't be read holds
up no other. What was not read yet is told as that.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar

import libvirt

from bot.core.guest import GuestEvent, GuestEventKind, GuestInfo
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind
from bot.hypervisor.definition import guest_info
from bot.hypervisor.obstacles import GuestRefused, HypervisorUnreachable
from bot.hypervisor.volumes import volume_paths

T = TypeVar("T")

BATCH: Final = timedelta(seconds=1)  # of reading, then whoever else wants something has a turn

AGAIN: Final = timedelta(seconds=30)

_CHANGES: Final = {
    *(GuestEventKind.DEFINED, GuestEventKind.STARTED),
    *(GuestEventKind.STOPPED, GuestEventKind.CRASHED),  # what was changed while it ran holds when it is off
}
"""After these another definition may hold."""


class Definitions:
    """The definitions that were read, and whose are to be read."""

    def __init__(self, again: timedelta = AGAIN) -> None:
        """`again`: for how long one that could not be read is put off."""
        self._again = again
        self._read: dict[str, GuestInfo] = {}
        self._stale: set[str] = set()
        self._put_off: dict[str, float] = {}  # until when, by the monotonic clock
        self._listed: Mapping[str, GuestInfo] = {}

    def listed(self, found: Iterable[GuestInfo]) -> Sequence[GuestInfo]:
        """Take in a list of all guests; gives it with what is known of each. What was put off is due again."""
        self._listed = {info.uuid: info for info in found}
        self._read = {uuid: info for uuid, info in self._read.items() if uuid in self._listed}
        self._put_off.clear()
        return self.known

    @property
    def known(self) -> Sequence[GuestInfo]:
        """The last list, with what was read of each guest by now."""
        return sorted(map(self._merged, self._listed.values()), key=lambda info: info.name)

    def heard(self, event: GuestEvent) -> None:
        """A definition may have changed; any, after a connection was lost."""
        if event.what is GuestEventKind.CONNECTED:
            self._stale |= self._read.keys()
        elif event.what in _CHANGES:
            self._stale.add(event.uuid)

    @property
    def due(self) -> Sequence[str]:
        """The UUIDs of those to read, those never read first."""
        here = self._listed.keys() - {uuid for uuid, until in self._put_off.items() if time.monotonic() < until}
        return [*sorted(here - self._read.keys()), *sorted(here & self._stale & self._read.keys())]

    @property
    def whole(self) -> bool:
        """Whether every guest's was read."""
        return self._listed.keys() <= self._read.keys()

    def learn(self, uuid: str, info: GuestInfo | None) -> GuestInfo | None:
        """One was read, or is there no more (None); gives what is known of it now, if it is listed."""
        self._stale.discard(uuid)
        if info is None or uuid not in self._listed:
            self.put_off(uuid)  # the next list is without it
            return None
        self._read[uuid] = info
        return self._merged(self._listed[uuid])

    def put_off(self, uuid: str) -> None:
        """It could not be read: the others first, and it again after a while."""
        self._put_off[uuid] = time.monotonic() + self._again.total_seconds()

    def _merged(self, listed: GuestInfo) -> GuestInfo:
        """A definition is read now and then; what a list says is newer."""
        read = self._read.get(listed.uuid, listed)
        return replace(read, name=listed.name, autostart=listed.autostart, persistent=listed.persistent)


class AskAll(Protocol):
    """Asks of all guests at once, what no hung guest can block. Raises HypervisorUnreachable."""

    def __call__(self, what: str, job: Callable[[Any], T], *, since: float = ...) -> Awaitable[T]:
        """`what` it is, for errors; `job` is given a virConnect. No answer from before `since` will do."""
        ...


class AskOne(Protocol):
    """Asks of guests what a hung one may block. Raises HypervisorUnreachable or GuestRefused."""

    def __call__(self, what: str, job: Callable[[Any], T], patience: timedelta) -> Awaitable[T]:
        """The same, within `patience` more than any call has."""
        ...


class Inventory:
    """One hypervisor's."""

    def __init__(self, host: str, ask_all: AskAll, ask_one: AskOne) -> None:
        self._host, self._ask_all, self._ask_one = host, ask_all, ask_one
        self._definitions = Definitions()
        self._learnt: list[GuestInfo] = []  # and not handed out, because others could not be read
        self.heard = self._definitions.heard

    async def guests(self) -> Sequence[GuestInfo]:
        """Every guest, by name: three calls. Raises HypervisorUnreachable."""
        return self._definitions.listed(await self._ask_all("list the guests", _listed))

    @property
    def known(self) -> Sequence[GuestInfo]:
        """The last list, with what was read of each guest by now."""
        return self._definitions.known

    async def read_more(self) -> Sequence[GuestInfo]:
        """Read a few definitions more; what is known of those guests now, nothing if none are due.

        Raises HypervisorUnreachable or GuestRefused; what was read until then comes with the next answer.
        """
        due = self._definitions.due
        if not due:
            return self._take_learnt()
        batch = _Batch(due)
        try:
            await self._ask_one("read the guests' definitions", batch.read, BATCH)
        except HypervisorUnreachable:
            self._definitions.put_off(batch.under_way)
            raise
        finally:
            learnt = [self._definitions.learn(uuid, info) for uuid, info in dict(batch.found).items()]
            self._learnt += [info for info in learnt if info is not None]
            for uuid in batch.refused:
                self._definitions.put_off(uuid)
        return self._take_learnt()

    def _take_learnt(self) -> Sequence[GuestInfo]:
        learnt, self._learnt = tuple(self._learnt), []
        return learnt

    async def facts(self) -> HostFacts:
        """What the host has now: a dozen calls, and one more for the disks of guests that are off.

        Raises HypervisorUnreachable.
        """
        listed, saved, pools, networks = await self._ask_all("list what there is", _everything)
        infos = self._definitions.listed(listed)
        disks = await self._disks()
        guests = tuple(_facts(info, disks.get(info.uuid, {}), saved=info.uuid in saved) for info in infos)
        return HostFacts(self._host, guests, pools, networks, whole=self._definitions.whole)

    async def _disks(self) -> Mapping[str, Mapping[str, int | None]]:
        """By UUID, the disks of guests that are off, and how large each is; None for one that is not there."""
        try:
            return await self._ask_one("look at the guests' disks", _capacities, BATCH)
        except (HypervisorUnreachable, GuestRefused):
            return {}


class _Batch:
    """Definitions read in one go, on the connection's own thread. `found`: None for a guest that is gone."""

    def __init__(self, due: Sequence[str]) -> None:
        self._due = due
        self.under_way = due[0]
        self.found: dict[str, GuestInfo | None] = {}
        self.refused: list[str] = []

    def read(self, connection: Any) -> None:
        """Read for a while."""
        until = time.monotonic() + BATCH.total_seconds()
        for uuid in self._due:
            self.under_way = uuid
            try:
                self.found[uuid] = _definition(connection, uuid)
            except libvirt.libvirtError:
                if not connection.isAlive():
                    raise
                self.refused.append(uuid)
            if time.monotonic() > until:
                break


def _definition(connection: Any, uuid: str) -> GuestInfo | None:
    try:
        xml = connection.lookupByUUIDString(uuid).XMLDesc()
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise
    return guest_info(
        xml, autostart=False, persistent=False, volume_path=volume_paths(connection)
    )  # a list says so


def defined(domain: Any) -> GuestInfo:
    """What one guest is made of, and whether it would go on from a saved state."""
    persistent, paths = bool(domain.isPersistent()), volume_paths(domain.connect())
    info = guest_info(domain.XMLDesc(), autostart=False, persistent=persistent, volume_path=paths)
    return replace(info, saved=bool(domain.hasManagedSaveImage()))


def _listed(connection: Any) -> list[GuestInfo]:
    """Every guest as a list shows it: what it is made of is not known yet."""
    autostart = _uuids(connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART))
    persistent = _uuids(connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT))
    return [
        GuestInfo(
            domain.name(),
            uuid := domain.UUIDString(),
            autostart=uuid in autostart,
            persistent=uuid in persistent,
            has_agent=False,
            known=False,
        )
        for domain in connection.listAllDomains()
    ]


def _uuids(things: Iterable[Any]) -> set[str]:
    return {thing.UUIDString() for thing in things}


_Things = tuple[ThingFacts, ...] | None


def _everything(connection: Any) -> tuple[list[GuestInfo], set[str], _Things, _Things]:
    saved = _uuids(connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE))
    pools = _things(ThingKind.POOL, connection.listAllStoragePools, _POOLS)
    networks = _things(ThingKind.NETWORK, connection.listAllNetworks, _NETWORKS)
    return _listed(connection), saved, pools, networks


_POOLS: Final = (
    libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE,
    libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
    libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
)
_NETWORKS: Final = (
    libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE,
    libvirt.VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
    libvirt.VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
)


def _things(kind: ThingKind, list_all: Callable[[int], Sequence[Any]], flags: Sequence[int]) -> _Things:
    """None where this libvirt has no such things, or does not let them be looked at."""
    try:
        active, autostart, persistent = (_uuids(list_all(flag)) for flag in flags)
        return tuple(
            ThingFacts(kind, uuid, thing.name(), uuid in active, uuid in autostart, uuid in persistent)
            for thing in sorted(list_all(0), key=lambda thing: str(thing.name()))
            for uuid in (thing.UUIDString(),)
        )
    except libvirt.libvirtError as error:
        if error.get_error_domain() == libvirt.VIR_FROM_RPC:  # the connection's own trouble
            raise
        return None


def _capacities(connection: Any) -> dict[str, dict[str, int | None]]:
    """Only of guests that are off: a running one's QEMU may hang, and has its disks open."""
    off = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF
    found = {}
    for domain, stats in connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_BLOCK, off):
        count = stats.get("block.count")
        if count is not None:
            disks = (f"block.{number}." for number in range(count))
            found[domain.UUIDString()] = {
                stats[f"{disk}path"]: stats.get(f"{disk}capacity") for disk in disks if f"{disk}path" in stats
            }
    return found


def _facts(info: GuestInfo, capacities: Mapping[str, int | None], *, saved: bool) -> GuestFacts:
    """Of a guest whose disks were not looked at, because it runs, is known which it has."""
    if not info.known:
        return GuestFacts(info.uuid, info.name, info.autostart, info.persistent, saved)
    disks = tuple(
        DiskFacts(path, capacities[path] is not None, capacities[path]) if path in capacities else DiskFacts(path)
        for path in info.disks
    )
    return GuestFacts(
        info.uuid, info.name, info.autostart, info.persistent, saved, info.title, info.nvram or "", disks
    )
