"""Values in, Slack blocks and fallback text out: what people see. Pure; decides nothing and asks nobody."""

import re
from dataclasses import dataclass

from slack_sdk.models.blocks import Block


@dataclass(frozen=True, slots=True)
class Card:
    """A message: its blocks, and the text for notifications and for clients that can't show blocks."""

    text: str
    blocks: tuple[Block, ...] = ()


_MENTION = re.compile(r"&lt;(@[UW][A-Z0-9]+)&gt;")


def line(text: str) -> Card:
    """One line in a thread: what Slack would take for markup is only text, but for the mention of a person."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Card(_MENTION.sub(r"<\1>", safe))
