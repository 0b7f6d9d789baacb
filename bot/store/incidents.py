"""Incidents and their history, in rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incident import Earlier, Event, Incident, IncidentId
from bot.core.kinds import Kind
from bot.store.events import EventRows
from bot.store.incident_json import incident_row, incident_value
from bot.store.kept_rows import KeptValues
from bot.store.memory import Memory
from bot.store.rows import moment, time_out

_END: Final = "id, kind, subject, resolved_at, json_extract(value_json, '$.end[0]') as way"


class IncidentRows:
    """The table `incident`, and with it the incidents' lines of `event`."""

    def __init__(self, db: Database, events: EventRows, memory: Memory) -> None:
        self._db = db
        self._events = events
        self._kept = KeptValues(memory, "incident", incident_value)
        self._ends = KeptValues(memory, "incident", _ended, _END)

    def current(self, resolved_since: datetime) -> Mapping[IncidentId, Incident]:
        """The unresolved incidents, and those resolved since then."""
        rows = self._db.query(
            "select id from incident where status != 'resolved' or resolved_at >= ? order by id",
            [time_out(resolved_since)],
        )
        found = self._kept.of([row["id"] for row in rows])
        self._kept.keep_only(found)
        return {one.id: one for one in found.values()}

    def ended(self, since: datetime) -> Mapping[tuple[Kind, TargetId], Earlier]:
        """The last incident of each kind and subject that ended since then, and may be called the same."""
        rows = self._db.query(
            "select id from incident where status = 'resolved' and resolved_at >= ? order by id", [time_out(since)]
        )
        found = self._ends.of([row["id"] for row in rows])
        self._ends.keep_only(found)
        return dict(end for end in found.values() if end is not None)

    def live(self) -> list[Incident]:
        """The unresolved incidents, newest first."""
        rows = self._db.query("select id from incident where status != 'resolved' order by id desc")
        return list(self._kept.of([row["id"] for row in rows]).values())

    def latest(self, limit: int) -> list[Incident]:
        """The last `limit` incidents in whatever state, newest first."""
        return [
            incident_value(row)
            for row in self._db.query("select * from incident order by id desc limit ?", [limit])
        ]

    def get(self, incident: IncidentId) -> Incident | None:
        """The incident of that number."""
        rows = self._db.query("select * from incident where id = ?", [incident])
        return next((incident_value(row) for row in rows), None)

    def next_id(self) -> IncidentId:
        """The number the next incident gets. Incidents are never deleted, so none is used twice."""
        (row,) = self._db.query("select coalesce(max(id), 0) + 1 as id from incident")
        return IncidentId(row["id"])

    def save(self, incidents: Iterable[Incident]) -> None:
        """Write incidents as they now are, new or changed."""
        self._db.table("incident").upsert_all([incident_row(i) for i in incidents], pk="id")

    def append(self, events: Iterable[Event]) -> None:
        """Write lines of history."""
        self._events.append(events)

    def history(self, incident: IncidentId) -> list[Event]:
        """All lines of an incident's history, oldest first."""
        return self._events.history(incident)


def _ended(row: dict[str, Any]) -> tuple[tuple[Kind, TargetId], Earlier] | None:
    """Which incident ended, and when, where one that begins later may be called the same."""
    if row["way"] not in ("proven", "closed"):
        return None
    return (Kind(row["kind"]), TargetId(row["subject"])), Earlier(
        IncidentId(row["id"]), moment(row["resolved_at"])
    )
