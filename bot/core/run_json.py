"""A run as JSON text and back, for the store. Refuses text that is no run, naming what is missing or wrong."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from bot.core.guest import StartsFrom
from bot.core.run import Choice, Run, RunId, RunStatus, State, StepState
from bot.core.runs.deed import Deed

VERSION = 1
VERSION_KEY: Final = "format"
"""Where it tells its version: `version` is the run's own, which counts its moves."""


def run_to_json(run: Run) -> str:
    """The whole run; run_from_json gives back an equal one."""
    return json.dumps(
        {
            VERSION_KEY: VERSION,
            "id": run.id,
            "runbook": run.runbook,
            "title": run.title,
            "text_hash": run.text_hash,
            "incident": run.incident,
            "started_by": run.started_by,
            "started_at": run.started_at.isoformat(),
            "values": dict(run.values),
            "steps": [_step_to_json(step) for step in run.steps],
            "current": run.current,
            "status": run.status,
            "version": run.version,
            "back_to": run.back_to,
            "ended_at": run.ended_at.isoformat() if run.ended_at else None,
            "target": run.target,
            "deed": _deed_to_json(run.deed),
            "pause": run.pause,
            "paused_at": run.paused_at.isoformat() if run.paused_at else None,
            "began_with": [run.began_with.disks, run.began_with.order] if run.began_with else None,
        }
    )


def _step_to_json(step: StepState) -> Mapping[str, Any]:
    return {
        "state": step.state,
        "attempt": step.attempt,
        "summary": step.summary,
        "choices": [[choice.value, choice.label] for choice in step.choices],
        "ticked": step.ticked,
        "by": step.by,
        "since": step.since.isoformat() if step.since else None,
        "pressed_at": step.pressed_at.isoformat() if step.pressed_at else None,
    }


def _deed_to_json(deed: Deed | None) -> Mapping[str, Any] | None:
    if deed is None:
        return None
    ended = deed.ended.isoformat() if deed.ended else None
    return {"running": deed.running, "ended": ended, "script": deed.script}


def run_from_json(text: str) -> Run:
    """The run that was written. Raises ValueError where it is none that this version understands."""
    try:
        return run_from_fields(json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"cannot read a run: because of {error!r} in “{text[:200]}”") from error


def run_from_fields(row: Mapping[str, Any]) -> Run:
    """The same of what the text holds. Raises KeyError, TypeError or ValueError where it is no run."""
    return Run(
        id=RunId(row["id"]),
        runbook=row["runbook"],
        title=row["title"],
        text_hash=row["text_hash"],
        incident=row["incident"],
        started_by=row["started_by"],
        started_at=datetime.fromisoformat(row["started_at"]),
        values=MappingProxyType(dict(row["values"])),
        steps=tuple(map(_step, row["steps"])),
        current=row["current"],
        status=RunStatus(row["status"]),
        version=row["version"],
        back_to=row["back_to"],
        ended_at=_moment(row["ended_at"]),
        target=row.get("target"),  # this and what follows: not in what the first version wrote
        deed=_deed(row.get("deed")),
        pause=row.get("pause", ""),
        paused_at=_moment(row.get("paused_at")),
        began_with=_starts_from(row.get("began_with")),
    )


def _step(row: Mapping[str, Any]) -> StepState:
    return StepState(
        state=State(row["state"]),
        attempt=row["attempt"],
        summary=row["summary"],
        choices=tuple(Choice(value, label) for value, label in row["choices"]),
        ticked=tuple(row["ticked"]),
        by=row["by"],
        since=_moment(row["since"]),
        pressed_at=_moment(row.get("pressed_at")),  # older runs have none
    )


def _deed(row: Mapping[str, Any] | None) -> Deed | None:
    return Deed(row["running"], _moment(row["ended"]), row.get("script", False)) if row else None


def _starts_from(row: Sequence[Sequence[str]] | None) -> StartsFrom | None:
    return StartsFrom(*map(tuple, row)) if row else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
