"""Looking for processes by what stands on their command line."""

from contextlib import suppress
from pathlib import Path


def alive(needle: str) -> list[int]:
    """The processes with `needle` on their command line; one that ended and was not yet waited for has none."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if needle in (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                found.append(int(folder.name))
    return found
