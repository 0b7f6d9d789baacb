"""Incidents and their history, in rows."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.core.incident import Earlier, Event, Incident, IncidentId
from bot.core.kinds import Kind
from bot.store.events import EventRows
from bot.store.incident_json import incident_row, incident_value
from bot.store.rows import moment, time_out


class IncidentRows:
    """The table `incident`, and with it the incidents' lines of `event`."""

    def __init__(self, db: Database, events: EventRows) -> None:
        self._db = db
        self._events = events

    def current(self, resolved_since: datetime) -> Mapping[IncidentId, Incident]:
        """The unresolved incidents, and those resolved since then."""
        rows = self._db.query(
            "select * from incident where status != 'resolved' or resolved_at >= ?", [time_out(resolved_since)]
        )
        return {i.id: i for i in map(incident_value, rows)}

    def ended(self, since: datetime) -> Mapping[tuple[Kind, TargetId], Earlier]:
        """The last incident of each kind and subject that ended since then, and may be called the same."""
        rows = self._db.query(
            "select kind, subject, max(id) as id, resolved_at from incident where status = 'resolved' "
            "and resolved_at >= ? and json_extract(value_json, '$.end[0]') in ('proven', 'closed') "
            "group by kind, subject",
            [time_out(since)],
        )
        return {
            (Kind(r["kind"]), TargetId(r["subject"])): Earlier(IncidentId(r["id"]), moment(r["resolved_at"]))
            for r in rows
        }

    def live(self) -> list[Incident]:
        """The unresolved incidents, newest first."""
        rows = self._db.query("select * from incident where status != 'resolved' order by id desc")
        return [incident_value(row) for row in rows]

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
