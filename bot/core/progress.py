"""How far a running step has come, as far as its output or the size of what it writes tells."""

import re
from dataclasses import dataclass, field
from typing import Final

SPAN: Final = 4_096
"""For so many characters after a percentage a less certain sort is not believed: a file may be called `50%`."""

_CARRIED: Final = 64  # characters that the longest way to write a percentage may have
_SORTS: Final = (
    (re.compile(r'"percent_done"\s{0,8}:\s{0,8}([01](?:\.\d{1,20})?)(?=[\s,}])'), 100),  # whole: 1e-07 is not 1
    (re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,20})?)/100\s{0,8}%"), 1),  # qemu-img's (42.00/100%)
    (re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,20})?)\s?%"), 1),
)
"""How tools write how far they are, the most certain first, and what makes it a percentage."""

_HALF_NUMBER = re.compile(r"\A[\d.]+")
_SCREEN = re.compile(
    r"(?P<begin>\r+)|(?P<back>\x08+)|(?P<line>\n)|(?P<erase>\x1b\[0?K)|(?P<clear>\x1b\[2K)"
    r"|(?P<nothing>\x07|\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b[\]PX^_][^\x07\x1b]*+(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*+[0-Z\\^-~]?)"
    r"|(?P<text>[^\r\n\x07\x08\x1b]+)"
)
"""What a terminal is told: to go back, to erase, to change a colour or its title, or to show something."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`percent`: 0 to 100, None where only `text` is known (e.g. `12.4 MB written`)."""

    percent: int | None
    text: str = ""


@dataclass(slots=True)
class Percentages:
    """Hears output piece by piece, and knows the last percentage in it. A piece costs what it is long, once."""

    _carried: str = ""
    _sort: int = len(_SORTS)
    _since: int = field(default=SPAN)

    def hear(self, piece: str) -> int | None:
        """The last percentage that this piece tells or completes, 0 to 100; None if there is none."""
        heard = self._carried + piece if len(piece) <= SPAN else _HALF_NUMBER.sub(".", piece[-SPAN:], count=1)
        self._since += len(piece)
        found = None
        end = 0
        for sort, (pattern, scale) in enumerate(_SORTS):
            for match in pattern.finditer(heard):
                end = max(end, match.end())
                percent = float(match[1]) * scale
                if percent <= 100 and (found is None or found[0] == sort):
                    found = sort, int(percent)
        self._carry(heard, end)
        if found is None or (found[0] > self._sort and self._since < SPAN):
            return None
        self._sort, self._since = found[0], 0
        return found[1]

    def _carry(self, heard: str, end: int) -> None:
        """Keep what the next piece may complete. The end of a long number must not pass for a short one."""
        start = max(end, len(heard) - _CARRIED)
        self._carried = heard[start:] if start == end else _HALF_NUMBER.sub(".", heard[start:], count=1)


def percent_in(output: str) -> int | None:
    """The last percentage a tool printed within the last `SPAN` characters, 0 to 100; None if it printed none."""
    return Percentages().hear(output)


def on_screen(output: str) -> str:
    """What a terminal shows in the end, in a time that grows with the output's length alone.

    A carriage return and a backspace go back in the line, and what follows takes the place of what stood there.
    What only colours, rings or moves about the screen is left out. Lines don't wrap: no width is known.
    """
    lines: list[str] = []
    line: list[str] = []
    column = 0
    for told in _SCREEN.finditer(output):
        match told.lastgroup:
            case "text":
                line[column : column + len(told[0])] = told[0]
                column += len(told[0])
            case "line":
                lines.append("".join(line))
                line, column = [], 0
            case "begin":
                column = 0
            case "back":
                column = max(0, column - len(told[0]))
            case "erase":
                del line[column:]
            case "clear":
                line, column = [], 0
            case _:
                pass
    return "\n".join([*lines, "".join(line)])


def last_line(output: str) -> str:
    """The last line that says something, as a terminal shows it. Of a long output only the end is looked at."""
    lines = (line.strip() for line in reversed(on_screen(output[-SPAN:]).split("\n")))
    return next(filter(None, lines), "")


def of_size(written: int, whole: int | None) -> Progress:
    """Progress by the bytes written so far, of `whole` where that is known."""
    if not whole:
        return Progress(None, f"{in_bytes(written)} written")
    return Progress(min(100, written * 100 // whole), f"{in_bytes(written)} of {in_bytes(whole)}")


def in_bytes(size: int) -> str:
    """A size for people: `12.4 MB`, in powers of ten as drives are sold."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
