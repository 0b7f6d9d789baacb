"""The database file: opened, migrated, and one object per kind of row. Refuses a database newer than itself."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from bot.store.alive import AliveRows
from bot.store.incidents import IncidentRows
from bot.store.outbox import OutboxRows
from bot.store.runs import RunRows
from bot.store.schema import migrations
from bot.store.targets import TargetRows

BUSY_SECONDS = 5.0


class StoreFailed(Exception):
    """The database can't be used. Permanent until a person acts; the message names the file."""


class Store:
    """One connection to the database. Belongs to the thread that opened it."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open `path`, making and migrating it unless `read_only`. Raises StoreFailed."""
        self.path = path
        try:
            self._db = Database(_connect(path, read_only=read_only))
            if not read_only:
                self._prepare()
        except (sqlite3.Error, OSError) as why:
            raise StoreFailed(f"cannot open the database '{path}': because {why}") from why
        self.incidents = IncidentRows(self._db)
        self.targets = TargetRows(self._db)
        self.runs = RunRows(self._db)
        self.outbox = OutboxRows(self._db)
        self.alive = AliveRows(self._db)

    def _prepare(self) -> None:
        # WAL lets the read-only connection read while the core thread writes. FULL makes a commit outlive the
        # power: in WAL mode NORMAL may lose the last ones.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        known = {m.name for m in migrations.pending(self._db)} | {m.name for m in migrations.applied(self._db)}
        newer = known - {m.name for m in migrations.pending(Database(memory=True))}
        if newer:
            raise StoreFailed(
                f"cannot open the database '{self.path}': because a newer Caretaker wrote it ({', '.join(newer)})"
            )
        migrations.apply(self._db)

    @contextmanager
    def transaction(self) -> Iterator["Store"]:
        """All or nothing. The write lock is taken at the first write."""
        with self._db.atomic():
            yield self

    def close(self) -> None:
        """Close the connection."""
        self._db.close()


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    if read_only:
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)  # what is in it is nobody else's business
    return sqlite3.connect(path, timeout=BUSY_SECONDS)
