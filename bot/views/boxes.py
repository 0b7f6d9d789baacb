"""A step's `- [ ]` items as checkboxes, and the ticked ones read back from what Slack tells of a click."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from slack_sdk.models.blocks import ActionsBlock, CheckboxesElement, Option

from bot.core.run import StepState
from bot.core.runbook import Step
from bot.views.limits import BOXES, OPTION, plain

TICK: Final = "step_tick"
_WITH_DESCRIPTION: Final = 20  # boxes; more of them keep to a line each, for a message's whole text is limited


def boxes(run: int, at: int, step: Step, state: StepState) -> Iterator[ActionsBlock]:
    """Groups of at most ten. Their ids name run, step and group, so that a click tells which step it was on."""
    options = [
        _option(number, text, brief=len(step.boxes) > _WITH_DESCRIPTION) for number, text in enumerate(step.boxes)
    ]
    for first in range(0, len(options), BOXES):
        group = options[first : first + BOXES]
        ticked = [option for number, option in enumerate(group, first) if number in state.ticked]
        element = CheckboxesElement(
            action_id=f"{TICK}:{first // BOXES}", options=group, initial_options=ticked or None
        )
        yield ActionsBlock(block_id=f"{TICK}:{run}:{at}:{first // BOXES}", elements=[element])


def _option(number: int, text: str, *, brief: bool) -> Option:
    """One box; what does not fit into its line stands below it."""
    head, tail = (text, "") if brief else _in_two(text)
    return Option(text=plain(head, OPTION), value=str(number), description=plain(tail, OPTION) if tail else None)


def _in_two(text: str) -> tuple[str, str]:
    if len(text) <= OPTION:
        return text, ""
    at = text.rfind(" ", 0, OPTION)
    at = at if at > 0 else OPTION
    return text[:at], text[at:].strip()


def ticked(block_id: str, values: Mapping[str, Mapping[str, Any]]) -> tuple[int, int, tuple[int, ...]]:
    """Run, step and all boxes now ticked on it. `values`: Slack's `state.values`. Raises ValueError."""
    found = re.fullmatch(rf"{TICK}:(\d+):(\d+):\d+", block_id)
    if found is None:
        raise ValueError(f"cannot read the boxes of {block_id!r}: because it is no group of them")
    mine = f"{TICK}:{found[1]}:{found[2]}:"
    groups = (states for block, states in values.items() if block.startswith(mine))
    chosen = (
        option for states in groups for state in states.values() for option in state.get("selected_options") or ()
    )
    return int(found[1]), int(found[2]), tuple(sorted(int(option["value"]) for option in chosen))
