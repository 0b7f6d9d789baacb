"""The records of a run's scripts: an id is written in the transaction that decides that a script is to be run.

Whatever happens after that commit, the script can be found by it where it runs, and is not started a second time.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from bot.core.jobs import Cancel, Place, PlaceKind, Request, RunAction, ScriptJob
from bot.core.run import ActionFinished, Answer, Run, RunId
from bot.core.run_json import run_from_json
from bot.store import Store
from bot.store.json_value import Fields, read_value
from bot.store.script_records import RecordRow
from bot.usecases.run_records import say

PLACE_VERSION = 1
UNENDED = "I end it as soon as I can reach it; at the latest, its own time limit does."


class Told(StrEnum):
    """What people were told last of a script that was called off, or whose run has ended."""

    MAY_RUN = "it may run"
    END = "its end"


@dataclass(frozen=True, slots=True)
class Known:
    """What is written of one recorded script.

    `age`: how long ago that was; None where it lies in the future: the clock was set while the bot was off.
    `told`: None where nobody was told anything yet, and nobody has to be if it is ended at once.
    """

    id: str
    run: RunId
    place: Place
    limit: timedelta
    age: timedelta | None
    boot: str | None
    told: Told | None = None


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
    row = store.script_records.of(run, answer.step, answer.attempt)
    if row is not None and isinstance(answer, ActionFinished):
        store.script_records.over(run, answer.step, answer.attempt)
        store.script_records.told(row.id, Told.END)


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


def tell(store: Store, now: datetime, run: Run, record: str, text: str, told: Told) -> None:
    """A line on it in its run's thread; `told`: what people know by that, also after a restart."""
    say(store, run, text, now)
    store.script_records.told(record, told)


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
        Told(row.told) if row.told else None,
    )


def _place(told: Fields) -> Place:
    return Place(PlaceKind(told["kind"]), told["name"])
