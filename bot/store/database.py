"""The database file: opened, migrated, and one object per kind of row. Refuses a database newer than itself."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.domain_log import Pending
from bot.redact import Redactor
from bot.store.alive import AliveRows
from bot.store.answered_while_off import AnsweredWhileOffRows
from bot.store.boots import BootRows
from bot.store.card_marks import CardMarkRows
from bot.store.events import EventRows
from bot.store.failures import StoreFailed, why_unwritable
from bot.store.heartbeat import HeartbeatRows
from bot.store.incidents import IncidentRows
from bot.store.inventory import InventoryRows
from bot.store.left_off import LeftOffRows
from bot.store.memory import Memory
from bot.store.outbox import OutboxRows
from bot.store.own_file import OwnFile, sync
from bot.store.record import RecordReader
from bot.store.runs import RunRows
from bot.store.schema import migrate, pending_migrations, unknown_migrations
from bot.store.script_records import RecordRows
from bot.store.second_channel import SecondChannelRows
from bot.store.silences import SilenceRows
from bot.store.targets import TargetRows
from bot.store.told import ToldRows

BUSY_SECONDS = 5.0
_OUTER_CAUSES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}
"""SQLite's codes for what is wrong around this program; any other is a mistake in it, and raised as it is."""


class Store:
    """One connection to the database. Belongs to the thread that opened it."""

    def __init__(self, path: Path, *, read_only: bool = False, redactor: Redactor | None = None) -> None:
        """Open `path`, making and migrating it unless `read_only`. Raises StoreFailed.

        What `redactor` knows is never written.
        """
        self.path = path
        self.redactor = redactor or Redactor()
        with self._named("open"):
            self._db = Database(_connect(path, self.redactor, read_only=read_only))
        try:
            with self._named("open"):
                self._prepare(read_only=read_only)
                self._name_rows()
                if not read_only:
                    self._remember()
        except BaseException:
            self._db.close()
            raise
        self.file = OwnFile.at(path)
        self._made_as = "" if read_only else self.identity()

    def _name_rows(self) -> None:
        self.log = Pending()
        self.memory = Memory(self._db)
        self.events = EventRows(self._db, self.log)
        self.incidents = IncidentRows(self._db, self.events, self.memory)
        self.targets = TargetRows(self._db, self.memory)
        self.silences = SilenceRows(self._db)
        self.inventory = InventoryRows(self._db)
        self.runs = RunRows(self._db)
        self.script_records = RecordRows(self._db)
        self.told = ToldRows(self._db)
        self.card_marks = CardMarkRows(self._db)
        self.outbox = OutboxRows(self._db)
        self.second_channel = SecondChannelRows(self._db)
        self.heartbeat = HeartbeatRows(self._db)
        self.alive = AliveRows(self._db, self.log)
        self.record = RecordReader(self._db, self.events)
        self.boots = BootRows(self._db)
        self.left_off = LeftOffRows(self._db, self.memory, self.targets)
        self.answered_while_off = AnsweredWhileOffRows(self._db)

    def _remember(self) -> None:
        """Keep in memory what is read, from one transaction to the next."""
        assert isinstance(self._db.conn, _Connection), "only what may be written is watched"
        self._db.conn.undone = self.memory.drop
        self.memory.watch()

    def _prepare(self, *, read_only: bool) -> None:
        if newer := unknown_migrations(self._db):
            why = f"a newer Caretaker has written it ({', '.join(newer)})"
            raise StoreFailed(f"cannot open the database '{self.path}': because {why}")
        if read_only:
            return
        # WAL lets the read-only connection read while the core thread writes. FULL makes a commit outlive the
        # power: in WAL mode NORMAL may lose the last ones.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        migrate(self._db)

    @property
    def lacks(self) -> list[str]:
        """The migrations still to be done: where it is only read, they are left alone."""
        return pending_migrations(self._db)

    def identity(self) -> str:
        """By what this database is told from every other, in hexadecimal: made with it, and never changed."""
        (row,) = self._db.query("select id from database_id")
        return str(row["id"])

    @property
    def changes(self) -> int:
        """How many rows this connection has changed so far."""
        return int(self._db.conn.total_changes)

    def copy_to(self, path: Path) -> None:
        """Write all that is in here into a file of its own, on the disk. Raises StoreFailed."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            with self._named("copy"):
                self._db.conn.execute("VACUUM INTO ?", [str(path)])
            self._demand_whole(path)
            sync(path)
        except OSError as why:
            raise StoreFailed(f"cannot copy the database '{self.path}': because {why.strerror}") from why

    def _demand_whole(self, copy: Path) -> None:
        """Of a file that was cut short, not all may have been there to be copied. Raises StoreFailed."""
        with closing(sqlite3.connect(copy)) as db:
            try:
                whole = db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
                whole = whole and db.execute("select id from database_id").fetchall() == [(self._made_as,)]
            except sqlite3.Error:
                whole = False
        if not whole:
            why = "what I have open of it is not whole. Stop me, put a backup in its place, and start me"
            raise StoreFailed(f"cannot copy the database '{self.path}': because {why}")

    @contextmanager
    def transaction(self) -> Iterator["Store"]:
        """All or nothing, and nothing on any exception. Raises StoreFailed, e.g. when the disk is full."""
        try:
            with self._named("use"), self._db.atomic():
                yield self
        except BaseException:
            self.memory.drop()
            raise

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as why:
            if getattr(why, "sqlite_errorcode", 0) & 0xFF not in _OUTER_CAUSES:  # the rest of the bits are details
                raise
            because = ""
            with suppress(OSError):  # it is not there, or the file system is gone
                because = why_unwritable(self.path)
            raise StoreFailed(f"cannot {what} the database '{self.path}': because {because or why}") from why

    def close(self) -> None:
        """Close the connection."""
        self._db.close()


class _Connection(sqlite3.Connection):
    """A connection through which no secret passes into the file. `undone` is called after a rollback."""

    redactor = Redactor()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.undone: Callable[[], None] = lambda: None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As sqlite3's."""
        try:
            return super().execute(sql, self.redactor.all_in(parameters))
        finally:
            if sql.lstrip()[:8].upper() == "ROLLBACK":
                self.undone()


def _connect(path: Path, redactor: Redactor, *, read_only: bool) -> sqlite3.Connection:
    if read_only:
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)  # what is in it is nobody else's business
    except OSError as why:
        raise StoreFailed(f"cannot open the database '{path}': because {why}") from why
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, factory=_Connection)
    connection.redactor = redactor
    return connection
