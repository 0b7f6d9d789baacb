"""What is kept of hosts' inventories: what they are to be like, and what people said of them, in rows."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incidents.inventory import HostFacts
from bot.core.incidents.inventory_changes import Change, Changes
from bot.store.inventory_json import facts_in, facts_out
from bot.store.rows import moment, time_out


class InventoryRows:
    """The tables `inventory`, `accepted_change` and `rebuilt`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def good(self, host: TargetId) -> HostFacts | None:
        """What a host is to be like."""
        rows = self._db.query("select value_json from inventory where host = ?", [host])
        return next((facts_in(row["value_json"]) for row in rows), None)

    def kept_since(self, host: TargetId, since: datetime) -> bool:
        """Whether it was kept after `since`, or just then."""
        kept = "select 1 from inventory where host = ? and at >= ?"
        return bool(list(self._db.query(kept, [host, time_out(since)])))

    def keep(self, host: TargetId, facts: HostFacts, now: datetime) -> None:
        """Keep what a host is to be like."""
        row = {"host": host, "at": time_out(now), "value_json": facts_out(facts)}
        self._db.table("inventory").upsert(row, pk="host")

    def accept(self, changes: Changes) -> None:
        """A person has said that these differences are well as they are: they are not asked about again."""
        rows = [
            {"target": target, "key": one.key, "words": one.words} for target in changes for one in changes[target]
        ]
        self._db.table("accepted_change").upsert_all(rows, pk=("target", "key"))

    def accepted(self) -> Collection[tuple[TargetId, Change]]:
        """Those differences, each with whose it is."""
        rows = self._db.query("select target, key, words from accepted_change")
        return {(TargetId(row["target"]), Change(row["key"], row["words"])) for row in rows}

    def forget(self, accepted: Iterable[tuple[TargetId, Change]]) -> None:
        """These are over, or part of what their host is to be like: should they come again, nobody has said so."""
        for target, change in accepted:
            self._db.execute("delete from accepted_change where target = ? and key = ?", [target, change.key])

    def shift(self, step: timedelta) -> None:
        """The clock was stepped: what was known a minute ago was so a minute ago."""
        for row in list(self._db.query("select host, at from inventory")):
            at = time_out(moment(row["at"]) + step)
            self._db.execute("update inventory set at = ? where host = ?", [at, row["host"]])

    def rebuilt(self, host: TargetId, name: str) -> str | None:
        """Who said that a guest of that name on that host is rebuilt; None where nobody has."""
        rows = self._db.query("select by from rebuilt where host = ? and name = ?", [host, name])
        return next((str(row["by"]) for row in rows), None)

    def keep_rebuilt(self, host: TargetId, name: str, by: str, now: datetime) -> None:
        """Keep that answer for the name."""
        row = {"host": host, "name": name, "by": by, "at": time_out(now)}
        self._db.table("rebuilt").upsert(row, pk=("host", "name"))
