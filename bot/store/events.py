"""What happened to incidents and runs, in rows that are never changed; each is told to the log, too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.core.health import TargetId, name_of
from bot.core.incident import Event, EventKind, IncidentId
from bot.core.kinds import TargetKind
from bot.core.run import Run
from bot.core.runs.events import RunEvent
from bot.domain_log import Pending
from bot.store.rows import moment, time_out

_MOVES = frozenset({"acknowledged", "closed", "recovering", "reopened", "resolved", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the record. `run` and `step`: where it is about those, the step from 0; `by`: a Slack id."""

    id: int
    at: datetime
    kind: str
    text: str
    incident: int | None
    run: int | None
    step: int | None
    by: str | None


class EventRows:
    """The table `event`."""

    def __init__(self, db: Database, log: Pending) -> None:
        self._db = db
        self._log = log

    def append(self, events: Iterable[Event]) -> None:
        """Write lines of incidents' history."""
        for one in events:
            self._insert(one.incident, one.at, one.kind, one.text, one.by)
            self._tell(one)

    def append_of_run(self, run: Run, event: RunEvent, by: str | None) -> None:
        """Write a line of a run's history, which is part of its incident's. `by`: a Slack id."""
        at = "" if event.step is None else f"step {event.step + 1}: "
        text = f"{at}{event.text}"
        self._insert(run.incident, event.at, EventKind.RUN, text, by, run=run.id, step=event.step)
        self._log.add(
            "bot.runs",
            f"run {event.mark}",
            run=run.id,
            step=None if event.step is None else event.step + 1,
            runbook=run.runbook,
            incident=run.incident,
            target=None if run.target is None else self.called(run.target),
            person=event.person,
            text=event.text,
        )

    def history(self, incident: IncidentId) -> list[Event]:
        """All lines of an incident's history, oldest first."""
        rows = self._db.query("select * from event where incident = ? order by id", [incident])
        return [
            Event(IncidentId(r["incident"]), moment(r["at"]), EventKind(r["kind"]), r["text"], r["by"])
            for r in rows
        ]

    def called(self, target: TargetId) -> str:
        """What the log calls a target: a guest with its host, for another host may have one of its name."""
        rows = self._db.query("select name, runs_on from target where id = ?", [target])
        name, host = next(((r["name"], r["runs_on"]) for r in rows), (None, None))
        on = f"@{name_of(host)}" if host and target.startswith(f"{TargetKind.GUEST}:") else ""
        return f"{name or name_of(target)}{on}"

    def _insert(
        self,
        incident: int | None,
        at: datetime,
        kind: str,
        text: str,
        by: str | None,
        *,
        run: int | None = None,
        step: int | None = None,
    ) -> None:
        row: dict[str, Any] = {"incident": incident, "at": time_out(at), "kind": kind, "text": text, "by": by}
        self._db.table("event").insert({**row, "run": run, "step": step})

    def _tell(self, event: Event) -> None:
        """Tell the log what an incident is, and what became of it."""
        rows = self._db.query("select kind, subject, status from incident where id = ?", [event.incident])
        about = next(rows, {"kind": None, "subject": None, "status": None})
        head, colon, why = event.text.partition(": ")
        move = head.partition(" ")[0]  # “closed this: I looked”
        known = event.kind is EventKind.STATUS and move in _MOVES
        self._log.add(
            "bot.incidents",
            f"incident {move if known else 'moved' if event.kind is EventKind.STATUS else event.kind}",
            incident=event.incident,
            kind=about["kind"],
            target=None if about["subject"] is None else self.called(about["subject"]),
            state=about["status"],
            person=event.by,
            text=(why if colon else None) if known else event.text,
        )
