"""What a guest's serial console shows at power-on. The test hypervisor runs no firmware, so the lab plays it.

The disk decides: by the same first sector that a BIOS would look at.
"""

from pathlib import Path

from bot.demo.disks import is_bootable

_BIOS = """\
SeaBIOS (version 1.16.2-debian-1.16.2-1)

Booting from Hard Disk...
"""
_FAILED = """\
Boot failed: not a bootable disk

No bootable device.
"""
_BOOTED = """\
GRUB loading.
Welcome to GRUB!

[    0.000000] Linux version 6.1.0-26-amd64 (debian-kernel@lists.debian.org)
[    0.612345] virtio_blk virtio1: [vda] {sectors} 512-byte logical blocks
[    1.104211] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.
[    1.702390] systemd[1]: Hostname set to <{name}>.
[    2.918006] systemd[1]: Reached target multi-user.target - Multi-User System.

"""
_ASKS = """\
Debian GNU/Linux 12 {name} ttyS0

{name} login: """


def boot_text(name: str, disk: Path) -> str:
    """The console of guest `name` from its firmware to its login prompt, or to where the firmware gave up."""
    if not is_bootable(disk):
        return _FAILED
    return _BOOTED.format(name=name, sectors=disk.stat().st_size // 512) + _ASKS.format(name=name)


def power_on(console_log: Path) -> None:
    """Append to the console log what shows at once, as a serial port's log does."""
    _append(console_log, f"\n{_BIOS}")


def boot(name: str, disk: Path, console_log: Path) -> None:
    """Append what follows, to the end of the boot."""
    _append(console_log, boot_text(name, disk))


def prompt(name: str, disk: Path, console_log: Path) -> None:
    """Have getty ask for a login anew, as whenever someone presses Enter; what has not booted asks nothing."""
    if is_bootable(disk):
        _append(console_log, f"\n{_ASKS.format(name=name)}")


def _append(console_log: Path, text: str) -> None:
    with console_log.open("a") as log:
        log.write(text)
