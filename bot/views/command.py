"""What a step would run, letter by letter, where, and with which values: to be read before it is agreed to."""

from collections.abc import Iterator

from slack_sdk.models.blocks import Block

from bot.core.offer import Exact, exact_before, exact_check, exact_command
from bot.core.run import Run
from bot.core.runbook import Step
from bot.core.values import fill
from bot.views.limits import CODE, NAME, code, context
from bot.views.outside import bold, inline, safe

_VALUES = 12


def command(step: Step, run: Run) -> Iterator[Block]:
    """The command; nothing for a step done by hand."""
    exact = exact_command(step, run)
    if exact is None:
        return
    yield context(f"{'Lists the choices' if step.lists else 'Runs'} {_place(exact)} ({exact.language}):")
    yield code(exact.text, CODE // 4 if step.boxes else CODE)  # boxes need room in the same message
    if exact.values:
        yield context("with " + " · ".join(f"{name} = {inline(value)}" for name, value in exact.values[:_VALUES]))


def before(step: Step, run: Run) -> Iterator[Block]:
    """What must hold before the step, and is looked at right then."""
    exact = exact_before(step, run)
    if exact is None or step.before is None:
        return
    says = f": {safe(fill(step.before.says, run.values), 300)}" if step.before.says else ""
    how = f" {inline(exact.text)}" if exact.language == "lab" else f" {_place(exact)} ({exact.language}):"
    yield context(f"🔎 *Before*{says}\nChecked first; nothing runs unless it passes:{how}")
    if exact.language != "lab":
        yield code(exact.text, CODE // 4)


def proof(step: Step, run: Run) -> Iterator[Block]:
    """What will prove the step; that nothing does, where it changes something all the same."""
    check = exact_check(step, run)
    if check and step.check:
        how = inline(check.text) if check.language == "lab" else f"a script {_place(check)}"
        every, within = step.check.every.total_seconds(), step.check.within.total_seconds()
        yield context(f"Proven by {how}" + (f", every {every:g} s for {within:g} s" if within else ""))
    elif step.acts:
        yield context("Nothing verifies this step.")


def _place(exact: Exact) -> str:
    return f"on {bold(safe(exact.where, NAME))}" if exact.where else "here"
