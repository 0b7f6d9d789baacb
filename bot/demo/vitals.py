"""What a host of the demo tells of itself: files that look like a machine's own /proc, with its own boots.

Whoever looks into the host finds them by HOST_PROC and its like, as in a container that is shown its host's.
"""

import time
import uuid
from collections.abc import Mapping
from pathlib import Path

_MOUNTS = "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
_FSTAB = "/dev/vda1 / ext4 errors=remount-ro 0 1\n"


class Vitals:
    """One host's. `folder` holds them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._booted = time.monotonic()

    @property
    def environment(self) -> Mapping[str, str]:
        """What leads to them."""
        proc, system, etc = (str(self._folder / name) for name in ("proc", "sys", "etc"))
        return {"HOST_PROC": proc, "HOST_SYS": system, "HOST_ETC": etc, "HOST_ROOT": str(self._folder)}

    def boot(self) -> None:
        """It boots: another boot id, and no time has passed since."""
        self._booted = time.monotonic()
        self._write("proc/sys/kernel/random/boot_id", f"{uuid.uuid4()}\n")
        self._write("proc/self/mountinfo", _MOUNTS)
        self._write("etc/fstab", _FSTAB)
        self.tick()

    def tick(self) -> None:
        """Time has passed; to be called before anybody reads."""
        self._write("proc/uptime", f"{time.monotonic() - self._booted:.2f} 0.00\n")

    def _write(self, name: str, text: str) -> None:
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")  # as in /proc, nobody ever reads half of it
        new.write_text(text)
        new.replace(file)
