"""A real file system that is soon full. Takes root, as every mount; elsewhere tests are skipped."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

needs_mounts = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system takes root")


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system of a few megabytes at `folder`."""

    folder: Path

    def fill(self) -> None:
        """Leave no room, as a log that has grown."""
        with (self.folder / "log").open("ab", buffering=0) as log:
            try:
                while log.write(bytes(4096)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        """Make room again."""
        (self.folder / "log").unlink()


@contextmanager
def small_disk(folder: Path, size: str = "2m") -> Iterator[SmallDisk]:
    """A file system mounted at `folder` until the block ends."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
