"""Runs of runbooks: start one, move it, take it up again after a crash. A transaction each, over core and store.

What a move asks to be carried out is returned, once it is committed; performing.py does it.
"""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import walk
from bot.core.health import TargetKind
from bot.core.incident import IncidentId, Tell
from bot.core.mentions import deadened
from bot.core.permit import Act, demand, person_of
from bot.core.progress import on_screen
from bot.core.run import (
    BUSY,
    LIVE,
    MAY_RUN,
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
    State,
    Stop,
    Tick,
)
from bot.core.run_json import run_from_json
from bot.core.runbook import Runbook, who_may
from bot.core.runs.beginning import About, why_not_here, why_over, why_unknown
from bot.core.runs.events import Mark, RunEvent
from bot.incidents import find_target
from bot.library import Refreshed
from bot.store import Store
from bot.store.outbox import Parcel
from bot.usecases import script_records
from bot.usecases.rivals import left_running, rival
from bot.usecases.run_context import Aim, House, Moved, NoSuchRun, PinnedTextBroken
from bot.usecases.run_records import record, say, step_card, tell_who_waits, thread_of
from bot.views.line import printed
from bot.views.outside import file_name, visible

SHOWN = 2_800  # characters of output that a message bears; more becomes a file
PROGRESS_WAIT = timedelta(seconds=2)
"""How long a step's card waits for its bar: an edit every two seconds is what a channel's rate limit bears."""

TELLS_TOO_MUCH = "its text holds a token or a password; keep that in a file, and have the step read it"
MISTAKES = 5  # of a runbook that are told in the channel; `caretaker lint` tells them all


def aim(store: Store, _now: datetime, target: str | None, incident: int | None) -> Aim:
    """What someone means by a target's name, an incident's number, or neither. Raises UnknownName or IllegalMove.

    A target stands for the live incident about it, an incident for the target it is about.
    """
    if incident is not None:
        found = store.incidents.get(IncidentId(incident))
        if found is None:
            raise IllegalMove(f"cannot find incident {incident}: because there is none of that number")
        if why := why_over(found):
            raise IllegalMove(f"cannot start a runbook: because {why}")
        return Aim(found.subject, found.id)
    if target is None:
        return Aim(None, None)
    meant = find_target(store, target)
    about = next((i.id for i in store.incidents.live() if i.subject == meant), None)
    return Aim(meant, about)


def start(
    store: Store, now: datetime, house: House, runbook: Runbook, values: Mapping[str, str], aim: Aim, by: str
) -> Moved:
    """Someone starts a runbook. Raises NotAllowed; IllegalMove where it makes no sense, naming what is missing."""
    demand(house.config.people, by, Act.START_RUNBOOK)
    if store.redactor.spans(runbook.source):  # it would be kept without, and so run without
        raise IllegalMove(f"cannot start '{runbook.name}': because {TELLS_TOO_MUCH}")
    if why := _why_not(store, now, runbook, values, aim):
        raise IllegalMove(f"cannot start '{runbook.name}': because {why}")
    store.runs.pin(runbook.hash, runbook.name, runbook.source)
    number, person = RunId(store.runs.next_id()), _name(house, by)
    advance = walk.start(
        runbook, number, values=values, incident=aim.incident, target=aim.target, person=person, now=now
    )
    advance = replace(advance, run=replace(advance.run, began_with=aim.starts_from))
    return _made(store, now, None, advance, by)


def _why_not(store: Store, now: datetime, runbook: Runbook, values: Mapping[str, str], aim: Aim) -> str | None:
    """Why the runbook can't be started there; None where it can."""
    incident = store.incidents.get(aim.incident) if aim.incident is not None else None
    about = None
    if aim.target is not None:
        about = About(TargetKind(aim.target.partition(":")[0]), store.targets.names()(aim.target))
    return (
        (why_over(incident) if incident else None)
        or rival(store, aim.incident, aim.target, about.name if about else "")
        or left_running(store, now, aim.incident, aim.target)
        or why_not_here(runbook, about, incident)
        or why_unknown(runbook, values, about)
    )


def move(store: Store, now: datetime, house: House, run_id: int, command: Command, by: str) -> Moved:
    """Someone presses a button of a step, by Slack id `by`; who `command` says it was is put right here.

    Raises NotAllowed, IllegalMove (StaleClick, WrongInput), NoSuchRun or PinnedTextBroken.
    """
    if not isinstance(command, Press | Tick | GoTo | Stop):
        raise TypeError(f"cannot take {command!r} from a person: because that is no button")
    run, runbook = read_run(store, house, run_id)
    if not isinstance(command, Stop) and run.target is None and "guest" in run.values:
        raise IllegalMove(
            f"cannot go on with run {run_id}: because it was begun by an older Caretaker, which knew its guest "
            f"by the name {run.values['guest']} alone; stop it, and start the runbook anew"
        )
    if isinstance(command, Stop):
        demand(house.config.people, by, Act.START_RUNBOOK)
    else:
        demand(house.config.people, by, Act.PRESS_STEP, needs=_needs(runbook, command.step))
    if isinstance(command, GoTo):  # who takes a run away from its step must be one who may press that
        demand(house.config.people, by, Act.PRESS_STEP, needs=_needs(runbook, run.current))
    command = replace(command, person=_name(house, by))
    advance = walk.advance(run, runbook, command, now)
    return _made(store, now, run, advance, by)


def _needs(runbook: Runbook, step: int) -> str | None:
    """The role a step is given to; None for a step there is none of, as only a forged button has it."""
    return who_may(runbook.steps[step], runbook) if 0 <= step < len(runbook.steps) else None


def finish(store: Store, now: datetime, house: House, run_id: int, command: Answer, output: str) -> Moved:
    """What was carried out has ended; the run goes on, or asks. `output`: what of it belongs in the thread."""
    run, runbook = read_run(store, house, run_id)
    advance = walk.advance(run, runbook, command, now)
    if output.strip():  # first: it stands above the next step's buttons
        _show_output(store, run, command, output.strip("\n"), now)
    moved = _made(store, now, run, advance)
    script_records.read(store, run.id, command)
    tell_who_waits(store, now, house.config.people, run, advance.run)
    return moved


def _made(store: Store, now: datetime, before: Run | None, advance: Advance, by: str | None = None) -> Moved:
    """Write down a move, and what is to be started by it; that is carried out once it is committed."""
    record(store, now, before, advance, by)
    script_records.note(store, now, advance.run.id, advance.requests)
    return Moved(advance.run, advance.requests)


def resume(store: Store, now: datetime, house: House, why: str) -> tuple[Moved, ...]:
    """After a start: what was under way when the bot went down is not repeated.

    A script goes on to be followed where it runs; of what else was done, a person says how it ended.
    """
    resumed = []
    for row in store.runs.of_status(*LIVE):
        try:
            run, runbook = read_run(store, house, row.id)
        except PinnedTextBroken as broken:
            _give_up(store, run_from_json(row.value), str(broken), now)
        else:
            known = script_records.is_recorded(store, run.id, run.current, run.steps[run.current].attempt)
            advance = walk.advance(run, runbook, Interrupted(why, known), now)
            resumed.append(_made(store, now, run, advance))
            tell_who_waits(store, now, house.config.people, run, advance.run)
    return tuple(resumed)


def _give_up(store: Store, run: Run, why: str, now: datetime) -> None:
    """End a run that nobody could press a button of any more, and that would only stand in another's way.

    What a script of it may still do is ended, or told, like that of any run that was stopped.
    """
    ended = replace(run, status=RunStatus.STOPPED, version=run.version + 1, ended_at=now)
    step = run.steps[run.current]
    if run.state in BUSY | MAY_RUN:
        left = replace(step, state=State.UNKNOWN, since=now, summary="under way when the run had to end")
        ended = replace(ended, steps=(*run.steps[: run.current], left, *run.steps[run.current + 1 :]))
    event = RunEvent(now, Mark.ENDED, f"{RunStatus.STOPPED}: {why}")
    record(store, now, run, Advance(ended, events=(event,), why=why))
    say(store, run, f"“{run.title}” can't go on: {why}", now)
    known = script_records.find(store, now, run.id, run.current, step.attempt)
    if known is not None and run.state in MAY_RUN:
        store.script_records.over(run.id, run.current, step.attempt)
        text = f"Its step {run.current + 1} may still run on {known.place}. {script_records.UNENDED}"
        script_records.tell(store, now, run, known.id, text, script_records.Told.MAY_RUN)


def library_changed(store: Store, now: datetime, news: Refreshed, hashes: Mapping[str, str]) -> None:
    """Runbooks were edited: what broke is told in the channel once; runs under way say that they go on as begun.

    `hashes`: of the changed ones that are in use.
    """
    for broken in news.broken:
        kept = "The last good version stays in use." if broken.in_use else "It can't be used."
        text = f"There is a mistake in a runbook. {kept}\n" + "\n".join(broken.lines[:MISTAKES])
        _say_once(store, f"library:{broken.name}", None, text, now)
    for row in store.runs.of_status(*LIVE):
        new = hashes.get(row.runbook, row.text_hash)
        if new != row.text_hash:
            run = run_from_json(row.value)
            text = f"“{run.title}” was edited. This run goes on as it began; the next uses the new text."
            _say_once(store, f"run:{run.id}:edited:{new}", thread_of(run), text, now)


def _say_once(store: Store, subject: str, thread: str | None, text: str, now: datetime) -> None:
    """A line that a restart, which finds the same again, must not repeat."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    parcel = Parcel(f"{subject}:{digest}", Tell.LINE, thread=thread, text=deadened(text))
    if store.outbox.is_new(parcel.subject):
        store.outbox.add(parcel, now, now)


def show_progress(store: Store, now: datetime, run: Run, step: int) -> None:
    """A step's bar has moved."""
    store.outbox.add(step_card(run, step), now, now + PROGRESS_WAIT)


def attach(store: Store, now: datetime, run_id: int, name: str, title: str, content: bytes) -> None:
    """A file in the run's thread: a picture, or output too long for a message."""
    row = store.runs.get(run_id)
    if row is not None:
        thread = thread_of(run_from_json(row.value))
        parcel = Parcel(thread, "file", thread=thread, text=deadened(title), name=file_name(name), content=content)
        store.outbox.add(parcel, now, now)


def read_run(store: Store, house: House, run_id: int) -> tuple[Run, Runbook]:
    """A run, and the runbook as it was when the run began. Raises NoSuchRun or PinnedTextBroken."""
    row = store.runs.get(run_id)
    if row is None:
        raise NoSuchRun(f"cannot find run {run_id}: because there is none of that number")
    name, text = store.runs.text(row.text_hash)
    return run_from_json(row.value), house.read(name, text)


def _name(house: House, slack: str) -> str:
    """What people call whoever has that Slack id."""
    person = person_of(house.config.people, slack)
    return person.name if person else slack


def _show_output(store: Store, run: Run, command: Answer, output: str, now: datetime) -> None:
    """What a command printed goes into the thread; what is too long for a message, as a file."""
    title, output = f"Output of step {command.step + 1}", visible(on_screen(output))
    if len(html.escape(output, quote=False)) > SHOWN:  # as Slack counts it
        name = f"run-{run.id}-step-{command.step + 1}-{command.attempt}.txt"
        attach(store, now, run.id, name, title, output.encode())
    else:
        say(store, run, printed(title, output), now)
