"""The three characters that Slack escapes in every text that it hands to an app: & < >. Nothing else is.

What is marked up (`<@U1>`, `<!here>`, `<https://…|words>`) and what is escaped already stay as they are.
Source: docs.slack.dev/messaging/formatting-message-text, "Escaping text".
"""

import re
from typing import Any, Final

from bot.workspace.records import Json

_MARKED_UP: Final = r"<(?:[@#!][^<>\s][^<>]*|(?:https?://|mailto:|tel:)[^<>]*)>"
_ESCAPED: Final = r"&(?:amp|lt|gt);"
_PIECE: Final = re.compile(f"{_MARKED_UP}|{_ESCAPED}|[&<>]")
_CODES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escaped(text: str) -> str:
    """The text as Slack hands it out."""
    return _PIECE.sub(lambda found: _CODES.get(found[0], found[0]), text)


def outgoing(shown: Json) -> Json:
    """A message, a view or an action as Slack hands it out: whatever stands under a `text` key is escaped."""
    return {key: _out(key, value) for key, value in shown.items()}


def _out(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value) if key == "text" else value
    if isinstance(value, list):
        return [_out("", item) for item in value]
    return outgoing(value) if isinstance(value, dict) else value
