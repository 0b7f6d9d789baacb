"""What can only be judged with all steps in view: headings, the normal order, which values are set by then."""

from bot.core.nearest import nearest
from bot.core.runbook import Runbook, Step
from bot.core.values import BUILT_IN
from bot.core.written import Problems


def lint(runbook: Runbook, problems: Problems) -> None:
    """Tell what is wrong with a runbook as a whole."""
    if all(step.on_request for step in runbook.steps):
        problems.add(1, "run this", "it has no step that is not only on request")
    _headings(runbook, problems)
    for at, step in enumerate(runbook.steps):
        _values(runbook, at, step, problems)


def _headings(runbook: Runbook, problems: Problems) -> None:
    first: dict[str, int] = {}
    for step in runbook.steps:
        same = first.setdefault(step.heading.casefold(), step.line)
        if same != step.line:
            problems.add(step.line, f"use the heading “{step.heading}”", f"line {same} has it already")


def _values(runbook: Runbook, at: int, step: Step, problems: Problems) -> None:
    """A value must be known, or be set by a step that can have come before."""
    others = [
        other for place, other in enumerate(runbook.steps) if place < at or other.on_request or step.on_request
    ]
    own = {step.question.name} if step.question else set()
    known = set(BUILT_IN) | {other.question.name for other in others if other.question} | own
    for name in sorted(step.uses - known):
        problems.add(_line_of(step, name), f"use ${name}", _why_unset(runbook, name, known))
    if step.lists and step.action and own & step.action.uses:
        problems.add(step.action.line, f"use ${min(own)}", "this very list is to set it")


def _why_unset(runbook: Runbook, name: str, known: set[str]) -> str:
    for number, step in enumerate(runbook.steps, 1):
        if step.question and step.question.name == name:
            return f"step {number} “{step.heading}”, which sets it, comes later"
    meant = nearest(name, known)
    return "no step sets it" + (f" (did you mean ${meant}?)" if meant else "")


def _line_of(step: Step, name: str) -> int:
    """Where the value is named: in the action, in the check, or somewhere among the settings."""
    for action in (step.action, step.check.action if step.check else None):
        if action and name in action.uses:
            return action.line
    return step.line
