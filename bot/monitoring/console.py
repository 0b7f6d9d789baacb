"""The end of a console's log as a terminal would show it: escapes applied, what was overwritten gone.

It hands over lines and judges none of them (core/incidents/boot_screen.py does). A log is a guest's own writing:
any bytes may stand in it, so what the terminal emulator can't follow is left out, and time and memory are bounded.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence

import pyte

LAST = 16_384
"""So many of a log's last characters are rendered; a screen and a boot's last words are less."""

_COLUMNS = 400  # a serial line has no width of its own: what wraps must not look like a line of its own
_ROWS, _MOST_ROWS = 25, 60
_SCROLLED = 400  # lines that left the screen, kept as what led to the present one
_STEP = 1024  # characters between two escapes that are fed at once
_WORK = 3000  # escape sequences that are followed: a screen is drawn with fewer

_ESC = "\x1b"
# What other terminals skip silently and pyte would print or swallow text after: strings (OSC, DCS, …), sequences
# with intermediate or private bytes, 8-bit controls.
_STRINGS = re.compile(r"\x1b[\]PX^_][^\x07\x1b\n]{0,2048}(?:\x07|\x1b\\)")
_BROKEN_STRINGS = re.compile(r"\x1b[\]PX^_]")
_PRIVATE = re.compile(r"\x1b\[(?:[<=>][0-?]*[ -/]*|[0-?]*[ -/]+)[@-~]")
_EIGHT_BIT = re.compile("[\x80-\x9f\x00\x05\x0e\x0f\x7f]")
_ALIGNMENT = re.compile(r"\x1b#.?")  # fills the screen with E: nobody's boot, and costly
_ADDRESSED = re.compile(r"\x1b\[(\d{1,3});\d{0,3}[Hf]")


class _Terminal(pyte.Screen):
    """pyte's screen, which also keeps the lines that leave it at the top until it is cleared."""

    def __init__(self, rows: int) -> None:
        self.scrolled: deque[str] = deque(maxlen=_SCROLLED)
        super().__init__(_COLUMNS, rows)

    def index(self) -> None:
        """The cursor goes down; at the bottom the first line leaves."""
        top, bottom = self.margins or pyte.screens.Margins(0, self.lines - 1)
        if self.cursor.y == bottom and top == 0:
            self.scrolled.append(self.row(0))
        super().index()

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        """What is cleared as a whole is gone, and so is what had led to it."""
        whole = how in {2, 3} or (how == 0 and self.cursor.y == 0 and self.cursor.x == 0)
        if whole:
            self.scrolled.clear()
        super().erase_in_display(how, *args, **kwargs)

    def reset(self) -> None:
        """Like a terminal that was switched off and on."""
        self.scrolled.clear()
        super().reset()

    def row(self, number: int) -> str:
        """The text of one row."""
        cells = self.buffer[number]
        return "".join(cells[x].data for x in range(max(cells, default=-1) + 1)).rstrip()

    def rows(self) -> list[str]:
        """All text, oldest first, without the empty rows at the end."""
        shown = [self.row(number) for number in range(self.lines)]
        while shown and not shown[-1]:
            shown.pop()
        return [*self.scrolled, *shown]


def render(log: str) -> Sequence[str]:
    """The lines of the screen of whoever has watched this console, and those that scrolled off it before."""
    text = _plain(log[-LAST:])
    terminal = _Terminal(_rows(text))
    stream = pyte.Stream(terminal)
    for piece in _pieces(text):
        try:
            stream.feed(piece)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, NameError):
            continue  # an escape that pyte stumbles over; its parser has begun anew
    return terminal.rows()


def _plain(text: str) -> str:
    text = _PRIVATE.sub("", _BROKEN_STRINGS.sub("", _STRINGS.sub("", text)))
    text = _ALIGNMENT.sub("", text)
    return _EIGHT_BIT.sub("", text).replace("\r\n", "\n").replace("\n", "\r\n")


def _rows(text: str) -> int:
    """As many as whoever wrote the text reckoned with, by the lowest row it went to."""
    named = (int(match[1]) for match in _ADDRESSED.finditer(text))
    return max((row for row in named if row <= _MOST_ROWS), default=_ROWS) if _ESC in text else _ROWS


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of one escape each, so that one that fails takes little along; the last ones if many."""
    escapes = text.split(_ESC)
    first, rest = escapes[0], escapes[1:]
    if len(rest) > _WORK:
        first, rest = "", rest[-_WORK:]
    for piece in (first, *(_ESC + one for one in rest)):
        for start in range(0, len(piece), _STEP):
            yield piece[start : start + _STEP]
