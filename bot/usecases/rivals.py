"""What else works on the same incident or machine, so that another run has to wait."""

from datetime import datetime
from typing import Final

from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.run import LIVE, Run, State
from bot.core.run_json import run_from_json
from bot.store import Store
from bot.usecases.script_records import find


def run_for(store: Store, target: TargetId) -> Run | None:
    """The run that is under way for a machine, whoever started it."""
    runs = (run_from_json(row.value) for row in store.runs.of_status(*LIVE))
    return next((run for run in runs if run.target == target), None)


def rival(store: Store, incident: IncidentId | None, target: TargetId | None, name: str) -> str | None:
    """The run that has to end first: of the same incident, or for the same machine. `name`: the machine's."""
    for row in store.runs.of_status(*LIVE):
        if incident is not None and row.incident == incident:
            return f"'{row.runbook}' is still {row.status} in incident {incident}; stop that first"
    run = run_for(store, target) if target is not None else None
    return f"'{run.runbook}' is still {run.status} for {name} (run {run.id}); stop that first" if run else None


def left_running(store: Store, now: datetime, incident: IncidentId | None, target: TargetId | None) -> str | None:
    """The script that a run of the same incident, or for the same machine, may have left behind when it ended."""
    for row in store.script_records.all():
        kept = store.runs.get(row.run) if row.over else None
        known = find(store, now, row.run, row.step, row.attempt)
        if kept is None or known is None:
            continue
        run = run_from_json(kept.value)
        same = (incident is not None and run.incident == incident) or (target is not None and run.target == target)
        step = run.steps[row.step]
        if same and step.state in _MAY_RUN and step.attempt == row.attempt:
            what = f"a script of run {run.id} ('{run.title}') may still be running on {known.place}"
            return f"{what}; I look until it has ended, and end it if I can. Try again then"
    return None


_MAY_RUN: Final = frozenset({State.UNKNOWN, State.SEEKING, State.LOST})
"""How a step stands whose script was called off, and may not have ended yet."""
