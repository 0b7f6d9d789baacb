"""What is kept of hosts' inventories: the last good one, and which guests are rebuilt now and then, in rows."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incidents.inventory import HostFacts
from bot.store.inventory_json import facts_in, facts_out
from bot.store.rows import moment, time_out


class InventoryRows:
    """The tables `rebuilt` and `inventory`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self, host: TargetId) -> HostFacts | None:
        """A host's last good inventory."""
        rows = self._db.query("select value_json from inventory where host = ?", [host])
        return next((facts_in(row["value_json"]) for row in rows), None)

    def is_known(self, host: TargetId, since: datetime) -> bool:
        """Whether it was kept, or held against the last good one, after `since`."""
        kept = "select 1 from inventory where host = ? and max(at, ifnull(compared_at, at)) >= ?"
        return bool(list(self._db.query(kept, [host, time_out(since)])))

    def compared(self, host: TargetId, now: datetime) -> None:
        """A host was held against its last good inventory."""
        self._db.execute("update inventory set compared_at = ? where host = ?", [time_out(now), host])

    def keep(self, host: TargetId, facts: HostFacts, now: datetime) -> None:
        """Keep a host's inventory as the last good one."""
        row = {"host": host, "at": time_out(now), "value_json": facts_out(facts)}
        self._db.table("inventory").upsert(row, pk="host")

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what was known a minute ago was so a minute ago."""
        for row in list(self._db.query("select host, at, compared_at from inventory")):
            times = [row[name] and time_out(moment(row[name]) + step) for name in ("at", "compared_at")]
            self._db.execute("update inventory set at = ?, compared_at = ? where host = ?", [*times, row["host"]])

    def rebuilt(self, host: TargetId, name: str) -> str | None:
        """Who said that a guest of that name on that host is rebuilt; None where nobody has."""
        rows = self._db.query("select by from rebuilt where host = ? and name = ?", [host, name])
        return next((str(row["by"]) for row in rows), None)

    def keep_rebuilt(self, host: TargetId, name: str, by: str, now: datetime) -> None:
        """Keep that answer for the name."""
        row = {"host": host, "name": name, "by": by, "at": time_out(now)}
        self._db.table("rebuilt").upsert(row, pk=("host", "name"))
