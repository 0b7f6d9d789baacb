"""A host that runs an sshd, and whose /proc, /sys and /etc are a folder that a test can change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.config import Host, Ssh
from tests.real.sshd import Sshd, running_sshd

BOOTS = [f"{n}c4b1cd2-53b4-44e9-b801-e5d0d1700703" for n in range(10)]
_MOUNTS = """22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / {options} shared:1 - ext4 /dev/vda1 {own}
40 27 8:1 / /srv ro,relatime shared:2 - ext4 /dev/sda1 ro
"""
_FSTAB = """# / was on /dev/sda1
#/dev/sda1 / xfs ro 0 1
UUID=1 / ext4 errors=remount-ro 0 1"""
_PARTS = {"HOST_PROC": "proc", "HOST_SYS": "sys", "HOST_ETC": "etc", "HOST_ROOT": "root"}


@dataclass
class Machine:
    """A host. `boot` gives it another boot id; `mount` says how its root is mounted."""

    folder: Path
    sshd: Sshd

    def well(self) -> None:
        """It has booted three minutes ago, and all is well."""
        self.boot()
        self.mount()
        self.write("etc/fstab", _FSTAB)
        self.write("sys/fs/ext4/vda1/errors_count", "0")
        self.write("sys/fs/ext4/sda1/errors_count", "7")  # another disk's
        link = self.folder / "sys/dev/block/254:0"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to("../../devices/virtio1/block/vda/vda1")
        for left in ("etc/initrd-release", "proc/1/stat", "proc/self/stat"):
            (self.folder / left).unlink(missing_ok=True)

    def boot(self, number: int = 0, *, uptime: float = 180) -> None:
        self.write("proc/sys/kernel/random/boot_id", BOOTS[number])
        self.write("proc/uptime", f"{uptime} 1000.00")

    def first_process(self, *, started: int, age: int) -> None:
        """As a container has one of its own. `started`: in ticks of its host's kernel; `age`: in seconds."""
        for process, ticks in (("1", started), ("self", started + 100 * age)):
            fields = ["S", *["0"] * 18, str(ticks), "21000000", "3000"]
            self.write(f"proc/{process}/stat", f"1 (init) (1) {' '.join(fields)}")

    def mount(self, options: str = "rw,relatime", own: str = "rw,errors=remount-ro") -> None:
        self.write("proc/self/mountinfo", _MOUNTS.format(options=options, own=own).rstrip())

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    @property
    def host(self) -> Host:
        """What lab.yaml says of it."""
        ssh = Ssh(self.sshd.user, self.sshd.port, self.sshd.key, self.sshd.known_hosts)
        return Host("atlas", "127.0.0.1", ssh)


@contextmanager
def running_machine(folder: Path, port: int | None = None) -> Iterator[Machine]:
    """A host until the block ends; in the folder and on the port of an earlier one it is that again."""
    environment = {name: str(folder / part) for name, part in _PARTS.items()}
    with running_sshd(folder / "sshd", environment=environment, port=port) as sshd:
        yield Machine(folder, sshd)
