"""The programs that tests start for real: where they are, and which of them run."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest


def installed(program: str) -> str:
    """Where a program is; where it is not, the test is skipped."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    return found or pytest.skip(f"{program} is not installed")


def alive(needle: str) -> list[int]:
    """The processes with `needle` on their command line; one that ended and was not yet waited for has none."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if needle in (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                found.append(int(folder.name))
    return found
