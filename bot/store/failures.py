"""Why the database, or a value in it, can't be used."""

import os
from pathlib import Path
from typing import Final

ROOM: Final = 64 * 1024
"""Bytes; with less a file system is full for a database."""


class StoreFailed(Exception):
    """The database can't be used. Permanent until a person acts; the message says what of it and why."""

    @property
    def reason(self) -> str:
        """Why, without what could not be done."""
        return str(self).partition(": because ")[2] or str(self)


class StoreInUse(StoreFailed):
    """Another Caretaker has the database open: there is nothing to mend, one of the two is too many."""


class ValueUnreadable(StoreFailed):
    """A stored value is none that this version understands; nothing of it is used."""

    @property
    def reason(self) -> str:
        """What can't be read, too: it is not the whole database."""
        return str(self)


def why_unwritable(database: Path) -> str:
    """What keeps anyone from writing where the database is, in words; empty for nothing that is known."""
    found = os.statvfs(database)
    if found.f_flag & os.ST_RDONLY:
        return f"the file system of {database.parent} is read-only"
    if found.f_bavail * found.f_frsize < ROOM:
        return f"the file system of {database.parent} is full"
    return ""
