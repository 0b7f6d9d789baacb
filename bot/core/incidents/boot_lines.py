"""A screen's lines taken apart: who wrote which part of a line, which row knows it, what was typed at a prompt."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.core.incidents.boot_signs import SIGNS, Phase, Role, Sign, Stage
from bot.core.incidents.boot_signs.bsd import WRITES

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
_TYPED = re.compile(r"^(?:grub(?: rescue)?>|\(initramfs\)|mountroot>|Shell>|OK|=>|boot>|\w*:/\S*#)\s+\S")
_QUOTES = frozenset(
    (
        *("dmesg", "journalctl", "cat", "zcat", "xzcat", "tac", "less", "zless", "more", "tail", "head"),
        *("grep", "zgrep", "egrep", "awk", "sed", "strings", "bat", "lnav", "vi", "vim", "view", "nano", "last"),
        *("man", "curl", "virsh", "ssh", "screen", "tmux", "minicom", "cu", "picocom", "telnet", "qm", "xl"),
    )
)
_GOES_DOWN = re.compile(
    r"^(systemctl\s+(-\S+\s+)*)?(reboot|poweroff|halt|shutdown|kexec|init\s+[06]|telinit\s+[06])\b"
)
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
_EACH = [one for sign in SIGNS for one in _alternatives(sign.pattern)]
_FIRST = re.compile("|".join(one for one in _EACH if one.startswith("^")), re.IGNORECASE)
_ANYWHERE = re.compile("|".join(one for one in _EACH if not one.startswith("^")), re.IGNORECASE)
_BEGINS = tuple(sign for sign in SIGNS if sign.role is Role.BEGINS)


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
    if copied and row is not None and row.role is Role.HURTS:
        return Piece(text, text[copied.end() :], None, copied["host"])
    stamp = _STAMP.match(text)
    return Piece(text, text[stamp.end() :], float(stamp[1])) if stamp else Piece(text, text, None)


@lru_cache(maxsize=4096)  # a console is read again and again, and most of its lines are the same
def known(line: str, *, logged: bool) -> Sign | None:
    """The row that knows a line. `logged`: it has a kernel's time stamp."""
    if not _FIRST.match(line) and not _ANYWHERE.search(line):
        return None
    return next((sign for sign in SIGNS if (sign.logged or not logged) and sign.search(line)), None)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A shell's prompt. `who`: its own name, as `root@web1`. `begins`: a boot's first line stands behind it."""

    row: Sign
    who: str
    typed: str
    begins: Sign | None = None


def prompt(line: str, rows: Sequence[Sign]) -> Prompt | None:
    """The shell's prompt that a line is, if it is one of these."""
    found = next(((row, match) for row in rows if (match := row.search(line))), None)
    if found is None:
        return None
    row, match = found
    typed = (match.groupdict().get("typed") or "").strip()
    begins = next((sign for sign in _BEGINS if (at := sign.search(typed)) and at.start() == 0), None)
    return Prompt(row, match["who"], "" if begins else typed, begins)


def typed_at(line: str) -> bool:
    """Whether something was typed at the prompt of what is no system, that does not leave it."""
    return bool(_TYPED.match(line)) and not was_left(line)


def was_left(line: str) -> bool:
    """Whether someone left what waits at this prompt, so that the boot goes on."""
    return bool(_LEAVES.search(line))


@dataclass(slots=True)
class Session:
    """Someone at a shell. `stand`, `line`: what the shell is proof of, or what it was left to mend.

    `typed`: the command whose output follows. `doubt`: that output looks like a boot's.
    """

    who: str
    typed: str
    stand: Sign
    line: str
    doubt: bool = False

    @property
    def healthy(self) -> bool:
        """Whether it is a login's, and no rescue's."""
        return self.stand.stage is Stage.UP

    @property
    def may_end(self) -> bool:
        """Whether a login may follow: it is a login's, or was left; what was typed may else have printed it."""
        return self.healthy or not self.typed or was_left(f"# {self.typed}")

    @property
    def quotes(self) -> bool:
        """Whether what follows may be the text of something else, as far as the command goes."""
        return any(_command(part) in _QUOTES for part in self.typed.split("|"))

    def was_reset(self, sign: Sign, piece: Piece) -> bool:
        """Whether the machine must have been reset under the session, as its command does not explain the line."""
        fails = sign.stage is Stage.FAILED and not sign.weak
        if self.quotes or sign.phase is None or sign.phase > Phase.EARLY:
            return False
        if piece.stamped:
            return fails and (self.healthy or not self.typed)
        return not self.typed or sign.phase <= Phase.LOADER or (fails and self.healthy)

    @property
    def goes_down(self) -> bool:
        """Whether the command ends the system."""
        return bool(_GOES_DOWN.match(" ".join(_words(self.typed))))


def _words(typed: str) -> list[str]:
    return [word for word in typed.split() if word not in {"sudo", "doas", "time", "exec"} and "=" not in word]


def _command(typed: str) -> str:
    """The program of what was typed at a prompt."""
    words = _words(typed)
    return words[0].rpartition("/")[2] if words else ""
