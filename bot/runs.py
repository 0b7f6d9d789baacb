"""Runs of runbooks: start one, move it, take it up again after a crash. A transaction each, over core and store.

What a move asks to be carried out is returned, once it is committed; performing.py does it.
"""

import hashlib
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.config import Config
from bot.core import engine, walk
from bot.core.health import TargetId
from bot.core.incident import Incident, IncidentId, Tell
from bot.core.jobs import Request
from bot.core.permit import Act, demand, person_of
from bot.core.progress import on_screen
from bot.core.run import (
    Advance,
    Answer,
    Command,
    GoTo,
    IllegalMove,
    Interrupted,
    Press,
    Run,
    RunId,
    RunStatus,
    Stop,
    Tick,
)
from bot.core.run_json import run_from_json, run_to_json
from bot.core.runbook import Runbook, who_may
from bot.core.runs.events import Mark, RunEvent
from bot.incidents import find_target
from bot.library import Refreshed
from bot.store import Store
from bot.store.outbox import Parcel
from bot.store.runs import RunRow

SHOWN = 2_800  # characters of output that a message bears; more becomes a file
PROGRESS_WAIT = timedelta(seconds=2)
"""How long a step's card waits for its bar: an edit every two seconds is what a channel's rate limit bears."""

MISTAKES = 5  # of a runbook that are told in the channel; `caretaker lint` tells them all


class NoSuchRun(Exception):
    """The user's mistake, or a button of a database that is gone."""


class PinnedTextBroken(Exception):
    """The text a run is pinned to can't be read any more, e.g. because lab.yaml lost a host it names."""


@dataclass(frozen=True, slots=True)
class House:
    """What use cases on runs need besides the database. `read`: a runbook's name and text, understood.

    `read` raises PinnedTextBroken.
    """

    config: Config
    read: Callable[[str, str], Runbook]


@dataclass(frozen=True, slots=True)
class Moved:
    """A run after a move, and what is to be carried out now."""

    run: Run
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Aim:
    """What a run is for: a target, an incident, both or neither."""

    target: TargetId | None
    incident: IncidentId | None


def aim(store: Store, _now: datetime, target: str | None, incident: int | None) -> Aim:
    """What someone means by a target's name, an incident's number, or neither. Raises UnknownName or IllegalMove.

    A target stands for the live incident about it, an incident for the target it is about.
    """
    if incident is not None:
        found = store.incidents.get(IncidentId(incident))
        if found is None:
            raise IllegalMove(f"cannot find incident {incident}: because there is none of that number")
        return Aim(found.subject, found.id)
    if target is None:
        return Aim(None, None)
    meant = find_target(store, target)
    about = next((i.id for i in store.incidents.live() if i.subject == meant), None)
    return Aim(meant, about)


def start(
    store: Store,
    now: datetime,
    house: House,
    runbook: Runbook,
    values: Mapping[str, str],
    incident: IncidentId | None,
    by: str,
) -> Moved:
    """Someone starts a runbook. Raises NotAllowed, or IllegalMove while another run of the incident goes on."""
    demand(house.config.people, by, Act.START_RUNBOOK)
    for row in store.runs.of_incident(incident) if incident is not None else ():
        if row.status == RunStatus.UNDER_WAY:
            raise IllegalMove(
                f"cannot start '{runbook.name}': because '{row.runbook}' is still under way in incident {incident}"
            )
    store.runs.pin(runbook.hash, runbook.name, runbook.source)
    run_id = RunId(store.runs.next_id())
    advance = walk.start(runbook, run_id, values=values, incident=incident, person=_name(house, by), now=now)
    return _commit(store, now, None, advance, by)


def move(store: Store, now: datetime, house: House, run_id: int, command: Command, by: str) -> Moved:
    """Someone presses a button of a step, by Slack id `by`; who `command` says it was is put right here.

    Raises NotAllowed, IllegalMove (StaleClick, WrongInput), NoSuchRun or PinnedTextBroken.
    """
    if not isinstance(command, Press | Tick | GoTo | Stop):
        raise TypeError(f"cannot take {command!r} from a person: because that is no button")
    run, runbook = read_run(store, house, run_id)
    if isinstance(command, Stop):
        demand(house.config.people, by, Act.START_RUNBOOK)
    else:
        demand(house.config.people, by, Act.PRESS_STEP, needs=_needs(runbook, command.step))
    if isinstance(command, GoTo):  # who takes a run away from its step must be one who may press that
        demand(house.config.people, by, Act.PRESS_STEP, needs=_needs(runbook, run.current))
    command = replace(command, person=_name(house, by))
    return _commit(store, now, run, walk.advance(run, runbook, command, now), by)


def _needs(runbook: Runbook, step: int) -> str | None:
    """The role a step is given to; None for a step there is none of, as only a forged button has it."""
    return who_may(runbook.steps[step], runbook) if 0 <= step < len(runbook.steps) else None


def finish(store: Store, now: datetime, house: House, run_id: int, command: Answer, output: str) -> Moved:
    """What was carried out has ended; the run goes on, or asks. `output`: what of it belongs in the thread."""
    run, runbook = read_run(store, house, run_id)
    moved = _commit(store, now, run, walk.advance(run, runbook, command, now))
    if output.strip():
        _show_output(store, run, command, output.strip("\n"), now)
    return moved


def resume(store: Store, now: datetime, house: House, why: str) -> None:
    """After a start: what was under way when the bot went down is not repeated; a person says how it ended."""
    for row in store.runs.of_status(RunStatus.UNDER_WAY):
        try:
            run, runbook = read_run(store, house, row.id)
        except PinnedTextBroken as broken:
            _give_up(store, run_from_json(row.value), str(broken), now)
        else:
            _commit(store, now, run, walk.advance(run, runbook, Interrupted(why), now))


def _give_up(store: Store, run: Run, why: str, now: datetime) -> None:
    """End a run that nobody could press a button of any more, and that would only stand in another's way."""
    ended = replace(run, status=RunStatus.STOPPED, version=run.version + 1, ended_at=now)
    event = RunEvent(now, Mark.ENDED, f"{RunStatus.STOPPED}: {why}")
    _commit(store, now, run, Advance(ended, events=(event,), why=why))
    _say(store, run, f"“{run.title}” can't go on: {why}", now)


def library_changed(store: Store, now: datetime, news: Refreshed, hashes: Mapping[str, str]) -> None:
    """Runbooks were edited: what broke is told in the channel once; runs under way say that they go on as begun.

    `hashes`: of the changed ones that are in use.
    """
    for broken in news.broken:
        kept = "The last good version stays in use." if broken.in_use else "It can't be used."
        text = f"There is a mistake in a runbook. {kept}\n" + "\n".join(broken.lines[:MISTAKES])
        _say_once(store, f"library:{broken.name}", None, text, now)
    for row in store.runs.of_status(RunStatus.UNDER_WAY):
        new = hashes.get(row.runbook, row.text_hash)
        if new != row.text_hash:
            run = run_from_json(row.value)
            text = f"“{run.title}” was edited. This run goes on as it began; the next uses the new text."
            _say_once(store, f"run:{run.id}:edited:{new}", thread_of(run), text, now)


def _say_once(store: Store, subject: str, thread: str | None, text: str, now: datetime) -> None:
    """A line that a restart, which finds the same again, must not repeat."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    parcel = Parcel(f"{subject}:{digest}", Tell.LINE, thread=thread, text=text)
    if store.outbox.is_new(parcel.subject):
        store.outbox.add(parcel, now, now)


def show_progress(store: Store, now: datetime, run: Run, step: int) -> None:
    """A step's bar has moved."""
    store.outbox.add(_step_card(run, step), now, now + PROGRESS_WAIT)


def attach(store: Store, now: datetime, run_id: int, name: str, title: str, content: bytes) -> None:
    """A file in the run's thread: a picture, or output too long for a message."""
    row = store.runs.get(run_id)
    if row is not None:
        thread = thread_of(run_from_json(row.value))
        store.outbox.add(Parcel(thread, "file", thread=thread, text=title, name=name, content=content), now, now)


def read_run(store: Store, house: House, run_id: int) -> tuple[Run, Runbook]:
    """A run, and the runbook as it was when the run began. Raises NoSuchRun or PinnedTextBroken."""
    row = store.runs.get(run_id)
    if row is None:
        raise NoSuchRun(f"cannot find run {run_id}: because there is none of that number")
    name, text = store.runs.text(row.text_hash)
    return run_from_json(row.value), house.read(name, text)


def thread_of(run: Run) -> str:
    """The subject in whose thread a run is told: its incident, or itself."""
    return f"incident:{run.incident}" if run.incident is not None else f"run:{run.id}"


def _name(house: House, slack: str) -> str:
    """What people call whoever has that Slack id."""
    person = person_of(house.config.people, slack)
    return person.name if person else slack


def _commit(store: Store, now: datetime, before: Run | None, advance: Advance, by: str | None = None) -> Moved:
    """Write a run as it now is, what happened in its incident's history, and what is to be told."""
    run = advance.run
    if run == before:
        return Moved(run, ())
    store.runs.save(
        RunRow(run.id, run.incident, run.runbook, run.status, run.version, run.text_hash, run_to_json(run))
    )
    _tell(store, now, before, run)
    incident = store.incidents.get(IncidentId(run.incident)) if run.incident is not None else None
    if incident is not None:
        _note(store, now, incident, advance.events, by)
    return Moved(run, advance.requests)


def _tell(store: Store, now: datetime, before: Run | None, run: Run) -> None:
    """The cards that look different now: the run's or its incident's, and each step's that was ever begun."""
    store.outbox.add(Parcel(thread_of(run), Tell.CARD), now, now)
    old = before.steps if before else run.steps
    for at, (was, step) in enumerate(zip(old, run.steps, strict=True)):
        offered = before is None or (before.version != run.version and at in {before.current, run.current})
        if (was != step or offered) and (was.since or step.since):
            store.outbox.add(_step_card(run, at), now, now)
    if run.ended and before is not None and not before.ended:
        _say(store, run, f"“{run.title}” is {run.status}.", now)


def _note(store: Store, now: datetime, incident: Incident, events: tuple[RunEvent, ...], by: str | None) -> None:
    """A run's history is part of its incident's, and counts as progress."""
    for one in events:
        step = "" if one.step is None else f"step {one.step + 1}: "
        incident, event = engine.progressed(incident, f"{step}{one.text}", now, by if one.person else None)
        store.incidents.append([event])
    store.incidents.save([incident])


def _step_card(run: Run, step: int) -> Parcel:
    return Parcel(f"run:{run.id}:step:{step}", Tell.CARD, thread=thread_of(run))


def _show_output(store: Store, run: Run, command: Answer, output: str, now: datetime) -> None:
    """What a command printed goes into the thread; what is too long for a message, as a file."""
    title, output = f"Output of step {command.step + 1}", on_screen(output)
    if len(html.escape(output, quote=False)) > SHOWN:  # as Slack counts it
        name = f"run-{run.id}-step-{command.step + 1}-{command.attempt}.txt"
        attach(store, now, run.id, name, title, output.encode())
    else:
        fenced = output.replace("```", "'''")  # three backticks would end the fence
        _say(store, run, f"{title}:\n```\n{fenced}\n```", now)


def _say(store: Store, run: Run, text: str, now: datetime) -> None:
    thread = thread_of(run)
    store.outbox.add(Parcel(thread, Tell.LINE, thread=thread, text=text), now, now)
