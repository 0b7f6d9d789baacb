"""What was read of the database, kept for the next transaction of the one connection that writes it.

The database is the truth: nothing is kept but what was read from it, and nobody has to say what is out of date.
SQLite's own triggers tell which rows this connection writes, whatever statement writes them; those are read again
before they are used. All is read anew after another connection has written, after an error, and after anything was
taken back. Outside a transaction, and where the database is only read, nothing is kept. Row ids
may change by VACUUM alone: this connection never does so, and another's counts as its writing.
"""

from collections import defaultdict
from typing import Any, Protocol, TypeVar

from sqlite_utils import Database

P = TypeVar("P")

_EVENTS = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}


class Kept(Protocol):
    """Something made of rows of one table. `changed`: the row ids of those that were written since."""

    changed: set[int]

    def drop(self) -> None:
        """Any of them may have been written."""


class Memory:
    """Knows whether what was read before still holds. Belongs to one connection."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._watches = False
        self._version: int | None = None  # of the database, when what is kept was read
        self._kept: dict[str, list[Kept]] = defaultdict(list)
        self._parts: dict[type, Any] = {}

    def register(self, table: str, kept: Kept) -> None:
        """Tell `kept` which rows of `table` are written, once it is watched."""
        self._kept[table].append(kept)

    def watch(self) -> None:
        """Have SQLite tell of each row that is written: from now on, what is read may be kept."""
        self.db.conn.create_function("row_written", 2, self._written)
        self.db.execute("PRAGMA temp_store=MEMORY")  # no file that could not be written
        self.db.execute("PRAGMA recursive_triggers=ON")  # else nobody is told what `insert or replace` deletes
        for table in self._kept:
            for event, sides in _EVENTS.items():
                tell = " ".join(f"select row_written('{table}', {side}.rowid);" for side in sides)
                on = f"{table}_{event} after {event} on main.{table}"
                self.db.execute(f"create temp trigger told_of_{on} begin {tell} end")
        self._watches = True

    def _written(self, table: str, row: int) -> None:
        for kept in self._kept[table]:
            kept.changed.add(row)

    def holds(self) -> bool:
        """Whether what is kept may be used, and what is read now may be kept."""
        if not self._watches or not self.db.conn.in_transaction:
            return False
        (version,) = self.db.conn.execute("PRAGMA data_version").fetchone()  # pinned by the transaction
        if version != self._version:  # another connection has written
            self.drop()
            self._version = version
        return True

    def part(self, kind: type[P]) -> P:
        """Something made of what is kept, which is dropped together with it; a new one where nothing is kept."""
        if not self.holds():
            return kind()
        if kind not in self._parts:
            self._parts[kind] = kind()
        part: P = self._parts[kind]
        return part

    def drop(self) -> None:
        """Keep nothing of what was read so far."""
        self._version = None
        self._parts.clear()
        for of_table in self._kept.values():
            for kept in of_table:
                kept.drop()
