"""The end of a console's log as a terminal would show it: escapes applied, what was overwritten gone.

It hands over lines and judges none of them (core/incidents/boot_screen.py does). A log is a guest's own writing:
any bytes may stand in it, so what the terminal emulator can't follow is left out, and time and memory are bounded.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from copy import copy

import pyte
from pyte.screens import Char, Cursor, StaticDefaultDict

from bot.core.incidents.boot_lines import CLEARED
from bot.core.incidents.boot_screen import LAST

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


_ALTERNATE = frozenset({47, 1047, 1049})

_Cells = StaticDefaultDict[int, Char]


def _row(cells: _Cells) -> str:
    """The text of one row."""
    return "".join(cells[x].data for x in range(max(cells, default=-1) + 1)).rstrip()


class _Terminal(pyte.Screen):
    """pyte's screen, which also keeps the lines that left it, and what a program that fills it hides."""

    def __init__(self, rows: int) -> None:
        self.scrolled: deque[str] = deque(maxlen=_SCROLLED)
        self.hidden: tuple[dict[int, _Cells], Cursor] | None = None
        super().__init__(_COLUMNS, rows)

    def index(self) -> None:
        """The cursor goes down; at the bottom the first line leaves."""
        top, bottom = self.margins or pyte.screens.Margins(0, self.lines - 1)
        if self.cursor.y == bottom and top == 0 and self.hidden is None:
            self.scrolled.append(_row(self.buffer[0]))
        super().index()

    def erase_in_display(self, how: int = 0, *args: object, **kwargs: object) -> None:
        """What is cleared as a whole is no longer shown, and has led to what is."""
        if how in {2, 3} or (how == 0 and self.cursor.y == 0 and self.cursor.x == 0):
            self._clear()
        else:
            super().erase_in_display(how, *args, **kwargs)

    def reset(self) -> None:
        """Like a terminal that was switched off and on."""
        self._leave()
        self._clear()
        super().reset()

    def set_mode(self, *modes: int, **kwargs: object) -> None:
        """The alternate screen is another one, over this."""
        if kwargs.get("private") and _ALTERNATE.intersection(modes) and self.hidden is None:
            self.hidden = self.buffer, copy(self.cursor)
            self.buffer = defaultdict(lambda: StaticDefaultDict(self.default_char))
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: object) -> None:
        """Without it the screen is as it was."""
        if kwargs.get("private") and _ALTERNATE.intersection(modes):
            self._leave()
        super().reset_mode(*modes, **kwargs)

    def _leave(self) -> None:
        if self.hidden is not None:
            (self.buffer, self.cursor), self.hidden = self.hidden, None

    def _clear(self) -> None:
        if self.hidden is None and (lines := self.rows()) and lines[-1] != CLEARED:
            self.scrolled = deque([*lines, CLEARED], maxlen=_SCROLLED)
        self.buffer.clear()

    def rows(self) -> list[str]:
        """All text, oldest first, without the empty rows at the end. Below `CLEARED` stands what is shown."""
        covered = [] if self.hidden is None else [*self._text(self.hidden[0]), CLEARED]
        return [*self.scrolled, *covered, *self._text(self.buffer)]

    def _text(self, buffer: dict[int, _Cells]) -> list[str]:
        shown = [_row(buffer[number]) if number in buffer else "" for number in range(self.lines)]
        while shown and not shown[-1]:
            shown.pop()
        return shown


def render(log: str) -> Sequence[str]:
    """The lines of the screen of whoever has watched this console, and before them those that left it."""
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
