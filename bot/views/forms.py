"""A card in the forms that Slack may take: whole, shorter, its buttons, its words, at least that it is there.

Slack publishes no limit for all text in a message; refusals were reported from 11,341 characters on. A message
gets 10,000; it loses its prose first, the exact command last, and what can be pressed never.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from bot.views import Card
from bot.views.limits import SECTION, TEXT, cut

WHOLE: Final = 10_000  # characters of all text in a message's blocks
SHORT: Final = 4_000
LEAST: Final = 300  # characters that a block keeps of its text when others have to go

Json = dict[str, Any]


class Form(IntEnum):
    """How much of a card is sent; each says less than the one before."""

    WHOLE = 0
    SHORT = 1
    BUTTONS = 2
    WORDS = 3
    BARE = 4


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent: `blocks` as plain JSON. `keyed`: with the metadata by which it is known again."""

    text: str
    blocks: tuple[Json, ...] = ()
    keyed: bool = True


def sent(card: Card, form: Form, subject: str) -> Sent:
    """The card in that form. Raises TypeError or ValueError for blocks that can't be built."""
    text = cut(card.text, TEXT)
    match form:
        case Form.WHOLE | Form.SHORT:
            room = WHOLE if form is Form.WHOLE else SHORT
            return Sent(text, tuple(shortened(built(card), room)))
        case Form.BUTTONS:
            pressed = [block for block in built(card) if _is_pressed(block)]
            return Sent(text, (_said(text), *pressed)) if pressed and text else sent(card, Form.WORDS, subject)
        case Form.WORDS:
            return Sent(cut("\n".join(_words(card)), TEXT))
        case _:
            return Sent(
                f"{subject}: Slack takes nothing of what there is to say of it. The log has it.", (), keyed=False
            )


def after(card: Card, form: Form, subject: str) -> Form | None:
    """The next form that says something else, None when there is none."""
    before = _or_nothing(card, form, subject)
    later = (one for one in Form if one > form)
    return next((one for one in later if _or_nothing(card, one, subject) not in (None, before, Sent(""))), None)


def is_empty(card: Card) -> bool:
    """Whether it says nothing at all."""
    return not card.text.strip() and not card.blocks


def built(card: Card) -> list[Json]:
    """Its blocks as plain JSON. Raises TypeError or ValueError."""
    made = [block if isinstance(block, dict) else block.to_dict() for block in card.blocks]
    parsed: list[Json] = json.loads(json.dumps(made))
    return parsed


def shortened(blocks: Sequence[Json], room: int) -> Iterator[Json]:
    """The blocks with no more text than that, if need be: prose is cut first, then sections, then code."""
    over = sum(map(len, texts(list(blocks)))) - room
    found = list(blocks)
    for kinds in (("markdown",), ("section", "context", "header"), ("rich_text",)):
        for at in sorted(range(len(found)), key=lambda at: -_size(found[at])):
            if over > 0 and found[at].get("type") in kinds:
                before = _size(found[at])
                found[at] = _cut(found[at], max(LEAST, before - over))
                over -= before - _size(found[at])
    yield from found


def texts(value: object) -> list[str]:
    """Every string under a `text` key, however deep: what a person gets to read."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for item in value.values() for text in texts(item)]


def _words(card: Card) -> list[str]:
    """All that it says, each text once; what can be pressed apart."""
    try:
        blocks = [block for block in built(card) if not _is_pressed(block)]
    except (TypeError, ValueError, AttributeError):
        blocks = []
    return list(dict.fromkeys(text for text in (card.text, *texts(blocks)) if text))


def _or_nothing(card: Card, form: Form, subject: str) -> Sent | None:
    try:
        return sent(card, form, subject)
    except (TypeError, ValueError, AttributeError):
        return None


def _size(block: Json) -> int:
    return sum(map(len, texts(block)))


def _cut(value: Any, most: int) -> Any:
    """A block whose longest text has lost what its texts have too much."""
    lengths = texts(value)
    longest = max(lengths, key=len, default="")
    return _replaced(value, longest, cut(longest, max(1, most - sum(map(len, lengths)) + len(longest))))


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    if isinstance(value, dict):
        return {
            key: new if key == "text" and item == old else _replaced(item, old, new) for key, item in value.items()
        }
    return value


def _is_pressed(block: Json) -> bool:
    return block.get("type") in {"actions", "input"}


def _said(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION), "verbatim": True}}
