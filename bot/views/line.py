"""A line in a thread: Caretaker's own words around words from outside. Of markup, only mentions of people live."""

import re

from bot.views import Card
from bot.views.limits import TEXT, cut

_PERSON = re.compile(r"(<@[UW][A-Z0-9]+>)")


def line(text: str) -> Card:
    """A message of text alone. `<@U…>` mentions a person; every other `<`, `>` and `&` is shown as it is."""
    parts = _PERSON.split(cut(text, TEXT))
    return Card("".join(part if at % 2 else _shown(part) for at, part in enumerate(parts)))


def _shown(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
