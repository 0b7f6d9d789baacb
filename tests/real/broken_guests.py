"""Real guests that do not come up: no kernel that finds its root, no system, nothing on the disk."""

import shutil
import subprocess
from pathlib import Path

import libvirt
import pytest

from bot.demo.real import GUEST_XML, RealGuest, RealHost
from bot.demo.tiny_guest import BOOT_AT, tiny_guest

OVMF = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
needs_ovmf = pytest.mark.skipif(not OVMF.exists(), reason="OVMF is not installed")

_UEFI = (
    f"<os><type arch='x86_64' machine='q35'>hvm</type><loader readonly='yes' type='pflash'>{OVMF}</loader></os>"
)
_NO_INITRAMFS = (
    "SERIAL 0 115200\nDEFAULT linux\nLABEL linux\n  KERNEL vmlinuz\n  APPEND console=ttyS0,115200 panic=0\n"
)


def take_initramfs(guest: RealGuest, folder: Path) -> None:
    """Its kernel finds no root file system, and panics. `folder`: for a file that is needed meanwhile."""
    config = folder / "syslinux.cfg"
    config.write_text(_NO_INITRAMFS)
    subprocess.run(["mcopy", "-o", "-i", f"{guest.disk}@@{BOOT_AT}", config, "::syslinux.cfg"], check=True)


def put_in_order(guest: RealGuest) -> None:
    """Its disk is as it was at first. It must be off."""
    shutil.copyfile(tiny_guest(), guest.disk)


def add_uefi_guest(host: RealHost, name: str) -> str:
    """A guest with UEFI firmware and an empty disk: it ends in the firmware's own shell. Gives its UUID."""
    disk = host.folder / f"{name}.img"
    disk.write_bytes(bytes(1 << 20))
    shutil.chown(disk, "nobody")
    log = f"<log file='{host.folder / f'{name}.console.log'}' append='off'/>"
    xml = GUEST_XML.format(name=name, uuid=host.uuid(name), disk=disk, bios="", channel="", log=log)
    begin, end = xml.index("<os>"), xml.index("</os>") + len("</os>")
    connection = libvirt.open(host.uri())
    try:
        connection.defineXML(xml[:begin] + _UEFI + xml[end:])
    finally:
        connection.close()
    return host.uuid(name)
