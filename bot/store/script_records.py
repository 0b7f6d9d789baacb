"""The records of scripts that were, or are to be, started somewhere: written before that, gone once settled."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlite_utils import Database

from bot.store.rows import moment, time_out


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One recorded script. `place`: JSON; `limit`: seconds; `made_at`: ISO 8601; `boot`: None until it was heard.

    `over`: nobody waits for its result any more; it is ended if it still runs, and its record removed.
    `told`: what people were told of that.
    """

    id: str
    run: int
    step: int
    attempt: int
    place: str
    limit: float
    made_at: str
    boot: str | None = None
    over: bool = False
    told: str | None = None


class RecordRows:
    """The table `script_record`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, row: RecordRow) -> None:
        """Write one down, before its script is started."""
        written = {
            "id": row.id,
            "run": row.run,
            "step": row.step,
            "attempt": row.attempt,
            "place": row.place,
            "limit_seconds": row.limit,
            "made_at": row.made_at,
            "over": 0,
        }
        self._db.table("script_record").insert(written)

    def of(self, run: int, step: int, attempt: int) -> RecordRow | None:
        """The record of that attempt."""
        found = self._db.query(
            "select * from script_record where run = ? and step = ? and attempt = ?", [run, step, attempt]
        )
        return next(map(_row, found), None)

    def all(self) -> list[RecordRow]:
        """Every one that is still to be settled."""
        return [_row(one) for one in self._db.query("select * from script_record order by made_at, id")]

    def heard(self, record: str, boot: str) -> None:
        """Its script has begun, on a machine of that boot id."""
        self._db.execute("update script_record set boot = ? where id = ? and boot is null", [boot, record])

    def over(self, run: int, step: int, attempt: int) -> None:
        """Nobody waits for that attempt's result any more."""
        self._db.execute(
            "update script_record set over = 1 where run = ? and step = ? and attempt = ?", [run, step, attempt]
        )

    def told(self, record: str, told: str) -> None:
        """People have been told that of it."""
        self._db.execute("update script_record set told = ? where id = ?", [told, record])

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: each was written down as long ago as before."""
        for row in self.all():
            made = time_out(moment(row.made_at) + step)
            self._db.execute("update script_record set made_at = ? where id = ?", [made, row.id])

    def remove(self, record: str) -> None:
        """It is settled."""
        self._db.execute("delete from script_record where id = ?", [record])


def _row(row: dict[str, Any]) -> RecordRow:
    return RecordRow(
        row["id"],
        row["run"],
        row["step"],
        row["attempt"],
        row["place"],
        row["limit_seconds"],
        row["made_at"],
        row["boot"],
        bool(row["over"]),
        row["told"],
    )
