"""What can only be judged with all steps in view: headings, the normal order, which values are set by then.

And what is no mistake, but is better done otherwise: hints.
"""

import re
from collections.abc import Iterator

from bot.core.kinds import KINDS
from bot.core.lab import Effect
from bot.core.nearest import nearest
from bot.core.runbook import Runbook, ScriptAction, Step, needs_confirmation
from bot.core.runs.beginning import needed
from bot.core.values import BUILT_IN, KNOWN_OF
from bot.core.written import Hint, Problems

_LINE_END = re.compile(r"\r\n?|\n")  # as markdown counts lines


def lint(runbook: Runbook, problems: Problems) -> None:
    """Tell what is wrong with a runbook as a whole."""
    if all(step.on_request for step in runbook.steps):
        problems.add(1, "run this", "it has no step that is not only on request")
    _headings(runbook, problems)
    for line, name, why in _lacking(runbook, never=True):
        problems.add(line, f"use ${name}", why)
    for at, step in enumerate(runbook.steps):
        _values(runbook, at, step, problems)


def hints(runbook: Runbook) -> tuple[Hint, ...]:
    """What would be better otherwise: what destroys something without a look before; what can't always begin."""
    unguarded = (
        Hint(step.action.line, f"“{step.heading}” {why}: say with **Before** what must still hold when it runs")
        for step in runbook.steps
        if step.action and step.acts and step.before is None and (why := _why_dangerous(step))
    )
    return (*unguarded, *(Hint(line, why) for line, _, why in _lacking(runbook, never=False)))


def _why_dangerous(step: Step) -> str | None:
    if needs_confirmation(step):
        return "is confirmed beforehand"
    return "stops a machine" if step.effect is Effect.STOPS else None


def _lacking(runbook: Runbook, *, never: bool) -> Iterator[tuple[int, str, str]]:
    """The values it needs that not all it is for has; `never`: those that nothing has, so that it can't begin."""
    subjects = {subject for kind in runbook.use_for for subject in KINDS[kind].about}
    for name in sorted(needed(runbook) - {"incident"}):
        having = [kind for kind, known in KNOWN_OF.items() if name in known]
        lacking = [kind for kind in runbook.use_for if not set(KINDS[kind].about) <= set(having)]
        if lacking and subjects.isdisjoint(having) is never:
            step = next(one for one in runbook.steps if name in one.uses)
            why = f"“Use for” names {', '.join(lacking)}, and ${name} is known only of a {' or '.join(having)}"
            yield _line_of(runbook, step, name), name, why


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
    places = {action.run_on.removeprefix("$") for action in step.runs if isinstance(action, ScriptAction)}
    for name in sorted(step.uses - known - places):  # of a wrong place its setting says so
        problems.add(_line_of(runbook, step, name), f"use ${name}", _why_unset(runbook, name, known))
    ahead = [action for action in step.runs if step.check is None or action is not step.check.action]
    for action in ahead if step.lists else ():
        if own & action.uses:
            problems.add(action.line, f"use ${min(own)}", "this very list is to set it")


def _why_unset(runbook: Runbook, name: str, known: set[str]) -> str:
    for number, step in enumerate(runbook.steps, 1):
        if step.question and step.question.name == name:
            return f"step {number} “{step.heading}”, which sets it, comes later"
    meant = nearest(name, known)
    return "no step sets it" + (f" (did you mean ${meant}?)" if meant else "")


def _line_of(runbook: Runbook, step: Step, name: str) -> int:
    """Where the value is named: in a fence, or somewhere among the settings."""
    first = next((action.line for action in step.runs if name in action.uses), step.line)
    lines = _LINE_END.split(runbook.source)[first - 1 :]
    named = re.compile(rf"\$\{{?[!#]?{name}(?![a-z0-9_])|(?i:ask|choose): {name}\b")
    return next((number for number, line in enumerate(lines, first) if named.search(line)), first)
