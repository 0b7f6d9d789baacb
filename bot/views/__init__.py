"""Values in, Slack blocks and fallback text out: what people see. Pure; decides nothing and asks nobody."""

from dataclasses import dataclass

from slack_sdk.models.blocks import Block


@dataclass(frozen=True, slots=True)
class Card:
    """A message: its blocks, and the text for notifications and for clients that can't show blocks."""

    text: str
    blocks: tuple[Block, ...] = ()
