"""How a run that has moved is written down and told: its row, its incident's history, its cards."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.incident import IncidentId, Tell
from bot.core.incidents import recording
from bot.core.mentions import deadened
from bot.core.permit import Person
from bot.core.run import BUSY, LIVE, Advance, Run, RunStatus, State
from bot.core.run_json import run_from_json, run_to_json
from bot.store import Store
from bot.store.outbox import Parcel
from bot.store.runs import RunRow

LONG = timedelta(minutes=1)
"""Whoever pressed looks elsewhere after so long: an edit of the step's card would notify nobody."""

_BAD = frozenset({State.FAILED, State.UNPROVEN, State.UNKNOWN, State.LOST, State.UNENDED, State.HELD})


def record(store: Store, now: datetime, before: Run | None, advance: Advance, by: str | None = None) -> None:
    """Write a run as it now is, what happened in its incident's history, and what is to be told."""
    run = advance.run
    if run == before:
        return
    _save(store, run)
    if before is not None and replace(before, deed=run.deed, began_with=run.began_with) == run:
        return  # nobody sees what it remembers of its own doing
    _tell(store, now, before, run, by)
    for one in advance.events:
        store.events.append_of_run(run, one, by if one.person else None)
    incident = store.incidents.get(IncidentId(run.incident)) if run.incident is not None else None
    if incident is not None and advance.events:
        progressed, _ = recording.progressed(incident, advance.events[-1].text, now)
        store.incidents.save([progressed])


def shift_runs(store: Store, step: timedelta) -> None:
    """The clock was stepped: what is under way has been so for as long as before."""
    for row in store.runs.of_status(*LIVE):
        _save(store, run_from_json(row.value).shifted(step))


def _save(store: Store, run: Run) -> None:
    row = RunRow(run.id, run.incident, run.runbook, run.status, run.version, run.text_hash, run_to_json(run))
    store.runs.save(row)


def _tell(store: Store, now: datetime, before: Run | None, run: Run, by: str | None) -> None:
    """The cards that look different now: the run's or its incident's, and each step's that was ever begun."""
    for subject in dict.fromkeys((thread_of(run), *_about_the_same(store, run))):
        store.outbox.add(Parcel(subject, Tell.CARD), now, now)
    old = before.steps if before else run.steps
    for at, (was, step) in enumerate(zip(old, run.steps, strict=True)):
        offered = before is None or (before.version != run.version and at in {before.current, run.current})
        if (was != step or offered) and (was.since or step.since):
            store.outbox.add(step_card(run, at), now, now)
    if run.pause and before is not None and not before.pause:
        say(store, run, _why_paused(run), now)
    if before is not None and before.pause and not run.pause and not run.ended:
        _say(store, run, f"▶️ “{deadened(run.title)}” goes on{f', says <@{by}>' if by else ''}.", now)
    if run.ended and before is not None and not before.ended:
        who = f" by <@{by}>" if by and run.status is RunStatus.STOPPED else ""
        left = deadened(_left_behind(store, run))
        _say(store, run, f"“{deadened(run.title)}” is {run.status}{who}.{left}", now)


def _about_the_same(store: Store, run: Run) -> Iterator[str]:
    """The open incidents about its machine: they offer no other run meanwhile."""
    return (f"incident:{one.id}" for one in store.incidents.live() if one.subject == run.target)


def _left_behind(store: Store, run: Run) -> str:
    """What a run that was stopped leaves as it is: the machine that it worked on is off."""
    if run.status is not RunStatus.STOPPED or run.target is None:
        return ""
    presence = store.targets.presences().get(run.target)
    is_off = presence is not None and presence.running is False
    return f" {store.targets.names()(run.target)} is still off." if is_off else ""


def _why_paused(run: Run) -> str:
    return f"⏸️ “{run.title}” is paused: {run.pause}. Nothing more runs until someone presses Go on or Stop."


def tell_who_waits(store: Store, now: datetime, people: Sequence[Person], before: Run, after: Run) -> None:
    """Mention whoever pressed a step that took long, once it has ended, however it did."""
    step, was = after.steps[before.current], before.steps[before.current]
    if was.state not in BUSY or step.state in BUSY or was.pressed_at is None or now - was.pressed_at <= LONG:
        return
    who = next((one.slack for one in people if one.name == was.by), None)
    if who is None:
        return
    came_to = step.state if step.state is State.FAILED else f"is {step.state}"
    took = f"step {before.current + 1} of “{before.title}” {came_to} after {_lasted(now - was.pressed_at)}"
    why = f": {step.summary}" if step.state in _BAD and step.summary else ""
    thread = thread_of(before)
    parcel = Parcel(thread, Tell.LINE, thread=thread, text=f"<@{who}> {deadened(took + why)}")
    store.outbox.add(parcel, now, now)


def _lasted(length: timedelta) -> str:
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes} min" + (f" {seconds} s" if seconds else "")


def step_card(run: Run, step: int) -> Parcel:
    """A step's card, in its run's thread."""
    return Parcel(f"run:{run.id}:step:{step}", Tell.CARD, thread=thread_of(run))


def thread_of(run: Run) -> str:
    """The subject in whose thread a run is told: its incident, or itself."""
    return f"incident:{run.incident}" if run.incident is not None else f"run:{run.id}"


def say(store: Store, run: Run, text: str, now: datetime) -> None:
    """A line in a run's thread. Of what is said, nothing lives: titles and errors are from outside."""
    _say(store, run, deadened(text), now)


def _say(store: Store, run: Run, text: str, now: datetime) -> None:
    thread = thread_of(run)
    store.outbox.add(Parcel(thread, Tell.LINE, thread=thread, text=text), now, now)
