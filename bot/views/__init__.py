"""Values in, Slack blocks and fallback text out: what people see. Pure; decides nothing and asks nobody."""

from collections.abc import Iterator
from dataclasses import dataclass

from slack_sdk.models.blocks import Block


@dataclass(frozen=True, slots=True)
class Card:
    """A message: its blocks, and the text for notifications and for clients that can't show blocks."""

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """What its blocks say, a text each, as mrkdwn."""
        return tuple(text for block in self.blocks for text in _texts(block.to_dict()))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(text := value.get("text"), str):
            yield text
        yield from (text for item in value.values() for text in _texts(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))
