"""Whether the database's files are still those that are open, and how to write them anew where they are not.

A file that is deleted, cut short or replaced goes on for whoever has it open, and ends with the last of them: all
is well until the next start, which finds nothing. While it is open, everything can still be copied out of it.
"""

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path

Inode = tuple[int, int]
"""Device and number of a file: what tells it from another of its name."""

_IDENTITY = re.compile(r"[0-9a-f]+")
_BESIDE = ("-wal", "-shm")  # SQLite's own files beside a database


class Found(StrEnum):
    """What stands at the database's path: the file that is open, whole or cut short, nothing, or another file."""

    SAME = "same"
    CUT = "cut"
    GONE = "gone"
    ANOTHER = "another"


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The files of an open database, as they were when it was opened, or looked at last. `size`: in bytes."""

    path: Path
    database: Inode | None
    log: Inode | None
    size: int = 0

    @classmethod
    def at(cls, path: Path) -> "OwnFile":
        """The files there now."""
        return cls(path, inode(path), inode(_log(path)), _size(path))

    def found(self) -> Found:
        """What stands there now. Without its log, too, what was written last is lost."""
        now = OwnFile.at(self.path)
        if now.database is None:
            return Found.GONE
        if now.database != self.database:
            return Found.ANOTHER
        if self.log not in {None, now.log}:
            return Found.GONE
        return Found.SAME if now.size >= self.size else Found.CUT  # SQLite itself never makes it smaller

    def looked_at(self) -> "OwnFile":
        """The same files, with the size that they have by now."""
        return replace(self, size=_size(self.path))


def inode(path: Path) -> Inode | None:
    """Which file stands there; None where none can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def inode_of(descriptor: int) -> Inode:
    """Which file is open there."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def put_in_place(fresh: Path, path: Path) -> None:
    """Have a whole copy of a database stand at `path`, on the disk. Raises OSError."""
    sync(fresh)
    for beside in _BESIDE:  # of the file that is gone: to the copy they would do harm
        path.with_name(f"{path.name}{beside}").unlink(missing_ok=True)
    fresh.rename(path)
    sync(path.parent)


@dataclass(frozen=True, slots=True)
class Used:
    """The database that was used last: its identity, "" where nothing tells it, and when it surely was in use."""

    identity: str = ""
    at: datetime | None = None


def last_used(path: Path) -> Used:
    """Which database was used at `path` last. Raises OSError."""
    try:
        identity, _, at = _mark(path).read_text(errors="replace").partition(" ")
    except FileNotFoundError:
        return Used()
    return Used(identity, _moment(at)) if _IDENTITY.fullmatch(identity) else Used()


def note_used(path: Path, used: Used) -> None:
    """Have it outlive the power, and the database, which one is used at `path`. Raises OSError."""
    fresh = _mark(path).with_suffix(".fresh")
    fresh.write_text(f"{used.identity} {used.at.isoformat()}" if used.at else used.identity)
    sync(fresh)
    fresh.rename(_mark(path))
    sync(path.parent)


def kept_at(path: Path, now: datetime, zone: tzinfo = UTC) -> Path:
    """Where a copy is kept beside a database whose place another file has taken."""
    return path.with_name(f"{path.name}.kept-{now.astimezone(zone):%Y%m%d-%H%M%S}")


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, outlive the power. Raises OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _mark(path: Path) -> Path:
    return path.with_suffix(".last-used")


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
