"""What is kept of hosts' inventories: which guests are rebuilt under their names now and then, in rows."""

from datetime import datetime

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.store.rows import time_out


class InventoryRows:
    """The tables `rebuilt` and `inventory`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def rebuilt(self, host: TargetId, name: str) -> str | None:
        """Who said that a guest of that name on that host is rebuilt; None where nobody has."""
        rows = self._db.query("select by from rebuilt where host = ? and name = ?", [host, name])
        return next((str(row["by"]) for row in rows), None)

    def keep_rebuilt(self, host: TargetId, name: str, by: str, now: datetime) -> None:
        """Keep that answer for the name."""
        row = {"host": host, "name": name, "by": by, "at": time_out(now)}
        self._db.table("rebuilt").upsert(row, pk=("host", "name"))
