"""Guests on libvirt's test hypervisor, from their owner's side: defined, started, crashed, removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import libvirt

from bot.core.guest import GuestInfo
from bot.core.health import TargetId, guest_id
from bot.hypervisor import Hypervisor
from bot.hypervisor.events import run_event_loop

URI = "test:///default"
"""One and the same for all connections of this process, for as long as there is one."""

_LOG = "<serial type='pty'><log file='{log}' append='on'/><target port='0'/></serial>"
_AGENT = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
_DISK = "<disk type='file' device='disk'><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>"
_GUEST = (
    "<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory>1024</memory><os><type>hvm</type></os>"
    "<devices>{devices}</devices></domain>"
)


def uuid(name: str) -> str:
    """The UUID that the guest of that name has here; `test` is the one that the test hypervisor comes with."""
    return "6695eb01-f6a4-8304-79aa-97f2502e193f" if name == "test" else str(uuid5(NAMESPACE_DNS, name))


def guest(name: str) -> TargetId:
    """That guest as a target."""
    return guest_id(uuid(name))


async def read_all(hypervisor: Hypervisor) -> dict[str, GuestInfo]:
    """Its guests by name, once all they are made of was read."""
    found = {info.name: info for info in await hypervisor.guests()}
    while infos := await hypervisor.read_definitions():
        found |= {info.name: info for info in infos}
    return found


class Guests:
    """The guests there are; none at first. `log`: the console's log of those that have none of their own."""

    def __init__(self, connection: libvirt.virConnect, log: Path | None) -> None:
        self.connection = connection
        self.log = log
        for domain in connection.listAllDomains():
            self.remove(domain.name())

    def add(
        self,
        name: str,
        *,
        log: Path | None = None,
        agent=False,
        disk: Path | None = None,
        autostart=True,
        start=True,
        made_as: str = "",
    ) -> None:
        """A guest with what it has. `made_as`: whose UUID it has, if not that of its name."""
        log = log or self.log
        devices = (_LOG.format(log=log) if log else "") + (_AGENT if agent else "")
        devices += _DISK.format(disk=disk) if disk else ""
        domain = self.connection.defineXML(_GUEST.format(name=name, uuid=uuid(made_as or name), devices=devices))
        domain.setAutostart(autostart)
        if start:
            domain.create()

    def domain(self, name: str) -> libvirt.virDomain:
        """It, for whatever is to be done to it."""
        return self.connection.lookupByName(name)

    def crash(self, name: str) -> None:
        """Its virtual machine dies."""
        self.domain(name).coreDump("/dev/null", libvirt.VIR_DUMP_CRASH)

    def remove(self, name: str) -> None:
        """As if it had never been."""
        domain = self.domain(name)
        persistent = domain.isPersistent()
        if domain.isActive():
            domain.destroy()
        if persistent:
            domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)


@contextmanager
def owned_guests(log: Path | None = None) -> Iterator[Guests]:
    """An owner's hand on the test hypervisor."""
    run_event_loop()
    connection = libvirt.open(URI)
    guests = Guests(connection, log)
    try:
        yield guests
    finally:
        for domain in connection.listAllDomains():
            guests.remove(domain.name())
        connection.close()
