"""Redacts text that comes in pieces: what is held back is only what may be a known secret that goes on.

A secret of a known shape may be of any length: it is marked once, and the rest of it is left out. So memory is
bounded by the longest known secret, whatever comes; cost grows with the text.
"""

import re
from collections.abc import Callable
from typing import Final

from bot.redact import KEY, KEY_ENDS, LONGEST_KEY, MARK, Redactor, Shape, marked, merged

_CONTEXT: Final = 64
"""Characters before what is looked at: they tell that a token or a ticket begins there. No last line of a key is
longer, and no beginning by which a shape is known."""
_ENDLESS: Final = 1 << 60
_SHAPE_BEGUN: Final = re.compile(
    r"\bx(?:ox[a-z]|app|wfp)-[\w-]{0,9}\Z|\bx(?:o(?:x[a-z]?)?|ap{0,2}|w(?:fp?)?)?\Z"
    r"|-----BEGIN [A-Z ]{0,41}-{0,4}\Z|(?:-----(?:BEGIN|BEGI|BEG|BE|B)?|-{1,4})\Z"
)


class Stream:
    """Hears text in pieces and passes it on without secrets.

    `_before`: the end of what was passed on. `_held`: what was not, of which the first `_hidden` characters belong
    to a secret that is marked already. `_open`: the shape of one that may go on, and for how long at most.
    """

    def __init__(self, redactor: Redactor, listener: Callable[[str], None]) -> None:
        self._redactor = redactor
        self._listener = listener
        self._before = ""
        self._held = ""
        self._hidden = 0
        self._open: tuple[Shape, int] | None = None

    def hear(self, piece: str) -> None:
        """Take the next piece."""
        self._take(piece, last=False)

    def end(self) -> None:
        """No more will come."""
        self._take("", last=True)

    def _take(self, piece: str, *, last: bool) -> None:
        start, text = len(self._before), self._before + self._held + piece
        hidden = self._hidden_until(start, text)
        spans = self._redactor.spans(text, start)
        spans = merged([(start, hidden), *spans]) if hidden > start else spans
        at = len(text) if last else self._first_begun(start, text)
        shown = marked(text[start:at], [(since - start, min(to, at) - start) for since, to in spans if since < at])
        if hidden > start:  # its mark was passed on
            shown = shown.removeprefix(MARK)
        goes_on = hidden if at == start else max((to for since, to in spans if since < at), default=at)
        self._open = self._open or self._opened(start, text, at)
        self._before, self._held, self._hidden = text[:at][-_CONTEXT:], text[at:], max(0, goes_on - at)
        if shown:
            self._listener(shown)

    def _hidden_until(self, start: int, text: str) -> int:
        """Until where the text belongs to a secret that is marked already; notes whether that may still go on."""
        if self._open is None:
            return start + self._hidden
        (shape, most), known = self._open, start + len(self._held)
        found = shape.goes_on.match(text, known, known + most)
        hidden = found.end() if found else known
        last_lines = KEY_ENDS.finditer(text, max(0, known - _CONTEXT), hidden) if shape is KEY else ()
        ends = next((line.end() for line in last_lines if line.end() > known), None)
        goes_on = hidden == len(text) and ends is None
        self._open = (shape, most - (hidden - known)) if goes_on else None
        return ends or hidden

    def _opened(self, start: int, text: str, at: int) -> tuple[Shape, int] | None:
        """Which secret that is marked now may go on, and for how long at most."""
        shape, since = self._redactor.open_end(text, start) or (KEY, at)
        if since >= at:
            return None
        return shape, LONGEST_KEY - (len(text) - since) if shape is KEY else _ENDLESS

    def _first_begun(self, start: int, text: str) -> int:
        """From where on the text's end may be a secret that goes on."""
        shape = _SHAPE_BEGUN.search(text, max(start, len(text) - _CONTEXT))
        return min(self._redactor.begun(text, start), shape.start() if shape else len(text))
