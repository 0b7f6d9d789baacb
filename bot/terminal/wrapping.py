"""Text within the width of a terminal: a sign may be two columns wide, or none; what goes on is indented."""

import unicodedata
from collections.abc import Iterator

_WIDE = frozenset("WF")
_PICTURE = "\ufe0f"  # makes a picture of the sign before it, which many terminals show two columns wide
_INDENT = "   "


def columns(text: str) -> int:
    """How many columns a text takes at most."""
    return sum(map(_columns, text))


def wrapped(text: str, width: int | None) -> Iterator[str]:
    """The lines of a text, none wider than that; as they are where there is no width."""
    for line in text.split("\n"):
        if width is None or columns(line) <= width:
            yield line
        else:
            yield from _wrapped(line, max(width, 20))


def _wrapped(line: str, width: int) -> Iterator[str]:
    made = ""
    for word in line.split(" "):
        longer = f"{made} {word}" if made.strip() else made + word
        if columns(longer) <= width:
            made = longer
            continue
        if made.strip():
            yield made
            made = _INDENT
        made += word
        while columns(made) > width:
            head = _fitting(made, width)
            yield head
            made = _INDENT + made[len(head) :]
    yield made


def _fitting(text: str, width: int) -> str:
    room = width
    for at, letter in enumerate(text):
        room -= _columns(letter)
        if room < 0:
            return text[:at]
    return text


def _columns(letter: str) -> int:
    if letter == _PICTURE:
        return 1  # with the one of the sign itself
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1
