"""The lab's guests on libvirt's test hypervisor, from the side of the hypervisor's owner.

It uses libvirt itself: what it needs (defining guests, crashing them) is not the bot's business. Blocking calls,
for a thread; each answers within milliseconds, since this hypervisor lives in the process.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import libvirt

from bot.demo import firmware
from bot.demo.disks import make_disk
from bot.demo.roster import Habit, LabGuest
from bot.hypervisor.events import run_event_loop

_XML = """<domain type='test'>
  <name>{name}</name><memory unit='MiB'>512</memory><vcpu>1</vcpu><os><type>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'><log file='{log}' append='on'/><target port='0'/></serial>
  </devices>
</domain>"""

BOOT_TAKES = 2.0
"""Seconds from a guest's power-on to its login prompt."""


class Guests:
    """The guests of `roster`, each with a disk and a console log in `folder`."""

    def __init__(self, uri: str, folder: Path, roster: Sequence[LabGuest]) -> None:
        self._uri = uri
        self._folder = folder
        self._roster = {guest.name: guest for guest in roster}
        self._connection: Any = None
        self._callback = -1
        self._boots: dict[str, threading.Timer] = {}

    def open(self) -> None:
        """Make the disks, define the guests, and start those that run. Other guests there are removed first."""
        for kind in ("disks", "consoles"):
            (self._folder / kind).mkdir(parents=True, exist_ok=True)
        for guest in self._roster.values():
            make_disk(self.disk(guest.name), guest.data)
        run_event_loop()
        self._connection = libvirt.open(self._uri)
        self._clear()
        lifecycle = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
        self._callback = self._connection.domainEventRegisterAny(None, lifecycle, self._happened, None)
        for guest in self._roster.values():
            self._define(guest)
        for guest in self._roster.values():
            if guest.habit is not Habit.OFF:
                self.start(guest.name)

    def close(self) -> None:
        """Remove the guests and let go."""
        if self._connection is not None:
            self._connection.domainEventDeregisterAny(self._callback)
            for boot in list(self._boots.values()):
                boot.cancel()
                boot.join()
            self._clear()
            self._connection.close()
            self._connection = None

    def disk(self, name: str) -> Path:
        """The disk of a guest."""
        return self._folder / "disks" / f"{name}.img"

    def console_log(self, name: str) -> Path:
        """Where a guest's serial console is written to."""
        return self._folder / "consoles" / f"{name}.log"

    def running(self) -> list[str]:
        """The names of the guests that run, in the roster's order."""
        active = {domain.name() for domain in self._active()}
        return [name for name in self._roster if name in active]

    def missing(self) -> list[str]:
        """Who should come up with the hypervisor and does not run: autostart, and what is always made anew."""
        off = libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE | libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART
        defined = [domain.name() for domain in self._connection.listAllDomains(off)]
        made = {name for name, guest in self._roster.items() if guest.habit is Habit.EPHEMERAL}
        absent = {*defined, *made} - set(self.running())
        return [name for name in self._roster if name in absent]

    def start(self, name: str) -> None:
        """Switch a guest on; one that is not defined is made. One that runs already is left alone."""
        with suppress(libvirt.libvirtError):  # a person may have been faster
            if self._roster[name].habit is Habit.EPHEMERAL:
                self._connection.createXML(self._xml(name))
            else:
                self._connection.lookupByName(name).create()

    def prompt(self) -> None:
        """Have all that run ask for a login anew on their consoles."""
        for name in self.running():
            firmware.prompt(name, self.disk(name), self.console_log(name))

    def cut(self) -> int:
        """Take the power from all that run; gives their number."""
        return sum(_destroyed(domain) for domain in self._active())

    def cycle(self, name: str) -> None:
        """Take a guest's power and give it back."""
        _destroyed(self._connection.lookupByName(name))
        self.start(name)

    def crash(self, name: str) -> None:
        """Have a guest crash as its hypervisor sees it."""
        dump = self._folder / f"{name}.core"
        self._connection.lookupByName(name).coreDump(str(dump), libvirt.VIR_DUMP_CRASH)
        dump.unlink(missing_ok=True)

    def _active(self) -> list[Any]:
        return list(self._connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE))

    def _define(self, guest: LabGuest) -> None:
        if guest.habit is not Habit.EPHEMERAL:
            domain = self._connection.defineXML(self._xml(guest.name))
            domain.setAutostart(int(guest.habit is Habit.AUTOSTART))

    def _xml(self, name: str) -> str:
        return _XML.format(name=name, disk=self.disk(name), log=self.console_log(name))

    def _clear(self) -> None:
        for domain in self._connection.listAllDomains():
            _destroyed(domain)
            with suppress(libvirt.libvirtError):  # a transient one is gone when it is off
                domain.undefine()

    def _happened(self, _connection: Any, domain: Any, event: int, _detail: int, _opaque: Any) -> None:
        """Whoever started a guest, the bot included: its firmware runs. On libvirt's own thread."""
        name = domain.name()
        if event == libvirt.VIR_DOMAIN_EVENT_STARTED and name in self._roster:
            firmware.power_on(self.console_log(name))
            if name in self._boots:
                self._boots[name].cancel()  # it was switched off and on within that time
            boot = threading.Timer(BOOT_TAKES, self._boot, [name])
            boot.daemon = True
            boot.start()
            self._boots[name] = boot

    def _boot(self, name: str) -> None:
        """It has come as far as a boot takes, unless it lost its power meanwhile. On a thread of its own."""
        connection = self._connection
        with suppress(libvirt.libvirtError):  # it is there no more
            if connection is not None and connection.lookupByName(name).isActive():
                firmware.boot(name, self.disk(name), self.console_log(name))


def _destroyed(domain: Any) -> bool:
    """Take a guest's power; whether it had any."""
    try:
        domain.destroy()
    except libvirt.libvirtError:
        return False
    return True
