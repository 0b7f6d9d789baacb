"""The text on a picture of a screen."""

from collections.abc import Sequence

from .cells import UNKNOWN, lines
from .grid import fit
from .picture import decode
from .spots import spots
from .words import mended


def text_of(data: bytes) -> str:
    """The text on a screenshot, PNG or PPM, a line each; "" if it is no text screen.

    Left out are blanks at the ends of lines, blank lines above and below all text, and the margin that all lines
    share. A character in no known font reads as U+FFFD. Raises UnreadablePicture.
    """
    picture = decode(data)
    if picture is None:
        return ""
    best: Sequence[str] = ()
    for grid in fit(picture, spots(picture)):
        text = lines(picture, grid)
        if text and (not best or _unknown(text) < _unknown(best)):
            best = text
        if best and not _unknown(best):
            break
    return mended("\n".join(_without_margin(best)).strip("\n"))


def _unknown(text: Sequence[str]) -> int:
    return sum(line.count(UNKNOWN) for line in text)


def _without_margin(text: Sequence[str]) -> Sequence[str]:
    short = [line.rstrip() for line in text]
    margin = min((len(line) - len(line.lstrip()) for line in short if line), default=0)
    return [line[margin:] for line in short]
