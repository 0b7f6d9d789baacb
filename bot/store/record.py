"""What is on record, read back in order: incidents' and runs' history, and what befell the bot itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.core.health import TargetId
from bot.store.events import EventRows
from bot.store.rows import moment, time_out

_ALL = """\
select e.id, 'event' as source, e.at, e.kind, e.text, e.incident, e.run, e.step, e.by, i.subject
from event e left join incident i on i.id = e.incident
union all select id, 'journal', at, null, text, null, null, null, null, null from journal"""
_KEY = re.compile(r"^cannot deliver (?:incident:(\d+)|run:(\d+)(?::step:(\d+))?)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the record. `step` from 0; `by`: a Slack id; `target`: what the log calls what it is about."""

    at: datetime
    kind: str | None
    text: str
    incident: int | None
    run: int | None
    step: int | None
    by: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """How far the record was read."""

    event: int = 0
    journal: int = 0


class RecordReader:
    """Reads the tables `event` and `journal` together."""

    def __init__(self, db: Database, events: EventRows) -> None:
        self._db = db
        self._events = events

    def end(self) -> Place:
        """Behind all that is there."""
        (row,) = self._db.query(
            "select (select coalesce(max(id), 0) from event) as event, "
            "(select coalesce(max(id), 0) from journal) as journal"
        )
        return Place(row["event"], row["journal"])

    def lines(self, since: datetime | None = None, incident: int | None = None) -> Iterator[Line]:
        """The lines since then, of an incident alone if one is given, oldest first."""
        wanted = f"select * from ({_ALL}) where (:since is null or at >= :since) order by at, source, id"  # noqa: S608
        found = map(self._line, self._db.query(wanted, {"since": time_out(since)}))
        return (line for line in found if incident is None or line.incident == incident)

    def after(self, place: Place, incident: int | None = None) -> Iterator[Line]:
        """The lines written after that place, in the order they were written."""
        wanted = (
            f"select * from ({_ALL}) where (source = 'event' and id > :event) "  # noqa: S608
            "or (source = 'journal' and id > :journal) order by at, source, id"
        )
        found = map(self._line, self._db.query(wanted, {"event": place.event, "journal": place.journal}))
        return (line for line in found if incident is None or line.incident == incident)

    def _line(self, row: dict[str, Any]) -> Line:
        incident, run, step = row["incident"], row["run"], row["step"]
        if row["source"] == "journal" and (key := _KEY.match(row["text"])):  # what could not be delivered
            incident, run, step = (None if number is None else int(number) for number in key.groups())
        target = None if row["subject"] is None else self._events.called(TargetId(row["subject"]))
        return Line(moment(row["at"]), row["kind"], row["text"], incident, run, step, row["by"], target)
