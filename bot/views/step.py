"""The card of one step of a run: what is to be done, what exactly would run, how it went, who decided.

It shows buttons only while the step is the run's current one; afterwards it is the record of what happened.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from slack_sdk.models.blocks import Block

from bot.core.offer import exact_command, missing
from bot.core.progress import Progress
from bot.core.run import BUSY, MAY_RUN, ONLY_LOOKING, OUT_OF_REACH, Run, RunStatus, State, StepState
from bot.core.runbook import Runbook, Step
from bot.core.values import fill
from bot.views import Card
from bot.views.boxes import boxes
from bot.views.command import before, command, proof
from bot.views.limits import NAME, code, context, prose, section
from bot.views.outside import bold, inline, safe
from bot.views.press import actions
from bot.views.run import called, mark, since, step_title
from bot.views.times import clock, lasted
from bot.views.words import bar

_HARMLESS = re.compile(r"[\w./:@ -]{1,200}")
_BEFORE: Final = frozenset({State.READY, State.ASKING, State.CHOOSING, State.LISTING})
_RECORDED: Final = 3  # lines of a command that a step's record keeps


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What a card shows: step `at` (from 0). `people`: Slack ids of those it is given to, if not to admins."""

    run: Run
    runbook: Runbook
    at: int
    progress: Progress | None = None
    people: tuple[str, ...] = ()

    @property
    def step(self) -> Step:
        """The step as the runbook has it."""
        return self.runbook.steps[self.at]

    @property
    def state(self) -> StepState:
        """The step as the run has it."""
        return self.run.steps[self.at]

    @property
    def is_current(self) -> bool:
        """Whether something can be pressed on it."""
        return self.at == self.run.current and not self.run.ended


def step_card(facts: StepFacts) -> Card:
    """The step as it stands."""
    title = f"{mark(facts.run, facts.at)} {bold(step_title(facts.runbook, facts.at))}"
    blocks: list[Block] = [section(f"{title}\n{_status(facts)}")]
    if facts.is_current and facts.run.status is RunStatus.PAUSED:
        blocks += _paused(facts)
    else:
        blocks += _live(facts) if facts.is_current else _record(facts)
    text = f"{mark(facts.run, facts.at)} {step_title(facts.runbook, facts.at)}: {called(facts.run, facts.at)}"
    return Card(text, tuple(blocks))


def unreadable_step_card(run: Run, at: int, why: str) -> Card:
    """A step whose runbook can't be read any more: how it stands is known, not what it was."""
    state = run.steps[at]
    title = f"{mark(run, at)} {bold(f'Step {at + 1} of “{safe(run.title, 150)}”')}"
    blocks: list[Block] = [section(f"{title}\n{' · '.join((_called(run, at), *_decided(state)))}")]
    if state.summary:
        blocks.append(context(safe(state.summary, 600)))
    if at == run.current:
        blocks.append(section(f"⛔ The run can't go on: {safe(why, 1_000)}"))
    return Card(f"{mark(run, at)} Step {at + 1}: {called(run, at)}", tuple(blocks))


def _live(facts: StepFacts) -> Iterator[Block]:
    step, run, state = facts.step, facts.run, facts.state
    if facts.people:
        yield section(f"This one is for {' '.join(f'<@{person}>' for person in facts.people[:5])}.")
    if step.prose:
        yield prose(shown(step.prose, run))
    for warning in step.warnings[:3]:
        yield section(f"⚠️ {bold(safe(shown(warning, run), 500))}")
    yield from boxes(run.id, facts.at, step, state)
    if unset := missing(step, run):
        words = ", ".join(inline(f"${name}") for name in unset)
        yield section(f"⛔ This step can't go on: {words} is not set. Nothing runs with an empty value.")
    yield from before(step, run)
    yield from command(step, run)
    yield from proof(step, run)
    yield from _under_way(facts)
    yield actions(run, facts.runbook)


def _under_way(facts: StepFacts) -> Iterator[Block]:
    """What is going on, or was heard last."""
    state = facts.state
    if state.state in ONLY_LOOKING:
        yield section("🔎 looking …")
    elif state.state in OUT_OF_REACH:
        yield section(f"❓ *It may still run.* {safe(state.summary, 1_000)}")
    elif state.state is State.UNENDED:
        yield section(f"⚠️ *It still runs.* {safe(state.summary, 1_000)}\nEnd it there, then press *Look again*.")
    elif state.state in BUSY:
        yield section(_waiting(facts) if state.state is State.VERIFYING else _progress(facts))
    elif state.state is State.CHOOSING and facts.step.lists and state.summary:
        yield section(f"⚠️ {safe(state.summary, 300)}")
    elif state.state is State.HELD:
        yield section(f"⛔ *Nothing was run.* {safe(state.summary, 1_000)}")
    else:
        yield from _last_heard(state)


def _last_heard(state: StepState) -> Iterator[Block]:
    if state.summary and state.state not in _BEFORE:
        yield context(f"Last heard: {safe(state.summary, 600)}")


def _paused(facts: StepFacts) -> Iterator[Block]:
    """Why it is paused, and what is still under way: a command that runs is not ended by a pause."""
    yield section(f"⏸️ *Paused*{since(facts.run)}: {safe(facts.run.pause, 1_000)}")
    if facts.state.state in MAY_RUN - {State.RUNNING}:
        yield from _under_way(facts)
    elif facts.state.state in BUSY:
        yield section(f"{_progress(facts)}\nWhat runs already goes on to its end.")
    else:
        yield from _last_heard(facts.state)
    yield context("Nothing more runs until someone lets it go on.")
    yield actions(facts.run, facts.runbook)


def _record(facts: StepFacts) -> Iterator[Block]:
    state = facts.state
    if facts.step.boxes:
        ticks = ("☑" if at in state.ticked else "☐" for at in range(len(facts.step.boxes)))
        yield context(
            "\n".join(f"{tick} {safe(box, 150)}" for tick, box in zip(ticks, facts.step.boxes[:20], strict=False))
        )
    exact = exact_command(facts.step, facts.run)
    if exact and state.attempt and not facts.step.lists:
        yield code(_first_lines(exact.text), 600)
    if state.summary:
        proven = "✅ check passed: " if state.state is State.VERIFIED else ""
        yield context(f"{proven}{safe(state.summary, 600)}")


def _first_lines(text: str) -> str:
    lines = text.strip("\n").splitlines()
    left = len(lines) - _RECORDED
    return "\n".join([*lines[:_RECORDED], *([f"… and {left} more line{'s' * (left > 1)}"] if left > 0 else [])])


def _status(facts: StepFacts) -> str:
    """State, person, time; and what was answered, where something was."""
    state = facts.state
    words = _called(facts.run, facts.at)
    parts = [f"*{words}*" if state.state is State.VERIFIED else words]
    question = facts.step.question
    if question and state.state not in _BEFORE and question.name in facts.run.values:
        parts.append(f"{safe(question.name)} = {inline(_label(state, facts.run.values[question.name]))}")
    return " · ".join((*parts, *_decided(state)))


def _decided(state: StepState) -> list[str]:
    """By whom, and when."""
    return [*([safe(state.by, NAME)] if state.by else []), *([clock(state.since)] if state.since else [])]


def _called(run: Run, at: int) -> str:
    words = called(run, at)
    return words[:1].upper() + words[1:]


def _label(state: StepState, value: str) -> str:
    """A chosen value as it stood in the list."""
    return next((f"{value} ({choice.label})" for choice in state.choices if choice.value == value), value)


def _progress(facts: StepFacts) -> str:
    progress = facts.progress
    if progress is None:
        return "▱▱▱▱▱▱▱▱▱▱  under way …"
    if progress.percent is None:
        return f"⏳ {safe(progress.text, 300)}"
    text = f" · {safe(progress.text, 300)}" if progress.text else ""
    return f"{bar(progress.percent, 100)}  *{progress.percent} %*{text}"


def _waiting(facts: StepFacts) -> str:
    """What a step waits for once its action is done: since when, how long at most, and what was seen last."""
    state, check = facts.state, facts.step.check
    since = f" since {clock(state.since)}" if state.since else ""
    most = f", for {lasted(check.within)} at most" if check and check.within else ""
    last = f"\nLast seen: {safe(facts.progress.text, 300)}" if facts.progress and facts.progress.text else ""
    return f"🔎 Done; waiting for its proof{since}{most}.{last}"


def shown(text: str, run: Run) -> str:
    """Text of the runbook's author with values in it; one that could pass for markup stays a name."""
    return fill(text, {name: value for name, value in run.values.items() if _HARMLESS.fullmatch(value)})
