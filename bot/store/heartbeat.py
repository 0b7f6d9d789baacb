"""When the heartbeat was taken last, and why it was not, in one row."""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bot.store.rows import time_in, time_out


@dataclass(frozen=True, slots=True)
class Pinged:
    """`taken_at`: when one was taken last, if it was `failing`; `failed_at` and `why`: of a later failure."""

    taken_at: datetime | None
    failing: bool
    failed_at: datetime | None
    why: str


class HeartbeatRows:
    """The table `heartbeat` (one row)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self) -> Pinged | None:
        """What became of it last; None if there never was one."""
        rows = self._db.query("select * from heartbeat where id = 1")
        found = (
            Pinged(time_in(r["taken_at"]), bool(r["failing"]), time_in(r["failed_at"]), r["why"] or "")
            for r in rows
        )
        return next(found, None)

    def answered(self, now: datetime, *, failing: bool) -> None:
        """One was taken."""
        row = {"id": 1, "taken_at": time_out(now), "failing": failing, "failed_at": None, "why": None}
        self._db.table("heartbeat").upsert(row, pk="id")

    def failed(self, now: datetime, why: str) -> None:
        """One was not taken."""
        self._db.table("heartbeat").upsert({"id": 1, "failed_at": time_out(now), "why": why}, pk="id")
