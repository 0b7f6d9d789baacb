"""How a run moves: advance(run, runbook, command, now) → the run as it is then, what to carry out, what to tell.

Nothing runs unless a person pressed for it, and at most once an attempt. What was under way when the bot went
down, or when the connection broke, is not repeated: it is found again, or a person says what became of it. An
illegal move raises and changes nothing. Who may press is not asked here: permit.py knows.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.core.health import TargetId
from bot.core.move import Move
from bot.core.offer import CONFIRMED, missing, offer
from bot.core.pattern import why_no_match
from bot.core.run import (
    BUSY,
    MAY_RUN,
    ONLY_LOOKING,
    ActionFinished,
    Advance,
    Answer,
    BeforeLooked,
    Button,
    CheckFinished,
    ChoicesListed,
    Command,
    GoTo,
    IllegalMove,
    Interrupted,
    Press,
    Run,
    RunId,
    RunStatus,
    StaleClick,
    State,
    StepState,
    Stop,
    Tick,
    WrongInput,
)
from bot.core.runbook import Runbook, Step
from bot.core.runs.events import Mark
from bot.core.runs.lost import ActionFound, ActionLost, ActionUnended

_FORWARD = frozenset(Button) - {Button.CANNOT, Button.SKIP, Button.STOP, Button.GO_ON, Button.LOOK_AGAIN}
_AWAITED: Mapping[type[Answer], frozenset[State]] = MappingProxyType(
    {
        ChoicesListed: frozenset({State.LISTING}),
        BeforeLooked: ONLY_LOOKING,
        ActionFinished: frozenset({State.RUNNING, State.SEEKING}),
        ActionLost: frozenset({State.RUNNING, State.SEEKING}),
        ActionFound: frozenset({State.SEEKING}),
        ActionUnended: frozenset({State.RUNNING, State.SEEKING}),
        CheckFinished: frozenset({State.VERIFYING}),
    }
)


def start(
    runbook: Runbook,
    run_id: RunId,
    *,
    values: Mapping[str, str],
    incident: int | None,
    person: str,
    now: datetime,
    target: TargetId | None = None,
) -> Advance:
    """A new run at its first step. `values`: those of its target; what is not known is left out."""
    run = Run(
        id=run_id,
        runbook=runbook.name,
        title=runbook.title,
        text_hash=runbook.hash,
        incident=incident,
        started_by=person,
        started_at=now,
        values=MappingProxyType(dict(values)),
        steps=(StepState(),) * len(runbook.steps),
        target=target,
    )
    move = Move(run, runbook, now)
    move.tell_of_run(Mark.STARTED, f"“{runbook.title}” was started", person)
    move.enter(next(at for at, step in enumerate(runbook.steps) if not step.on_request))
    return move.made(f"{person} started it")


def advance(run: Run, runbook: Runbook, command: Command, now: datetime) -> Advance:
    """Carry out one command on a run of `runbook`, whose text must be the one the run was started with.

    Raises IllegalMove; StaleClick for a button of an earlier moment; WrongInput for what was typed with it. A
    late answer from the shell is nobody's mistake: it changes nothing and `why` says so.
    """
    if runbook.hash != run.text_hash:
        raise ValueError(
            f"cannot go on with run {run.id}: because it was started with another text of {run.runbook!r}"
        )
    match command:
        case Press():
            return _press(run, runbook, command, now)
        case Tick():
            return _tick(run, runbook, command)
        case GoTo():
            return _go_to(run, runbook, command, now)
        case Stop():
            return _stop(run, runbook, command, now)
        case Interrupted():
            return _interrupted(run, runbook, command, now)
        case _:
            return _finished(run, runbook, command, now)


def _press(run: Run, runbook: Runbook, press: Press, now: datetime) -> Advance:
    refuse_press(run, runbook, press)
    step = runbook.steps[run.current]
    if press.button in CONFIRMED and step.confirm_typed:
        _refuse_other_name(press, run.values[step.confirm_typed], _pressing(press))
    move = Move(run, runbook, now)
    move.tell(Mark.PRESSED, str(press.button), press.person)
    move.set(run.state, by=press.person)
    _PRESSED[press.button](move, press)
    return move.made(f"{press.person} pressed {press.button}")


def refuse_press(run: Run, runbook: Runbook, press: Press) -> None:
    """Raise IllegalMove or StaleClick where this press can't count, whatever is typed with it."""
    what = _pressing(press)
    _refuse_stale(run, runbook, what, fresh=(press.step, press.version) == (run.current, run.version))
    if press.button not in offer(run, runbook).buttons:
        raise IllegalMove(f"cannot {what}: because {_why_not_offered(run)}")
    if press.button in _FORWARD:
        _refuse_unprepared(run, runbook.steps[run.current], press.button, what)


def _why_not_offered(run: Run) -> str:
    return f"the run is paused: {run.pause}" if run.status is RunStatus.PAUSED else f"it is {run.state}"


def _pressing(press: Press) -> str:
    return f"press {press.button} on step {press.step + 1}"


def _refuse_stale(run: Run, runbook: Runbook, what: str, *, fresh: bool) -> None:
    if run.ended:
        raise StaleClick(f"cannot {what}: because the run is {run.status}")
    if not fresh:
        now = f"step {run.current + 1} “{runbook.steps[run.current].heading}” is {run.state} now"
        raise StaleClick(f"cannot {what}: because the run has moved on; {now}")


def _refuse_unprepared(run: Run, step: Step, button: Button, what: str) -> None:
    if unset := missing(step, run):
        raise IllegalMove(f"cannot {what}: because {', '.join(f'${name}' for name in unset)} is not set")
    if run.state is State.HELD or button is Button.LOOK:
        return  # to look takes no ticks: boxes are ticked while the step is done
    ticked = run.steps[run.current].ticked
    left = [box for at, box in enumerate(step.boxes) if at not in ticked]
    if left:
        raise IllegalMove(f"tick “{left[0]}” first")


def _refuse_other_name(press: Press, name: str, what: str) -> None:
    if (press.typed or "").strip() != name:
        raise WrongInput(f"cannot {what}: because “{press.typed or ''}” was typed; type {name} exactly")


def _answer(move: Move, press: Press) -> None:
    """Take what was typed or chosen as the value's text, whatever it looks like."""
    question, answer = move.step.question, press.answer or ""
    assert question is not None, "Answer and Choose are offered by a question"
    why = None
    if not answer.strip():
        why = "the answer is empty"
    elif "\0" in answer:
        why = "no environment can hold a NUL character"
    elif question.choose and answer not in _choices(move, question.options):
        why = f"“{answer}” is not in the list"
    elif question.pattern:
        why = why_no_match(question.pattern, answer)
    if why:
        raise WrongInput(f"cannot set ${question.name}: because {why}")
    move.answer(question.name, answer)


def _choices(move: Move, options: tuple[str, ...]) -> tuple[str, ...]:
    return options or tuple(choice.value for choice in move.state.choices)


_ENDED_BADLY = frozenset({State.FAILED, State.UNPROVEN, State.UNKNOWN, State.CANNOT})


def _skip(move: Move) -> None:
    """A step that is skipped because it failed keeps why it did."""
    was = move.state
    badly = was.state in _ENDED_BADLY and was.summary
    move.complete(State.SKIPPED, f"before that: {was.summary}" if badly else "")


_PRESSED: Mapping[Button, Callable[[Move, Press], None]] = MappingProxyType(
    {
        Button.RUN: lambda move, _: move.act(),
        Button.RETRY: lambda move, _: move.act(),
        Button.RUN_AGAIN: lambda move, _: move.act(),
        Button.DONE: lambda move, _: move.verify(),
        Button.IT_RAN: lambda move, _: move.verify(),
        Button.CHECK_AGAIN: lambda move, _: move.look() if move.state.state is State.HELD else move.verify(),
        Button.LOOK: lambda move, _: move.look(),
        Button.LOOK_AGAIN: lambda move, _: move.seek(),
        Button.GO_ON: lambda move, press: move.resume(press.person),
        Button.ANSWER: _answer,
        Button.CHOOSE: _answer,
        Button.CANNOT: lambda move, press: move.fail(State.CANNOT, f"{press.person} can't do it"),
        Button.SKIP: lambda move, _: _skip(move),
        Button.STOP: lambda move, press: move.end(RunStatus.STOPPED, f"{press.person} stopped it", press.person),
    }
)


def _tick(run: Run, runbook: Runbook, tick: Tick) -> Advance:
    """Ticks change nothing that is offered: the version stays, so that a Done pressed right after one counts."""
    what = f"tick a box of step {tick.step + 1}"
    _refuse_stale(run, runbook, what, fresh=tick.step == run.current)
    if run.status is RunStatus.PAUSED:
        raise StaleClick(f"cannot {what}: because {_why_not_offered(run)}")
    if not set(tick.boxes) <= set(range(len(runbook.steps[tick.step].boxes))):
        raise IllegalMove(f"cannot {what}: because it has no box {max(tick.boxes) + 1}")
    steps = list(run.steps)
    steps[tick.step] = replace(steps[tick.step], ticked=tuple(sorted(set(tick.boxes))), by=tick.person)
    return Advance(replace(run, steps=tuple(steps)), why=f"{tick.person} ticked")


def _go_to(run: Run, runbook: Runbook, command: GoTo, now: datetime) -> Advance:
    what = f"go to step {command.step + 1}"
    _refuse_stale(run, runbook, what, fresh=command.version == run.version)
    if command.step not in offer(run, runbook).go_to:
        why = f"step {run.current + 1} is {run.state}" if run.state in BUSY else "its turn has not come"
        why = _why_not_offered(run) if run.status is RunStatus.PAUSED else why
        raise IllegalMove(f"cannot {what}: because {why}")
    move = Move(run, runbook, now)
    move.tell(Mark.WENT, f"to step {command.step + 1} “{runbook.steps[command.step].heading}”", command.person)
    if command.step == run.current:
        move.reopen()
    elif runbook.steps[command.step].on_request:
        move.step_aside(command.step)
    else:
        move.enter(command.step)
    return move.made(f"{command.person} went to step {command.step + 1}")


def _stop(run: Run, runbook: Runbook, command: Stop, now: datetime) -> Advance:
    if run.ended:
        raise IllegalMove(f"cannot stop run {run.id}: because it is {run.status}")
    move = Move(run, runbook, now)
    move.end(RunStatus.STOPPED, command.why, command.person)
    return move.made(command.why)


def _finished(run: Run, runbook: Runbook, command: Answer, now: datetime) -> Advance:
    attempt = run.steps[run.current].attempt
    awaited = not run.ended and run.state in _AWAITED[type(command)]
    if not awaited or (command.step, command.attempt) != (run.current, attempt):
        return Advance(run, why=f"ignored: nobody waits for attempt {command.attempt} of step {command.step + 1}")
    move = Move(run, runbook, now)
    if isinstance(command, ChoicesListed):
        move.listed(command)
    elif isinstance(command, BeforeLooked):
        move.looked(command)
    elif isinstance(command, ActionFinished):
        move.acted(command)
    elif isinstance(command, ActionLost):
        move.lost(command)
    elif isinstance(command, ActionFound):
        move.found(command.summary)
    elif isinstance(command, ActionUnended):
        move.unended(command.summary)
    else:
        move.checked(command)
    return move.made(command.summary)


def _interrupted(run: Run, runbook: Runbook, command: Interrupted, now: datetime) -> Advance:
    found = command.recorded and run.state in MAY_RUN
    if run.ended or not (found or run.state in BUSY):
        return Advance(run, why="nothing was under way")
    move = Move(run, runbook, now)
    if found:
        move.seek(command.why)
    elif run.state is State.VERIFYING:
        move.verify()  # it has ended; to look once more does nothing
    else:
        move.interrupt(command.why)
    return move.made(command.why)
