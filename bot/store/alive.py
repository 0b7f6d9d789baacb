"""When the bot itself was alive, and what befell it: the row it renews, and its journal."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from bot.core.picture import Outlook
from bot.domain_log import Pending
from bot.store.outlook_json import outlook_in, outlook_out
from bot.store.rows import moment, time_in, time_out


@dataclass(frozen=True, slots=True)
class Alive:
    """The last sign of life. `stopped_at`: when it was stopped on purpose, None if it was not.

    `boot_id`: of the machine that it ran on, "" where that is not known.
    """

    started_at: datetime
    at: datetime
    stopped_at: datetime | None
    boot_id: str = ""

    def stopped_by(self, every: timedelta) -> datetime:
        """By when the bot had surely stopped: it shows that it lives `every` so often, and did not once more."""
        return self.stopped_at or self.at + every


class AliveRows:
    """The tables `alive` (one row) and `journal`."""

    def __init__(self, db: Database, log: Pending) -> None:
        self._db = db
        self._log = log

    def last(self) -> Alive | None:
        """The last sign of life, None on the very first start."""
        rows = self._db.query("select * from alive where id = 1")
        found = (
            Alive(moment(r["started_at"]), moment(r["at"]), time_in(r["stopped_at"]), r["boot_id"] or "")
            for r in rows
        )
        return next(found, None)

    def start(self, now: datetime, boot_id: str = "") -> None:
        """The bot has started, on a machine with that boot id."""
        times = {"started_at": time_out(now), "at": time_out(now), "stopped_at": None}
        row = {"id": 1, **times, "boot_id": boot_id, "outlook_json": None}  # nothing was looked at yet
        self._db.table("alive").upsert(row, pk="id")

    def renew(self, now: datetime) -> None:
        """The bot is alive."""
        self._db.execute("update alive set at = ? where id = 1", [time_out(now)])

    def keep_outlook(self, outlook: Outlook) -> None:
        """What it has not seen yet, and what it does not look at."""
        self._db.execute("update alive set outlook_json = ? where id = 1", [outlook_out(outlook)])

    def outlook(self) -> Outlook | None:
        """What was kept of that last; None before anything was since the start."""
        rows = self._db.query("select outlook_json from alive where id = 1 and outlook_json is not null")
        return next((outlook_in(row["outlook_json"]) for row in rows), None)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: the bot has run for as long as before."""
        row = self.last()
        if row is not None:
            started = time_out(row.started_at + step)
            self._db.execute("update alive set started_at = ? where id = 1", [started])

    def stop(self, now: datetime) -> None:
        """The bot stops because it was told to."""
        self._db.execute("update alive set at = ?, stopped_at = ? where id = 1", [time_out(now), time_out(now)])

    def write(self, text: str, now: datetime) -> None:
        """A line in the journal: what befell the bot itself."""
        self._db.table("journal").insert({"at": time_out(now), "text": text})
        self._log.add("bot.journal", text)

    def journal(self, limit: int) -> list[tuple[datetime, str]]:
        """The journal's last lines, newest first."""
        rows = self._db.query("select at, text from journal order by id desc limit ?", [limit])
        return [(moment(r["at"]), r["text"]) for r in rows]
