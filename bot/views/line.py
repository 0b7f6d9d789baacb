"""A line in a thread: Caretaker's own words around words from outside, or what a command printed.

Of markup only what the own words say lives: mentions of people, and code.
"""

import re

from bot.core.mentions import BEHIND
from bot.views import Card
from bot.views.limits import TEXT, code, cut, section
from bot.views.outside import safe

FENCE = ":\n\f"
"""What stands before something that was printed; a line that has it ends with it."""

_OWN = re.compile(rf"(<@[UW][A-Z0-9]+>|`[^`\n{BEHIND}]+`(?!{BEHIND}))")


def printed(title: str, output: str) -> str:
    """The line that shows what a command printed, to be given to `line`."""
    return f"{title}{FENCE}{output}"


def line(text: str) -> Card:
    """A message of text alone; of what was printed, as code below its title."""
    title, fence, output = text.partition(FENCE)
    if fence:
        return Card(f"{_shown(title)}:\n{safe(output, TEXT // 2)}", (section(f"{_shown(title)}:"), code(output)))
    return Card(_shown(cut(text, TEXT)))


def _shown(text: str) -> str:
    return "".join(part if at % 2 else safe(part, TEXT) for at, part in enumerate(_OWN.split(text)))
