"""The records of a run's scripts: an id is written in the transaction that decides that a script is to be run.

Whatever happens after that commit, the script can be found by it where it runs, and is not started a second time.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.core.jobs import Cancel, Place, PlaceKind, Request, RunAction, ScriptJob
from bot.core.run import ActionFinished, Answer, Run, RunId
from bot.core.run_json import run_from_json
from bot.store import Store
from bot.store.json_value import Fields, read_value
from bot.store.script_records import RecordRow

PLACE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What is written of one recorded script.

    `age`: how long ago that was; None where it lies in the future: the clock was set while the bot was off.
    """

    id: str
    run: RunId
    place: Place
    limit: timedelta
    age: timedelta | None
    boot: str | None


def note(store: Store, now: datetime, run: RunId, requests: Iterable[Request]) -> None:
    """Write down what is going to be started, and what nobody waits for any more."""
    for one in requests:
        if isinstance(one, RunAction):
            _tell(store, run, one)
        if isinstance(one, RunAction) and isinstance(one.job, ScriptJob):
            place = json.dumps({"version": PLACE_VERSION, "kind": one.job.place.kind, "name": one.job.place.name})
            row = RecordRow(
                id=secrets.token_hex(16),  # a folder in /tmp may bear it: nobody must guess it
                run=run,
                step=one.step,
                attempt=one.attempt,
                place=place,
                limit=one.limit.total_seconds(),
                made_at=now.isoformat(),
            )
            store.script_records.add(row)
        elif isinstance(one, Cancel):
            store.script_records.over(run, one.step, one.attempt)


def _tell(store: Store, run: RunId, request: RunAction) -> None:
    """The log names what is to be carried out, and where."""
    job, tell = request.job, partial(store.log.add, "bot.runs", run=run, step=request.step + 1)
    if isinstance(job, ScriptJob):
        tell("command", attempt=request.attempt, place=job.place, text=job.text.strip())
    else:
        tell("action", attempt=request.attempt, text=job.call)


def read(store: Store, run: RunId, answer: Answer) -> None:
    """An end was read, and is written in this same transaction: nobody waits for the record any more."""
    if isinstance(answer, ActionFinished):
        store.script_records.over(run, answer.step, answer.attempt)


def is_recorded(store: Store, run: RunId, step: int, attempt: int) -> bool:
    """Whether what that attempt started can be found again."""
    found = store.script_records.of(run, step, attempt)
    return found is not None and not found.over


def find(store: Store, now: datetime, run: int, step: int, attempt: int) -> Known | None:
    """The record of that attempt."""
    row = store.script_records.of(run, step, attempt)
    return _known(row, now) if row else None


def left_over(store: Store, now: datetime) -> list[tuple[Run, Known]]:
    """What nobody waits for, and is still to be ended or removed where it is; with the run as it now is."""
    found = []
    for row in store.script_records.all():
        run = store.runs.get(row.run) if row.over else None
        if run is not None:
            found.append((run_from_json(run.value), _known(row, now)))
    return found


def heard(store: Store, _now: datetime, record: str, boot: str) -> None:
    """It has begun, on a machine of that boot id."""
    store.script_records.heard(record, boot)


def settled(store: Store, _now: datetime, record: str) -> None:
    """Its record is removed where it was."""
    store.script_records.remove(record)


def _known(row: RecordRow, now: datetime) -> Known:
    place = read_value(f"the record of a script of run {row.run}", row.place, PLACE_VERSION, _place)
    age = now - datetime.fromisoformat(row.made_at)
    return Known(
        row.id,
        RunId(row.run),
        place,
        timedelta(seconds=row.limit),
        age if age >= timedelta() else None,
        row.boot,
    )


def _place(told: Fields) -> Place:
    return Place(PlaceKind(told["kind"]), told["name"])
