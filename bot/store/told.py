"""What was said once and need not be said again, in rows."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from bot.store.json_value import Fields, read_value
from bot.store.rows import time_out

VERSION = 1


class ToldRows:
    """The table `told`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self, subject: str) -> list[str]:
        """What was said last of a subject, by its keys; nothing if it was never spoken of."""
        rows = self._db.query("select keys_json from told where subject = ?", [subject])
        return next(
            (read_value(f"what was said of {subject}", row["keys_json"], VERSION, _keys) for row in rows), []
        )

    def keep(self, subject: str, keys: Sequence[str], now: datetime) -> None:
        """Keep what was said of a subject."""
        keys_json = json.dumps({"version": VERSION, "keys": list(keys)})
        row = {"subject": subject, "keys_json": keys_json, "at": time_out(now)}
        self._db.table("told").upsert(row, pk="subject")


def _keys(told: Fields) -> list[str]:
    return [str(key) for key in told["keys"]]
