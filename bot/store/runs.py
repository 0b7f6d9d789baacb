"""Runs and the runbook texts they are pinned to, in rows. A run's value is JSON, and known to be one."""

from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from bot.core.run_json import VERSION, VERSION_KEY, run_from_fields
from bot.store.json_value import read_value


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as stored: what is searched, and `value`, the JSON of the whole."""

    id: int
    incident: int | None
    runbook: str
    status: str
    version: int
    text_hash: str
    value: str


class RunRows:
    """The tables `run` and `runbook_text`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def next_id(self) -> int:
        """The number the next run gets."""
        (row,) = self._db.query("select coalesce(max(id), 0) + 1 as id from run")
        return int(row["id"])

    def save(self, run: RunRow) -> None:
        """Write a run as it now is."""
        row = {
            "id": run.id,
            "incident": run.incident,
            "runbook": run.runbook,
            "status": run.status,
            "version": run.version,
            "text_hash": run.text_hash,
            "value_json": run.value,
        }
        self._db.table("run").upsert(row, pk="id")

    def get(self, run: int) -> RunRow | None:
        """The run of that number."""
        return next((_run(r) for r in self._db.query("select * from run where id = ?", [run])), None)

    def of_status(self, *statuses: str) -> list[RunRow]:
        """The runs in any of these states, oldest first."""
        marks = ",".join("?" * len(statuses))
        rows = self._db.query(f"select * from run where status in ({marks}) order by id", list(statuses))  # noqa: S608
        return [_run(row) for row in rows]

    def of_incident(self, incident: int) -> list[RunRow]:
        """An incident's runs, newest first."""
        return [
            _run(r) for r in self._db.query("select * from run where incident = ? order by id desc", [incident])
        ]

    def pin(self, text_hash: str, name: str, text: str) -> None:
        """Keep a runbook's text, so that a run goes on with the text it began with."""
        self._db.table("runbook_text").upsert({"hash": text_hash, "name": name, "text": text}, pk="hash")

    def text(self, text_hash: str) -> tuple[str, str]:
        """The name and text a run is pinned to."""
        (row,) = self._db.query("select name, text from runbook_text where hash = ?", [text_hash])
        return row["name"], row["text"]


def _run(row: dict[str, Any]) -> RunRow:
    """Raises ValueUnreadable for what nobody could make a run of."""
    read_value(f"run {row['id']}", row["value_json"], VERSION, run_from_fields, key=VERSION_KEY)
    return RunRow(
        row["id"],
        row["incident"],
        row["runbook"],
        row["status"],
        row["version"],
        row["text_hash"],
        row["value_json"],
    )
