"""A bootable disk for a real guest, made of Debian packages: Linux, busybox, the QEMU guest agent; 36 MB in all.

Needs neither root nor a loop device, and installs nothing: apt downloads the packages, and they are unpacked
aside. What was built is kept and used again until this file or the packages' versions change. For x86 with a BIOS.
"""

import gzip
import hashlib
import lzma
import os
import shutil
import stat
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

TOOLS = ("apt-get", "apt-cache", "dpkg-deb", "ldd", "mke2fs", "mformat", "mcopy", "syslinux")
KERNELS = ("linux-image-cloud-amd64", "linux-image-virtual", "linux-image-generic")  # Debian's; Ubuntu's
MBR_CODE = Path("/usr/lib/syslinux/mbr/mbr.bin")
MODULES = (
    *("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"),
    *("virtio_blk", "virtio_console"),
)
FOLDERS = ("bin", "dev", "etc", "lib", "lib64", "newroot", "proc", "root", "run", "sbin", "sys", "tmp", "var/run")
MIB, SECTOR = 1 << 20, 512
BOOT_AT, BOOT_SIZE, ROOT_SIZE = 1 * MIB, 20 * MIB, 15 * MIB  # the boot partition, and the root one behind it

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in {modules}; do [ -f /lib/modules/$module.ko ] && insmod /lib/modules/$module.ko; done
tries=0; while [ ! -b /dev/vda2 ] && [ $tries -lt 20 ]; do sleep 0.2; tries=$((tries+1)); done
if mount -t ext4 /dev/vda2 /newroot; then
    for place in dev proc sys; do mount --move /$place /newroot/$place; done
    exec switch_root /newroot /sbin/init
fi
echo "Failed to mount /dev/vda2 as root file system." > /dev/console
PS1='(initramfs) ' exec sh -i
"""

ROOT_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin
mount -t tmpfs run /run
for port in /sys/class/virtio-ports/*; do
    mkdir -p /dev/virtio-ports; ln -sf /dev/$(basename $port) /dev/virtio-ports/$(cat $port/name)
done
hostname -F /etc/hostname
qemu-ga -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -t /run -d -l /run/qga.log
for screen in tty1 ttyS0; do echo "tiny login:" > /dev/$screen; done
while :; do sh -i; sleep 1; done
"""

SHUTDOWN = """#!/bin/busybox sh
sync
case "$*" in *-r*) exec /bin/busybox reboot -f;; *) exec /bin/busybox poweroff -f;; esac
"""

SYSLINUX = """SERIAL 0 115200
DEFAULT linux
LABEL linux
  KERNEL vmlinuz
  INITRD initrd.gz
  APPEND quiet console=ttyS0,115200 console=tty0
"""


class CannotBuild(Exception):
    """A tool or package is missing, or failed. The text says which and what it said."""


def cache() -> Path:
    """Where what was built is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "caretaker-tests"


def tiny_guest() -> Path:
    """The disk image, raw; built if it isn't there yet (5 s, and 30 MB of packages). Raises CannotBuild."""
    if missing := [tool for tool in TOOLS if shutil.which(tool, path=_path()) is None]:
        raise CannotBuild(f"cannot build the guest: because {', '.join(missing)} is not installed")
    packages = [_kernel(), "busybox-static", "qemu-guest-agent"]
    recipe = Path(__file__).read_text() + _run("apt-cache", "show", "--no-all-versions", *packages)
    disk = cache() / f"tiny-guest-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.img"
    if not disk.exists():
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache(), prefix="building-") as folder:
            _build(Path(folder), packages).replace(disk)
    return disk


def _build(folder: Path, packages: Sequence[str]) -> Path:
    unpacked = folder / "unpacked"
    _run("apt-get", "-q", "download", *packages, cwd=folder)
    for package in folder.glob("*.deb"):
        _run("dpkg-deb", "-x", str(package), str(unpacked))
    boot, root = _boot_partition(folder, unpacked), _root_partition(folder, unpacked)
    disk = folder / "disk.img"
    disk.write_bytes(_boot_sector().ljust(BOOT_AT, b"\0") + boot + root)
    return disk


def _kernel() -> str:
    """The package with the kernel itself that the first known name stands for here."""
    for name in KERNELS:
        for line in _run("apt-cache", "depends", "--important", name, check=False).splitlines():
            kind, _, package = line.strip().partition(": ")
            if kind == "Depends" and package.startswith("linux-image-"):
                return package
    raise CannotBuild(
        f"cannot build the guest: because apt knows none of {', '.join(KERNELS)}; try apt-get update"
    )


def _boot_sector() -> bytes:
    """The first sector: boot code, and a table of an active FAT16 and a Linux partition."""
    sectors = [
        (at // SECTOR, size // SECTOR) for at, size in ((BOOT_AT, BOOT_SIZE), (BOOT_AT + BOOT_SIZE, ROOT_SIZE))
    ]
    kinds = ((0x80, 0x06), (0x00, 0x83))
    table = b"".join(
        struct.pack("<B3xB3xII", active, kind, start, size)
        for (active, kind), (start, size) in zip(kinds, sectors, strict=True)
    )
    return MBR_CODE.read_bytes()[:440].ljust(446, b"\0") + table.ljust(64, b"\0") + b"\x55\xaa"


def _boot_partition(folder: Path, unpacked: Path) -> bytes:
    image = folder / "boot.img"
    image.write_bytes(bytes(BOOT_SIZE))
    (folder / "syslinux.cfg").write_text(SYSLINUX)
    (folder / "initrd.gz").write_bytes(gzip.compress(cpio(_first_stage(folder / "first", unpacked)), 6))
    shutil.copy(next(unpacked.glob("boot/vmlinuz-*")), folder / "vmlinuz")
    # fmt: off
    _run("mformat", "-i", str(image), "-h", "64", "-s", "32", "-T", str(BOOT_SIZE // SECTOR),
         "-H", str(BOOT_AT // SECTOR), "::")
    # fmt: on
    _run(
        "mcopy", "-i", str(image), *(str(folder / name) for name in ("vmlinuz", "initrd.gz", "syslinux.cfg")), "::"
    )
    _run("syslinux", "--install", str(image))
    return image.read_bytes()


def _root_partition(folder: Path, unpacked: Path) -> bytes:
    tree = _common(folder / "root", unpacked)
    agent = unpacked / "usr/sbin/qemu-ga"
    _program(tree / "sbin/qemu-ga", agent.read_bytes())
    for library in _libraries(agent):
        (tree / library.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, tree / library.relative_to("/"))
    _program(tree / "sbin/init", ROOT_INIT.encode())
    _program(tree / "sbin/shutdown", SHUTDOWN.encode())
    (tree / "etc/os-release").write_text('ID=tiny\nNAME="Tiny guest"\nPRETTY_NAME="Tiny guest"\n')
    (tree / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (tree / "etc/hostname").write_text("tiny\n")
    image = folder / "root.img"
    _run("mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", str(tree), str(image), f"{ROOT_SIZE // MIB}M")
    return image.read_bytes()


def _first_stage(tree: Path, unpacked: Path) -> Path:
    """What the kernel starts with: just enough to find and mount the root partition."""
    _common(tree, unpacked)
    _program(tree / "init", INIT.format(modules=" ".join(MODULES)).encode())
    (tree / "lib/modules").mkdir()
    for name in MODULES:  # those that this kernel hasn't built in
        for module in unpacked.glob(f"**/lib/modules/*/kernel/drivers/**/{name}.ko*"):
            content = module.read_bytes()
            plain = lzma.decompress(content) if module.suffix == ".xz" else content  # packed since Debian 13
            (tree / "lib/modules" / f"{name}.ko").write_bytes(plain)
    return tree


def _common(tree: Path, unpacked: Path) -> Path:
    for name in FOLDERS:
        (tree / name).mkdir(parents=True)
    busybox = next(path for path in (unpacked / "bin/busybox", unpacked / "usr/bin/busybox") if path.exists())
    _program(tree / "bin/busybox", busybox.read_bytes())
    (tree / "bin/sh").symlink_to("busybox")
    return tree


def _program(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)


def _libraries(program: Path) -> list[Path]:
    """Where this system has the shared libraries of a program, as `ldd` finds them, the loader too."""
    words = (line.split() for line in _run("ldd", str(program)).splitlines())
    return [Path(word) for line in words if (word := next((w for w in line if w.startswith("/")), ""))]


def cpio(tree: Path) -> bytes:
    """An archive of a folder in the one format the kernel unpacks ("newc"), everything in it root's."""

    def entries() -> Iterator[bytes]:
        for number, path in enumerate(sorted(tree.rglob("*")), 1):
            yield entry(str(path.relative_to(tree)), path.lstat().st_mode, _content(path), number)
        yield entry("TRAILER!!!", 0, b"", 0)

    def entry(name: str, mode: int, content: bytes, number: int) -> bytes:
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        return _padded(header) + _padded(content)

    return b"".join(entries())


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)


def _content(path: Path) -> bytes:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return os.fsencode(path.readlink())
    return path.read_bytes() if stat.S_ISREG(mode) else b""


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # mke2fs is there, and not on every user's path


def _run(*command: str, cwd: Path | None = None, check: bool = True) -> str:
    environment = {**os.environ, "PATH": _path(), "LC_ALL": "C"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if check and done.returncode != 0:
        raise CannotBuild(f"cannot build the guest: because {command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
