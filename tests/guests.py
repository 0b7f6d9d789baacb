"""Guests on libvirt's test hypervisor, from their owner's side: defined, started, crashed, removed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libvirt

from bot.hypervisor.events import run_event_loop

URI = "test:///default"
"""One and the same for all connections of this process, for as long as there is one."""

_LOG = "<serial type='pty'><log file='{log}' append='on'/><target port='0'/></serial>"
_AGENT = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
_DISK = "<disk type='file' device='disk'><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>"
_GUEST = (
    "<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os>"
    "<devices>{devices}</devices></domain>"
)


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
    ) -> None:
        """A guest with what it has."""
        log = log or self.log
        devices = (_LOG.format(log=log) if log else "") + (_AGENT if agent else "")
        devices += _DISK.format(disk=disk) if disk else ""
        domain = self.connection.defineXML(_GUEST.format(name=name, devices=devices))
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
        if domain.isActive():
            domain.destroy()
        domain.undefine()


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
