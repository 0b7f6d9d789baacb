"""The looks that passed while their guest was off, in rows: another machine answers there."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from bot.core.health import CheckName, Fingerprint, TargetId
from bot.store.rows import time_out


class AnsweredWhileOffRows:
    """The table `answered_while_off`: a row for each such look, with the address that was asked."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> Mapping[Fingerprint, str]:
        """What is known, and at which address that was."""
        rows = self._db.query('select target, "check", place from answered_while_off')
        return {Fingerprint(CheckName(row["check"]), TargetId(row["target"])): row["place"] for row in rows}

    def keep(self, known: Mapping[Fingerprint, str], now: datetime) -> None:
        """Write at which address each of these passed."""
        for look, place in known.items():
            self._db.execute(
                'insert or replace into answered_while_off (target, "check", place, at) values (?, ?, ?, ?)',
                [look.target, look.check, place, time_out(now)],
            )
