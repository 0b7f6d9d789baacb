"""Modals that list machines to be ticked: whom a person's word covers, and what became of those that are missing.

Nothing is ticked beforehand where there are several; each machine stands there by name, with what it lacks.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from slack_sdk.models.blocks import Block, CheckboxesElement, InputBlock, Option
from slack_sdk.models.views import View

from bot.core.health import TargetId
from bot.core.incident import Member
from bot.core.incidents.asked import state_shown
from bot.core.names import Names
from bot.views.limits import BOXES, OPTION, OPTIONS, VIEW_TITLE, cut, plain, section
from bot.views.outside import bold
from bot.views.words import name_of

VOUCH: Final = "vouch"
LET_GO: Final = "let_go"
MUST_RETURN: Final = "must_return"
STAY_OFF: Final = "stay_off"

MACHINES: Final = "machines:0"
"""The id of the first group of machines: a complaint stands there."""

_HEADS: Final[Mapping[str, str]] = {
    VOUCH: "It is well",
    STAY_OFF: "May stay off",
    LET_GO: "Deleted on purpose",
    MUST_RETURN: "It must come back",
}
_WORDS: Final[Mapping[str, str]] = {
    VOUCH: "Nothing proves that these are well. Tick those that you have seen to be. Your name is recorded.",
    STAY_OFF: "These ran before and are {}. Caretaker no longer waits for those you tick. Your name is recorded.",
    LET_GO: "Their hosts no longer have these. Caretaker stops watching those you tick. Your name is recorded.",
    MUST_RETURN: "Their hosts no longer have these. The incident stays open until those you tick are well again.",
}
_OF_ONE: Final[Mapping[str, str]] = {
    VOUCH: "Nothing proves that {} is well. Say so only if you have seen it. Your name is recorded.",
    STAY_OFF: "{} ran before and is {}. Caretaker no longer waits for it. Your name is recorded.",
    LET_GO: "{}'s host no longer has it. Caretaker stops watching it. Your name is recorded.",
    MUST_RETURN: "{}'s host no longer has it. The incident stays open until it is back and healthy.",
}

_MEANT_SO: Final = (
    "{} is not as it was. Say so only if it is meant to be as it is now. Your name is recorded.",
    "These are not as they were. Tick those that are meant to be as they are now. Your name is recorded.",
)
"""What is said of one machine, and of several, that differ from what they were before."""


def key(target: TargetId) -> str:
    """What stands for a target in an option's value, which may not be long."""
    return hashlib.blake2s(target.encode(), digest_size=8).hexdigest()


def answer(member: Member) -> str:
    """What stands for a machine, as it was when it was listed."""
    return f"{key(member.target)}.{state_shown(member)}"


def machines_view(
    what: str,
    members: Collection[Member],
    name: Names,
    lacking: Mapping[TargetId, str],
    about: Mapping[str, Any],
) -> View:
    """Asks which machines. `what`: VOUCH, STAY_OFF, LET_GO, MUST_RETURN; `lacking`: what is not known of each."""
    head = _HEADS[what]
    listed = sorted(members, key=lambda one: name(one.target))
    blocks: list[Block] = [section(_said(what, listed, name))]
    blocks += _groups(listed[:OPTIONS], name, lacking)
    if len(listed) > OPTIONS:
        blocks.append(section(f"{len(listed) - OPTIONS} more are listed once these are settled."))
    return View(
        type="modal",
        callback_id=what,
        title=cut(head, VIEW_TITLE),
        submit=cut(head, VIEW_TITLE) if listed else None,
        close="Not now" if listed else "Close",
        private_metadata=json.dumps(about),
        blocks=blocks,
    )


def _said(what: str, listed: Sequence[Member], name: Names) -> str:
    rest = " or ".join(sorted({one.rest for one in listed}))
    of_one, words = _OF_ONE[what], _WORDS[what]
    if what == VOUCH and listed and all(one.changes for one in listed):
        of_one, words = _MEANT_SO
    if len(listed) == 1:
        return of_one.format(bold(name_of(listed[0].target, name)), rest)
    return words.format(rest) if listed else "There is none any more."


def _groups(listed: list[Member], name: Names, lacking: Mapping[TargetId, str]) -> Iterable[Block]:
    options = [
        Option(
            text=plain(name(one.target), OPTION),
            value=answer(one),
            description=plain(lacking.get(one.target, ""), OPTION),
        )
        for one in listed
    ]
    for at, first in enumerate(range(0, len(options), BOXES)):
        group = options[first : first + BOXES]
        alone = group if len(options) == 1 else None
        boxes = CheckboxesElement(action_id="machines", options=group, initial_options=alone)
        label = "Which?" if at == 0 else "More"
        several = len(options) > BOXES  # in one group, at least one has to be ticked
        yield InputBlock(block_id=f"machines:{at}", label=label, element=boxes, optional=several)
