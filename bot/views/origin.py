"""What a card was drawn of: marked on every block that can be clicked, and read from every click.

Numbers begin anew with a new database, and a restored one gives some again, so that incident 3 on an old card may
be another one now. A mark is of the database, and of the incident or run.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from slack_sdk.models.blocks import ActionsBlock, Block, InteractiveElement

from bot.views import Card

ORIGIN: Final = "origin"
"""The key under which a modal remembers it."""

ELSEWHERE: Final = "this card belongs to an earlier database of mine; `/lab incidents` tells what there is now"

_MARKED = re.compile(r"(.*)@([0-9a-f]+)", re.DOTALL)


def marked(card: Card, origin: str) -> Card:
    """The card with `origin` on all that can be clicked."""
    return Card(card.text, tuple(_marked(block, origin) for block in card.blocks))


def _marked(block: Block, origin: str) -> Block:
    if not isinstance(block, ActionsBlock):
        return block
    return ActionsBlock(
        block_id=f"{block.block_id or ''}@{origin}", elements=cast("list[InteractiveElement]", block.elements)
    )


def unmarked(block_id: str) -> tuple[str, str | None]:
    """A block's own id, and the mark it bears; None where it bears none."""
    found = _MARKED.fullmatch(block_id)
    return (found[1], found[2]) if found else (block_id, None)


def unmarked_state(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a message's inputs hold, by their blocks' own ids."""
    return {unmarked(block_id)[0]: held for block_id, held in state.items()}
