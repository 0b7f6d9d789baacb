"""A screen's lines taken apart: who wrote which part of a line, and which row knows it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.core.incidents.boot_signs import SIGNS, Role, Sign
from bot.core.incidents.boot_signs.bsd import WRITES
from bot.core.incidents.boot_signs.sign import WELLBEING

CLEARED = "\f"
"""A line that stands where the screen was cleared, or hidden by a program that fills it."""

_STAMP = re.compile(r"^(?:<\d+>)?\[\s*(\d+\.\d+)\](?: ?\[\s*[TC]\d+\])?\s*")
_DATE = r"(?:[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) "
_SYSLOG = re.compile(
    rf"^(?:<\d+>)?{_DATE}(?P<host>[\w-]+)[\w.-]* (?:kernel|/bsd): "
    r"(?:\[\s*\d+\.\d+\]\s*)?"
)
_SPLIT = re.compile(
    r"(?<=\S)\s+(?=\[\s*\d+\.\d{1,9}\](?:\[|\s|$))"
    r"|(?<=\S)\s+(?=Solaris: WARNING: Pool '|g_vfs_done\(\):)"
    rf"|(?<=[:>#)$])\s*(?=\[(?:  OK  |FAILED|DEPEND|\s*\d+\.\d{{2,9}})\]|{_DATE})"
    rf"|(?<=^login:)\s*(?={WRITES})"
)
_LEAVES = re.compile(r"[#>)$:] ?(exit|logout|boot|normal|continue|reset|reboot|systemctl \w+|init \d)\s*$")
_TYPED = re.compile(r"^(?:grub(?: rescue)?>|mountroot>|Shell>|OK|=>|boot>)\s+\S")
_TOP_LEVEL = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|[()|]|[^\\\[()|]+")


def _alternatives(pattern: str) -> list[str]:
    """What a pattern offers to choose from at its top level."""
    found, depth = [""], 0
    for piece in _TOP_LEVEL.findall(pattern):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return found


# Whether any row knows a line is asked of all lines, and most are known by none. A pattern that begins a line is
# tried there alone: searched for, all of them would be tried at each character.
_EACH = [one for sign in SIGNS for one in _alternatives(sign.pattern.replace("?P<of>", ""))]
_FIRST = re.compile("|".join(one for one in _EACH if one.startswith("^")), re.IGNORECASE)
_ANYWHERE = re.compile("|".join(one for one in _EACH if not one.startswith("^")), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one writer wrote on one line. `clock`: a kernel's time stamp in seconds, None where it has none.

    `host`: whose kernel a syslog daemon says wrote it.
    """

    text: str
    body: str
    clock: float | None
    host: str = ""

    @property
    def stamped(self) -> bool:
        """Whether a kernel wrote it."""
        return self.clock is not None

    def is_of(self, login: str) -> bool:
        """Whether it is of the machine that has this login; a syslog daemon may tell of others', too."""
        return not self.host or re.search(rf"\b{self.host}\b", login, re.IGNORECASE) is not None


def pieces(line: str) -> Iterable[Piece]:
    """The parts of a line: a kernel may have written on after a prompt, which has no line end."""
    line = _once(line.strip())
    row = known(line, logged=False)
    if row is not None and row.role is Role.NOISE:
        return (_piece(line),)
    return map(_piece, filter(None, _SPLIT.split(line)))


def _once(line: str) -> str:
    """A line that two ways to the same serial port wrote twice, as SeaBIOS and a loader do: once."""
    half, odd = divmod(len(line), 2)
    return line[:half] if half > 2 and not odd and line[:half] == line[half:] else line


def _piece(text: str) -> Piece:
    copied = _SYSLOG.match(text)  # by a syslog daemon, of whose lines nothing else counts
    row = known(text[copied.end() :], logged=True) if copied else None
    if copied and row is not None and row.role in WELLBEING:
        return Piece(text, text[copied.end() :], None, copied["host"])
    stamp = _STAMP.match(text)
    return Piece(text, text[stamp.end() :], float(stamp[1])) if stamp else Piece(text, text, None)


@lru_cache(maxsize=4096)  # a console is read again and again, and most of its lines are the same
def known(line: str, *, logged: bool) -> Sign | None:
    """The row that knows a line. `logged`: it has a kernel's time stamp."""
    if not _FIRST.match(line) and not _ANYWHERE.search(line):
        return None
    return next((sign for sign in SIGNS if (sign.logged or not logged) and sign.search(line)), None)


def typed_at(line: str) -> bool:
    """Whether something was typed at a loader's prompt that does not leave it."""
    return bool(_TYPED.match(line)) and not was_left(line)


def was_left(line: str) -> bool:
    """Whether someone left what waits at this prompt, so that the boot goes on."""
    return bool(_LEAVES.search(line))
