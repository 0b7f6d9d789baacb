"""The guests' disks: small raw files that begin with a real boot sector, and the harm that can come to them."""

import os
from pathlib import Path

_SECTOR = 512
_SIGNATURE = b"\x55\xaa"  # the last two bytes of a sector that a BIOS will boot from

_SPARSE = 2**20
_BLOCK = 4 * 2**20
_WIPED = 128 * _SECTOR

# One active Linux partition from sector 128 on: status, CHS start, type, CHS end, first sector, number of sectors.
_PARTITION = b"\x80\x02\x03\x00\x83\xfe\xff\xff" + (128).to_bytes(4, "little") + (1920).to_bytes(4, "little")
_BOOT_SECTOR = b"\xeb\x63\x90GRUB \0".ljust(446, b"\0") + _PARTITION.ljust(64, b"\0") + _SIGNATURE


def make_disk(path: Path, data: int) -> None:
    """Write a bootable disk with `data` MiB (a multiple of 4) behind its boot sector, or a sparse one for 0.

    One random block fills it again and again: it is as long to restore as any, and quick to make and to back up.
    """
    block = os.urandom(_BLOCK) if data else b""
    with path.open("wb") as file:
        file.write(_BOOT_SECTOR)
        for _ in range(data * 2**20 // _BLOCK):
            file.write(block)
        file.truncate(max(_SPARSE, file.tell()))


def is_bootable(path: Path) -> bool:
    """Whether a BIOS would boot from it; not, where there is no disk to read."""
    try:
        with path.open("rb") as file:
            return file.read(_SECTOR).endswith(_SIGNATURE)
    except OSError:
        return False


def wipe_start(path: Path) -> bytes:
    """Overwrite the boot sector and what follows it with zeros, in place; gives back what stood there."""
    with path.open("r+b") as file:
        lost = file.read(_WIPED)
        file.seek(0)
        file.write(bytes(len(lost)))
    return lost


def write_start(path: Path, start: bytes) -> None:
    """Put back what `wipe_start` took; where the whole disk is gone meanwhile, it is that alone."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(start)
