"""What Slack bears, and how a text is made to bear it: cut with an ellipsis, wrapped into a block.

Nothing is refused here: what is too long is cut, so that no card can be refused by Slack for its length.
"""

import re
from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import (
    ContextBlock,
    MarkdownBlock,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextPreformattedElement,
    SectionBlock,
)

from bot.views.outside import visible

SECTION: Final = 2_900  # of 3,000 characters: room for the marks around a text
TEXT: Final = 3_000  # of the 4,000 an update's fallback text may have
BUTTON: Final = 75
OPTION: Final = 75
OPTIONS: Final = 100
OVERFLOW: Final = 5
BOXES: Final = 10  # in one group
PROSE: Final = 6_000  # of 12,000 for all markdown in a message
CODE: Final = 4_000  # of 9,000 for all other text in a message
DIALOG_TITLE: Final = 100
DIALOG_TEXT: Final = 300
VIEW_TITLE: Final = 24
PLACEHOLDER: Final = 150
NAME: Final = 60  # a name of a machine or a heading within a line

_OWN_LINE = re.compile(r"\s*([-*+] |\d+[.)] |[#>|])")
"""What begins a line that is no continuation."""

_ENDS_LINE = re.compile(r"\s*([#|]|```)|.*(  |\\)$")
"""What is over with its line: a heading, a table's row, a fence's end, a hard break."""


def cut(text: str, most: int) -> str:
    """`text` in at most `most` characters; an ellipsis says that there was more."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def section(text: str) -> SectionBlock:
    """A paragraph of mrkdwn, escaped where it must be. Slack makes no links of addresses in it."""
    return SectionBlock(text=MarkdownTextObject(text=cut(text, SECTION), verbatim=True))


def context(text: str) -> ContextBlock:
    """A line of small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=cut(text, SECTION), verbatim=True)])


def prose(text: str) -> MarkdownBlock:
    """Markdown as its author wrote it, but for lines that were only wrapped for the editor: Slack breaks there."""
    return MarkdownBlock(text=cut(unwrapped(text), PROSE))


def unwrapped(text: str) -> str:
    """Markdown with each paragraph on one line. Fences, lists, tables, headings and quotes keep their lines."""
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        before = lines[-1] if lines and not (fenced or fence) else ""
        if before.strip() and line.strip() and not (_OWN_LINE.match(line) or _ENDS_LINE.match(before)):
            lines[-1] = f"{before} {line.strip()}"
        else:
            lines.append(line)
        fenced ^= fence
    return "\n".join(lines)


def code(text: str, most: int = CODE) -> RichTextBlock:
    """`text` letter by letter: rich text has no marks that could end a fence."""
    part = RichTextElementParts.Text(text=cut(visible(text[: most + 1].rstrip("\n")), most) or " ")
    return RichTextBlock(elements=[RichTextPreformattedElement(elements=[part])])


def fitting(lines: Sequence[str], *, last: bool = False, most: int = SECTION) -> str:
    """As many whole lines as fit, the first or the `last` ones: half a line may be half a mention."""
    kept: list[str] = []
    room = most - 40  # for the line that tells how many are missing
    for line in reversed(lines) if last else lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    missing = [f"… {left} {'earlier' if last else 'more'}"] if left else []
    return "\n".join([*missing, *reversed(kept)] if last else [*kept, *missing])


def plain(text: str, most: int) -> PlainTextObject:
    """A label, letter by letter. Slack takes no empty one."""
    return PlainTextObject(text=cut(visible(text[: most + 1]).strip() or "–", most), emoji=False)
