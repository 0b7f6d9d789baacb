"""The modals: each asks one thing, and carries in `private_metadata` what it was opened for and where.

What a modal is for (`about`) comes back with its submission as it was given here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.models.blocks import (
    Block,
    InputBlock,
    Option,
    PlainTextInputElement,
    RadioButtonsElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.core.incident import Incident
from bot.core.names import UNTOLD, Names
from bot.core.offer import choices, offer
from bot.core.run import Button, Run
from bot.core.runbook import Runbook, needs_confirmation
from bot.views.command import before, command
from bot.views.limits import BOXES, OPTION, OPTIONS, PLACEHOLDER, VIEW_TITLE, cut, plain, section
from bot.views.outside import bold, inline, safe
from bot.views.run import step_title
from bot.views.step import shown
from bot.views.words import name_of, names, title

RESOLVE: Final = "resolve"
SILENCE: Final = "silence"
RUNBOOK: Final = "runbook"
ANSWER: Final = "answer"
CHOOSE: Final = "choose"
TYPE_NAME: Final = "type_name"
GO_TO: Final = "go_to"
STOP: Final = "stop"

REASON: Final = "reason"
LENGTH: Final = "length"
ANSWERED: Final = "answered"
"""The ids of input blocks: what was put in comes back under them."""

_LENGTHS: Final = (("1 hour", "1h"), ("4 hours", "4h"), ("1 day", "1d"), ("3 days", "3d"), ("1 week", "7d"))
_USUAL: Final = 1  # 4 hours

About = Mapping[str, Any]


def resolve_view(incident: Incident, about: About, name: Names = UNTOLD) -> View:
    """Why an incident is over although its checks do not say so."""
    waiting = [incident.members[target] for target in incident.unproven]
    off = [one.target for one in waiting if one.was_running and one.running is False]
    rest = [one.target for one in waiting if one.target not in off]
    still = " or ".join(sorted({incident.members[target].rest for target in off}))
    left = f"\n⚠️ Still {still}, and ran before: {names(off, name)}" if off else ""
    left += f"\n⚠️ Not proven healthy: {names(rest, name)}" if rest else ""
    told = section(f"Incident {incident.id}: {bold(title(incident, name))}{left}")
    return _modal(RESOLVE, "Resolve", [told, _text(REASON, "Why is it over?", lines=True)], about)


def silence_view(incident: Incident, about: About, name: Names = UNTOLD) -> View:
    """For how long, and why, nobody wants to hear of an incident's subject."""
    options = [Option(text=words, value=length) for words, length in _LENGTHS]
    lengths = StaticSelectElement(action_id=LENGTH, options=options, initial_option=options[_USUAL])
    told = section(f"No alerts for {bold(name_of(incident.subject, name))}, or for anything that depends on it.")
    ask = InputBlock(block_id=LENGTH, label="For how long?", element=lengths)
    return _modal(SILENCE, "Silence", [told, ask, _text(REASON, "Why?")], about)


def runbook_view(incident: Incident, books: Sequence[Runbook], about: About, name: Names = UNTOLD) -> View:
    """Which runbook to start; those that fit come first."""
    options = [Option(text=plain(book.title, OPTION), value=book.name) for book in books[:OPTIONS]]
    if not options:
        return _modal(RUNBOOK, "Start a runbook", [section("There is no runbook.")], about, submit=None)
    told = section(f"For incident {incident.id}: {bold(title(incident, name))}. Starting one runs nothing yet.")
    ask = InputBlock(block_id=RUNBOOK, label="Runbook", element=_choice(RUNBOOK, options))
    return _modal(RUNBOOK, "Start a runbook", [told, ask], about, submit="Start")


def answer_view(run: Run, runbook: Runbook, about: About) -> View:
    """What a step asks to be typed."""
    question = runbook.steps[run.current].question
    name = question.name if question else ""
    hint = f"It must match {question.pattern}" if question and question.pattern else None
    blocks = [_step(run, runbook), _text(ANSWERED, name or "Answer", hint=hint)]
    return _modal(ANSWER, "Answer", blocks, about)


def choose_view(run: Run, runbook: Runbook, about: About) -> View:
    """What a step lets one choose from; a choice is known by its position, for its value may be long."""
    question = runbook.steps[run.current].question
    offered = choices(run, runbook, run.current)[:OPTIONS]
    options = [Option(text=plain(one.label, OPTION), value=str(at)) for at, one in enumerate(offered)]
    ask = InputBlock(
        block_id=ANSWERED,
        label=plain(question.name if question else "Choice", OPTION),
        element=_choice(ANSWERED, options),
    )
    blocks: list[Block] = [_step(run, runbook), ask]
    if (more := run.steps[run.current].summary) and runbook.steps[run.current].lists:
        blocks.append(section(f"⚠️ {safe(more, 300)}"))
    return _modal(CHOOSE, "Choose", blocks, about, submit="Choose")


def type_name_view(run: Run, runbook: Runbook, button: Button, about: About) -> View:
    """What runs, in full, and the name to be typed; what it can't take back, the runbook's own warnings say."""
    step = runbook.steps[run.current]
    confirmation = needs_confirmation(step)
    name = run.values.get(confirmation.typed or "", "") if confirmation else ""
    said = [confirmation.text, *confirmation.warnings[:3]] if confirmation else []
    blocks: list[Block] = [_step(run, runbook)]
    blocks += [section(f"⚠️ {bold(safe(shown(text, run), 600))}") for text in said if text]
    blocks += before(step, run)
    blocks += command(step, run)
    blocks.append(section(f"To go on, type {inline(name)}."))
    blocks.append(_text(ANSWERED, "Name"))
    return _modal(TYPE_NAME, "Are you sure?", blocks, about, submit=str(button))


def go_to_view(run: Run, runbook: Runbook, about: About) -> View:
    """To which step to go."""
    ways = offer(run, runbook).go_to[:OPTIONS]
    options = [Option(text=plain(f"{at + 1}. {runbook.steps[at].heading}", OPTION), value=str(at)) for at in ways]
    if not options:
        return _modal(GO_TO, "Go to a step", [section("There is none to go to now.")], about, submit=None)
    ask = InputBlock(block_id=ANSWERED, label="Step", element=_choice(ANSWERED, options))
    return _modal(GO_TO, "Go to a step", [_step(run, runbook), ask], about, submit="Go")


def stop_view(run: Run, about: About) -> View:
    """Whether a run is really to be stopped."""
    told = f"{bold(safe(run.title, 150))} stops here, and stays stopped. It can be started anew."
    return _modal(STOP, "Stop this runbook?", [section(told)], about, submit="Stop it")


def _step(run: Run, runbook: Runbook) -> Block:
    return section(f"{bold(step_title(runbook, run.current))}\n{safe(run.title, 150)}")


def _choice(action: str, options: list[Option]) -> RadioButtonsElement | StaticSelectElement:
    """Few stand there to be tapped, many fold away."""
    if len(options) <= BOXES:
        return RadioButtonsElement(action_id=action, options=options)
    return StaticSelectElement(action_id=action, options=options, placeholder=cut("Choose …", PLACEHOLDER))


def _text(block: str, label: str, *, hint: str | None = None, lines: bool = False) -> InputBlock:
    element = PlainTextInputElement(action_id=block, multiline=lines, focus_on_load=True)
    return InputBlock(
        block_id=block,
        label=plain(label, OPTION),
        element=element,
        hint=plain(hint, PLACEHOLDER) if hint else None,
    )


def _modal(
    callback: str, head: str, blocks: Sequence[Block], about: About, *, submit: str | None = "default"
) -> View:
    """`submit`: the button's words, by default the title's; None where there is nothing to submit."""
    words = head if submit == "default" else submit
    return View(
        type="modal",
        callback_id=callback,
        title=cut(head, VIEW_TITLE),
        submit=cut(words, VIEW_TITLE) if words else None,
        close="Not now" if words else "Close",
        private_metadata=json.dumps(about),
        blocks=list(blocks),
    )
