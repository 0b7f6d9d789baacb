"""What is kept of hosts' inventories: the last good one, and which guests are rebuilt now and then, in rows."""

from datetime import datetime

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incidents.inventory import HostFacts
from bot.store.inventory_json import facts_in, facts_out
from bot.store.rows import time_out


class InventoryRows:
    """The tables `rebuilt` and `inventory`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self, host: TargetId) -> HostFacts | None:
        """A host's last good inventory."""
        rows = self._db.query("select value_json from inventory where host = ?", [host])
        return next((facts_in(row["value_json"]) for row in rows), None)

    def keep(self, host: TargetId, facts: HostFacts, now: datetime) -> None:
        """Keep a host's inventory as the last good one."""
        row = {"host": host, "at": time_out(now), "value_json": facts_out(facts)}
        self._db.table("inventory").upsert(row, pk="host")

    def rebuilt(self, host: TargetId, name: str) -> str | None:
        """Who said that a guest of that name on that host is rebuilt; None where nobody has."""
        rows = self._db.query("select by from rebuilt where host = ? and name = ?", [host, name])
        return next((str(row["by"]) for row in rows), None)

    def keep_rebuilt(self, host: TargetId, name: str, by: str, now: datetime) -> None:
        """Keep that answer for the name."""
        row = {"host": host, "name": name, "by": by, "at": time_out(now)}
        self._db.table("rebuilt").upsert(row, pk=("host", "name"))
