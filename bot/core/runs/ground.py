"""What a run stands on: its incident and its machine. When that changes by other hands, the run pauses.

A change is the run's own doing while one of its steps that does not only look runs or is verified, and for a
moment after it (deed.py). That its incident is then proven healthy is its doing, too, unless
something came between.
"""

from dataclasses import replace
from datetime import datetime

from bot.core.guest import StartsFrom
from bot.core.incident import Incident, Status, Way
from bot.core.run import Advance, Run, RunStatus, State, StepState
from bot.core.runs.events import Mark, RunEvent

THEN = "; then: "
"""Between why a run was paused and what happened last since; its history has all of it."""


def pause(run: Run, why: str, now: datetime) -> Advance:
    """The run, waiting for a person to say whether it goes on. What runs already goes on to its end."""
    if run.ended or why in run.pause:
        return Advance(run, why="nothing new")
    whys = f"{run.pause.partition(THEN)[0]}{THEN}{why}" if run.pause else why
    under_way = run.deed if run.deed and run.deed.ended is None else None  # another hand came after what has ended
    made = replace(
        run,
        status=RunStatus.PAUSED,
        pause=whys,
        paused_at=run.paused_at or now,
        deed=under_way,
        steps=tuple(_only_looked_at(step) for step in run.steps),
        version=run.version + 1,
    )
    return Advance(made, events=(RunEvent(now, Mark.PAUSED, f"paused: {why}"),), why=why)


def _only_looked_at(step: StepState) -> StepState:
    """The step, whose look was begun before the change: nothing runs on what that look finds."""
    return replace(step, state=State.LOOKING) if step.state is State.MAKING_SURE else step


def machine_changed(run: Run, why: str, now: datetime, *, running: bool | None = None) -> Advance:
    """The run, once its machine is seen to have changed. `running`: what it came to, None for any other change."""
    if run.ended or run.deed is None or not run.deed.explains(running=running, now=now):
        return pause(run, why, now)
    seen = run.deed if running is None else run.deed.came_to(running=running)
    return Advance(replace(run, deed=seen), why="it did that itself")


def machine_gone(run: Run, why: str, now: datetime) -> Advance:
    """The run, once its machine is elsewhere, or no longer there: a step's script alone may do that."""
    if run.deed is not None and run.deed.may_define(now):
        return Advance(run, why="it did that itself")
    return pause(run, why, now)


def defined_anew(run: Run, starts_from: StartsFrom, name: str, now: datetime) -> Advance:
    """The run, once its machine's definition was read: on other disks it would start another system."""
    before = run.began_with
    if run.ended or before is None or (differs := starts_from.differs_from(before)) is None:
        return Advance(run, why="nothing new")
    known = replace(run, began_with=starts_from)  # whoever goes on after this goes on with that
    if run.deed is not None and run.deed.may_define(now):
        return Advance(known, why="it did that itself")
    return pause(known, f"{name} is defined anew: {differs} when this run began", now)


def incident_changed(run: Run, was: Incident, incident: Incident, now: datetime) -> Advance:
    """The run, once its incident has changed."""
    why = _why_other(was, incident)
    if why is None or (run.deed is not None and _is_own(run, incident)):
        return Advance(run, why="nothing it minds")
    return pause(run, why, now)


def _why_other(was: Incident, incident: Incident) -> str | None:
    """What has changed in an incident that a run for it stands on."""
    number = incident.id
    if incident.ended and incident.end != was.end:
        return f"incident {number} was {incident.end} ({incident.resolution})"
    if was.ended and not incident.ended:
        return f"incident {number} is open again"
    if was.status is Status.RECOVERING and incident.status in {Status.OPEN, Status.ACKNOWLEDGED}:
        return f"incident {number} failed again"
    became = incident.kind.replace("-", " ")
    return f"incident {number} has become another: {became}" if was.subject != incident.subject else None


def _is_own(run: Run, incident: Incident) -> bool:
    """Whether the run's own last deed explains it: that it mended the machine, or tried to, and it fails again."""
    assert run.deed is not None, "asked only for a run that did something"
    if incident.ended:
        return _proven(incident) and run.status is RunStatus.UNDER_WAY and run.deed.may_mend
    return run.deed.ended is None


def _proven(incident: Incident) -> bool:
    """Whether it ended with what it was about seen well: one that is about nothing any more shows nothing."""
    return incident.end is not None and incident.end.way is Way.PROVEN and bool(incident.own)
