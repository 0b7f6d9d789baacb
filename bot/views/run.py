"""A run as a whole: where it stands, in a line, and the card of one that belongs to no incident."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from slack_sdk.models.blocks import Block

from bot.core.run import Run, RunStatus, State
from bot.core.runbook import Runbook
from bot.views import Card
from bot.views.limits import NAME, context, fitting, section
from bot.views.outside import bold, safe
from bot.views.times import when

MARKS: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.WAITING: "▫️",
        State.ASKING: "👉",
        State.LISTING: "⏳",
        State.CHOOSING: "👉",
        State.READY: "👉",
        State.MAKING_SURE: "🔎",
        State.LOOKING: "🔎",
        State.CLEARED: "👉",
        State.HELD: "⛔",
        State.RUNNING: "⏳",
        State.SEEKING: "❓",
        State.LOST: "❓",
        State.UNENDED: "⚠️",
        State.VERIFYING: "🔎",
        State.VERIFIED: "✅",
        State.DONE: "☑️",
        State.ANSWERED: "☑️",
        State.FAILED: "❌",
        State.UNPROVEN: "❌",
        State.UNKNOWN: "❓",
        State.CANNOT: "✋",
        State.SKIPPED: "⏭️",
        State.PASSED_OVER: "⏭️",
    }
)

_CALLED: Final[Mapping[State, str]] = MappingProxyType(
    {State.ASKING: "waits for an answer", State.CHOOSING: "waits for a choice", State.READY: "ready when you are"}
)
_ASKS: Final = frozenset({State.ASKING, State.CHOOSING, State.READY, State.CLEARED})
"""A person is to press something."""

_NOBODY_ASKED: Final[Mapping[RunStatus, str]] = MappingProxyType(
    {RunStatus.PAUSED: "paused", RunStatus.STOPPED: "not run"}
)
_MARK: Final[Mapping[RunStatus, str]] = MappingProxyType(
    {RunStatus.UNDER_WAY: "📖", RunStatus.PAUSED: "⏸️", RunStatus.DONE: "✅", RunStatus.STOPPED: "⏹️"}
)


def step_title(runbook: Runbook, at: int) -> str:
    """E.g. `Step 3 of 6 · Choose the snapshot`. A step only on request is no part of the count."""
    step = runbook.steps[at]
    heading = safe(step.heading, 150)
    if step.on_request:
        return f"Step {at + 1}, on request · {heading}"
    last = max(number for number, one in enumerate(runbook.steps, 1) if not one.on_request)
    return f"Step {at + 1} of {last} · {heading}"


def place(run: Run, runbook: Runbook) -> str:
    """Where a run under way stands, within a sentence."""
    words = step_title(runbook, run.current)
    paused = run.status is RunStatus.PAUSED
    state = f"paused{since(run)}: {safe(run.pause, 300)}" if paused else called(run, run.current)
    return f"{words[0].lower()}{words[1:]} ({state})"


def since(run: Run) -> str:
    """Since when it is paused."""
    return f" since {when(run.paused_at)}" if run.paused_at else ""


def mark(run: Run, at: int) -> str:
    """How a step stands, at a glance."""
    return _MARK[run.status] if _is_off(run, at) else MARKS[run.steps[at].state]


def called(run: Run, at: int) -> str:
    """A step's state, for whoever is to do something about it."""
    state = run.steps[at].state
    return _NOBODY_ASKED[run.status] if _is_off(run, at) else _CALLED.get(state, str(state))


def _is_off(run: Run, at: int) -> bool:
    """Whether it would wait for a person, but its run is paused, or was stopped."""
    return run.status in _NOBODY_ASKED and run.steps[at].state in _ASKS


def run_card(run: Run, runbook: Runbook) -> Card:
    """The message in whose thread a run is told that belongs to no incident."""
    about = next((run.values[name] for name in ("guest", "host") if name in run.values), "")
    head = f"{_MARK[run.status]} {bold(safe(run.title, 150))}" + (f" · {safe(about, NAME)}" if about else "")
    listed = [_listed(run, runbook, at) for at, step in enumerate(runbook.steps) if not step.on_request]
    blocks: list[Block] = [section(f"{head} · {run.status}"), section(fitting(listed))]
    ended = f" · {run.status} {when(run.ended_at)}" if run.ended_at else ""
    blocks.append(context(f"Run {run.id} · started by {safe(run.started_by, NAME)} {when(run.started_at)}{ended}"))
    return Card(f"{_MARK[run.status]} {safe(run.title, 150)}: {run.status}", tuple(blocks))


def _listed(run: Run, runbook: Runbook, at: int) -> str:
    heading = safe(runbook.steps[at].heading, 80)
    if at != run.current or run.ended:
        return f"{mark(run, at)} {at + 1}. {heading}"
    return f"{mark(run, at)} {at + 1}. {bold(heading)} ({called(run, at)})"


def unreadable_card(run: Run, why: str) -> Card:
    """A run whose runbook can't be read any more."""
    text = f"⛔ {bold(safe(run.title, 150))} can't go on: {safe(why, 1_000)}"
    return Card(text, (section(text),))
