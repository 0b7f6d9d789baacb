"""The machines that ran before an incident and have not come back since it ended, in rows."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.incidents.left_off import LeftOff
from bot.core.incidents.member import Member
from bot.store.incident_json import member_in, member_out
from bot.store.json_value import read_value
from bot.store.kept_rows import KeptTable, one_of
from bot.store.memory import Memory
from bot.store.rows import moment, time_out
from bot.store.targets import TargetRows

VERSION = 1
_NO_INCIDENT: Final = 0  # the column knows no null


class LeftOffRows:
    """The table `left_off`."""

    def __init__(self, db: Database, memory: Memory, targets: TargetRows) -> None:
        self._db = db
        self._targets = targets
        self._kept = KeptTable(memory, "left_off", _read, one_of)

    def all(self) -> Mapping[TargetId, LeftOff]:
        """All of them that are still in the inventory."""
        kept, here = self._kept.all(), self._targets.inventory()
        return {target: one for target, one in kept.items() if target in here}

    def keep(self, found: Iterable[LeftOff]) -> None:
        """Write these, in place of what was known of the same machines."""
        for one in found:
            how = {"why": one.why, "fails": one.fails}
            member_json = json.dumps({"version": VERSION, **member_out(one.member), **how})
            row = {"target": one.member.target, "incident": one.incident or _NO_INCIDENT, "at": time_out(one.at)}
            self._db.table("left_off").upsert({**row, "member_json": member_json}, pk="target")

    def drop(self, targets: Iterable[TargetId]) -> None:
        """Nobody has to hear of these any more."""
        for target in targets:
            self._db.execute("delete from left_off where target = ?", [target])


def _read(row: Mapping[str, Any]) -> tuple[TargetId, LeftOff]:
    return TargetId(row["target"]), _left_off(row)


def _left_off(row: Mapping[str, Any]) -> LeftOff:
    what = f"what was left off of {row['target']}"
    member, why, fails = read_value(what, row["member_json"], VERSION, _parts)
    incident = None if row["incident"] == _NO_INCIDENT else IncidentId(row["incident"])
    return LeftOff(member, incident, moment(row["at"]), why, fails)


def _parts(parts: dict[str, Any]) -> tuple[Member, str, bool]:
    return member_in(parts), parts.get("why", ""), parts.get("fails", False)
