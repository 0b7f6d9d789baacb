"""Silences, in rows: for how long a target's failures are told to nobody."""

from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.mute import Silence
from bot.store.rows import moment, time_out


class SilenceRows:
    """The table `silence`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def in_force(self, now: datetime) -> tuple[Silence, ...]:
        """Those in force, the one that lasts longest first."""
        rows = self._db.query('select * from silence where "until" > ? order by "until" desc', [time_out(now)])
        return tuple(_silence(row) for row in rows)

    def ended(self, since: datetime, now: datetime) -> frozenset[TargetId]:
        """The targets of which one ended after `since`."""
        rows = self._db.query(
            'select target from silence where "until" > ? and "until" <= ?', [time_out(since), time_out(now)]
        )
        return frozenset(TargetId(r["target"]) for r in rows)

    def add(self, silence: Silence) -> None:
        """Write one down."""
        self._db.table("silence").insert(
            {
                "target": silence.target,
                "since": time_out(silence.since),
                "until": time_out(silence.until),
                "by": silence.by,
                "reason": silence.reason,
            }
        )

    def shift(self, step: timedelta, before: datetime) -> None:
        """The clock was stepped from `before`: silences last as long as was meant, and those over stay over."""
        ends_after = time_out(min(before, before + step))
        for row in list(self._db.query('select * from silence where "until" > ?', [ends_after])):
            silence = _silence(row).shifted(step)
            times = [time_out(silence.since), time_out(silence.until)]
            self._db.execute('update silence set since = ?, "until" = ? where id = ?', [*times, row["id"]])

    def end(self, target: TargetId, now: datetime) -> int:
        """End those of a target now; how many there were."""
        over = 'update silence set "until" = ? where target = ? and "until" > ?'
        return self._db.execute(over, [time_out(now), target, time_out(now)]).rowcount


def _silence(row: dict[str, Any]) -> Silence:
    return Silence(TargetId(row["target"]), moment(row["since"]), moment(row["until"]), row["by"], row["reason"])
