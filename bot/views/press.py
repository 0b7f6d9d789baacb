"""The buttons of a run's current step, exactly those that core.offer offers, and what a click on one carries."""

import json
from typing import Final

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, ConfirmObject, Option, OverflowMenuElement

from bot.core.offer import CONFIRMED, Exact, exact_before, exact_command, offer
from bot.core.run import Button, Run
from bot.core.runbook import Confirmation, Runbook, Step, needs_confirmation
from bot.core.values import fill
from bot.views.limits import DIALOG_TEXT, DIALOG_TITLE, OPTION, OVERFLOW, cut, plain

PRESS: Final = "step_press"  # it takes no more than the click
ASK: Final = "step_ask"  # a modal asks for more
MORE: Final = "step_more"
GO_TO: Final = "go to"


def actions(run: Run, runbook: Runbook) -> ActionsBlock:
    """What can be pressed now. Never empty: a run under way can always be stopped."""
    offered, step = offer(run, runbook), runbook.steps[run.current]
    elements: list[ButtonElement | OverflowMenuElement] = [
        _button(button, run, step, first=at == 0) for at, button in enumerate(offered.main)
    ]
    options = [Option(text=plain(_called(one), OPTION), value=value(run, button=one)) for one in offered.more]
    room = OVERFLOW - len(options)
    if len(offered.go_to) <= room:
        options += [_way(run, runbook, at) for at in offered.go_to]
    else:
        options.append(Option(text=plain("Go to another step…", OPTION), value=value(run, do=GO_TO)))
    if options:
        elements.append(OverflowMenuElement(action_id=MORE, options=options))
    return ActionsBlock(block_id=f"step:{run.id}:{run.current}", elements=elements)


def value(run: Run, **more: str | int) -> str:
    """What a click carries: the moment it belongs to, and what is wanted. At most 150 characters."""
    return json.dumps({"run": run.id, "step": run.current, "version": run.version, **more})


def _called(button: Button) -> str:
    return "Stop…" if button is Button.STOP else str(button)


def _way(run: Run, runbook: Runbook, at: int) -> Option:
    again = "Ask again" if at == run.current else f"Go to: {runbook.steps[at].heading}"
    return Option(text=plain(again, OPTION), value=value(run, go_to=at))


def _button(button: Button, run: Run, step: Step, *, first: bool) -> ButtonElement:
    confirmation = needs_confirmation(step) if button in CONFIRMED else None
    asks = button in {Button.ANSWER, Button.CHOOSE} or (confirmation is not None and confirmation.typed)
    dialog = None if asks else _dialog(button, run, step, confirmation)
    dangerous = confirmation is not None or button is Button.STOP
    return ButtonElement(
        text=str(button),
        action_id=f"{ASK if asks else PRESS}:{button.name.lower()}",
        value=value(run, button=button),
        style="danger" if dangerous else "primary" if first else None,
        confirm=dialog,
    )


def _dialog(button: Button, run: Run, step: Step, confirmation: Confirmation | None) -> ConfirmObject | None:
    """A red question. The exact command stands above the button; what fits of it is repeated here."""
    if button is Button.STOP:
        text = "Anything in progress is cancelled. A stopped run can't be resumed; start a new one instead."
        return _red("Stop this runbook?", text, "Stop it")
    if confirmation is None:
        return None
    words = [confirmation.text, *confirmation.warnings]
    if step.action and (first := exact_before(step, run)):
        words.append(f"Checked first: {in_short(first)}")
    if exact := exact_command(step, run):
        words.append(in_short(exact))
    text = fill("\n".join(word for word in words if word), run.values)
    machine = next((run.values[name] for name in ("guest", "host") if run.values.get(name)), "")
    if machine not in text:
        text = f"Machine: {machine}\n{text}"
    return _red(f"{step.heading}?", text, str(button))


def in_short(exact: Exact) -> str:
    """A command's first line, and where it runs."""
    lines = exact.text.strip().splitlines() or [""]
    more = f" … ({len(lines)} lines, all shown above)" if len(lines) > 1 else ""
    return f"{'On ' + exact.where + ': ' if exact.where else ''}{lines[0]}{more}"


def _red(title: str, text: str, confirm: str) -> ConfirmObject:
    return ConfirmObject(
        title=plain(title, DIALOG_TITLE),
        text=plain(cut(text, DIALOG_TEXT), DIALOG_TEXT),
        confirm=plain(confirm, 30),
        deny=plain("Not now", 30),
        style="danger",
    )
