"""A runbook's flow as lines of plain text: what each step does, what proves it, where a failure leads."""

from collections.abc import Iterator
from datetime import timedelta

from bot.core.runbook import Action, LabAction, OnFailure, Runbook, Step, Verification, needs_confirmation, who_may


def outline(runbook: Runbook) -> tuple[str, ...]:
    """The whole runbook, for a terminal."""
    offered = f"offered for {', '.join(runbook.use_for)}" if runbook.use_for else "started by hand"
    lines = [f"{runbook.title} ({runbook.name}), {offered}", ""]
    for number, step in enumerate(runbook.steps, 1):
        lines.append(f"{number:>3}  {step.heading}{'  (only on request)' if step.on_request else ''}")
        lines += (f"       {line}" for line in _flow(step, runbook))
    return tuple(lines)


def _flow(step: Step, runbook: Runbook) -> Iterator[str]:
    """One line for each thing that happens, in its order."""
    may_skip = ", may be skipped" if step.optional else ""
    yield f"pressed by {who_may(step, runbook)}{may_skip}"
    if step.boxes:
        yield f"ticks {len(step.boxes)} box{'es' if len(step.boxes) > 1 else ''}"
    if step.question and not step.lists:
        yield f"{'chooses' if step.question.choose else 'asks for'} ${step.question.name}"
    if confirmation := needs_confirmation(step):
        yield f"confirms by typing ${confirmation.typed}" if confirmation.typed else "confirms"
    if step.before:
        says = f" ({step.before.says})" if step.before.says else ""
        yield f"looks first, and goes on only if it holds: {_action(step.before.action)}{says}"
    if step.action:
        chosen = f", and a person chooses ${step.question.name}" if step.question and step.lists else ""
        yield f"runs {_action(step.action)} (at most {_time(step.limit)}){chosen}"
    elif not step.question:
        yield "is done by hand"
    yield f"is proven by {_check(step.check)}" if step.check else "is not verified"
    if step.on_failure is OnFailure.STOP:
        yield "if it fails: the run stops"
    elif step.go_to is not None:
        yield f"if it fails: goes to {runbook.position(step.go_to) + 1} “{step.go_to}”"


def _action(action: Action) -> str:
    if isinstance(action, LabAction):
        return f"`lab {action.call}`"
    return f"{action.language} on {action.run_on}"


def _check(check: Verification) -> str:
    tries = f", looked at every {_time(check.every)} for {_time(check.within)}" if check.within else ""
    return _action(check.action) + tries


def _time(length: timedelta) -> str:
    """E.g. `1 hour 30 minutes`."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    return " ".join(f"{number} {unit}{'s' if number > 1 else ''}" for number, unit in parts if number)
