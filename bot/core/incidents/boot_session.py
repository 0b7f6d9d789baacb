"""Someone at a machine's shell: what its prompt is, what was typed at it, and whose word the lines below are.

While a command runs in the foreground, nothing that appears is the machine's own word: a viewer, anybody's script
and another machine's console print whole boots. So a session is known by what begins it and by its own prompt, and
never by a list of such commands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.incidents.boot_lines import known
from bot.core.incidents.boot_reading import Reading, failure, stood
from bot.core.incidents.boot_signs import GUESSED, RESCUES, SHELLS, SIGNS, Phase, Role, Sign, Stage, Wait
from bot.core.incidents.boot_signs.live import NO_LOGIN
from bot.core.incidents.boot_signs.systems import SESSION

_GOES_DOWN = re.compile(
    r"^(systemctl\s+(-\S+\s+)*)?(reboot|poweroff|halt|shutdown|kexec|(tel)?init\s+[06])\b"
    r"|^echo\s+[bco]\s*>\s*/proc/sysrq-trigger"
)
_LEAVES = re.compile(
    r"^(exit|logout|systemctl\s+(-\S+\s+)*(default|isolate|rescue|emergency)|(tel)?init\s+\w|switch_root|run-init)\b"
)
_NEXT = re.compile(r"[;&|]+")
_HOST = re.compile(r"[@㉿]\(?([\w-]+)")
_NAME = re.compile(r"[a-z][\w-]*?(?=-?[\d.]+$|[^\w-]|$)", re.IGNORECASE)
_ENTERED = re.compile(r"login: ?\S+(?: \(automatic login\))?$")
_GREETED = re.compile(r"^Last login: \S")
_PASSWORD = re.compile(r"^Password: ?$")
_REFUSED = re.compile(r"^Login (incorrect|timed out)")
_BEGINS = tuple(sign for sign in SIGNS if sign.role is Role.BEGINS)
_ANY = "…"
_QUOTED = "someone is at its shell, and what stands there may be a quotation"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A shell's prompt. `whose`: what of it stays the same as it goes about, as `web1` of `root@web1:~#`.

    `begins`: a boot's first line stands behind it.
    """

    row: Sign
    whose: str
    typed: str
    begins: Sign | None = None

    @property
    def rescues(self) -> bool:
        """Whether it is the prompt of an initramfs, which also tells that the boot failed."""
        return self.row in RESCUES


def prompt(line: str, sign: Sign | None, *, someone: bool) -> Prompt | None:
    """The prompt that a line is, if it is one. `sign`: the row that knows it otherwise; `someone`: is at a shell.

    Where somebody is, that the typed words look like a boot's is no reason to take the line for anything else.
    """
    certain = (*RESCUES, *SHELLS[:1])
    rows = (*certain, *SHELLS[1:], *GUESSED) if someone else (*certain, *(() if sign else SHELLS[1:]))
    for row in rows:
        match = row.search(line)
        if match is not None and (row in certain or _is_unknown(line, match)):
            return _prompt(row, match)
    return None


def _is_unknown(line: str, match: re.Match[str]) -> bool:
    typed = match.start("typed")
    return known(line if typed < 0 else line[:typed].rstrip(), logged=False) is None


def _prompt(row: Sign, match: re.Match[str]) -> Prompt:
    typed = (match["typed"] or "").strip()
    begins = next((sign for sign in _BEGINS if (at := sign.search(typed)) and at.start() == 0), None)
    whose = match["who"] if row in RESCUES else _whose(match["who"])
    return Prompt(row, whose, "" if begins else typed, begins)


def _whose(who: str) -> str:
    """Its host, or else the name it begins with: paths, times and marks change from one prompt to the next."""
    found = _HOST.search(who)
    named = found[1] if found else ((name := _NAME.match(who)) and name[0]) or ""
    return named.lower()


@dataclass(slots=True)
class Session:
    """Someone at a shell. `stand`, `line`: what the shell is proof of, or what it was left to mend.

    `whose`: its prompt's, None while none was recognised. `typed`: the command whose output follows. `doubt`: what
    stands there would tell of a boot, were it the machine's own word.
    """

    whose: str | None
    typed: str
    stand: Sign
    line: str
    doubt: bool = False

    @property
    def healthy(self) -> bool:
        """Whether it is a login's, and no rescue's."""
        return self.stand.stage is Stage.UP

    @property
    def busy(self) -> bool:
        """Whether a command runs in the foreground, which prints what it likes."""
        return bool(self.typed) and not leaves(self.typed)

    @property
    def goes_down(self) -> bool:
        """Whether the command ends the system."""
        return bool(_GOES_DOWN.match(_last(self.typed)))

    def is_back(self, shell: Prompt | None) -> bool:
        """Whether this is its own prompt, and not that of a shell which its command opened elsewhere."""
        return shell is not None and self.whose in {None, shell.whose}

    def is_refused(self, sign: Sign | None) -> bool:
        """Whether a login is offered once more, where no prompt was ever seen."""
        offered = sign is not None and sign.role is Role.STANDS and sign.stage is Stage.UP
        return offered and self.whose is None and self.stand.phase is Phase.UP

    def was_reset(self, sign: Sign, *, stamped: bool) -> bool:
        """Whether the machine was reset while its prompt stood idle, by the line that came then."""
        fails = sign.stage is Stage.FAILED and not sign.weak
        return sign.phase is not None and sign.phase <= Phase.EARLY and (fails or not stamped)

    def prints(self, sign: Sign | None) -> None:
        """Its command printed a line that a row knows, or the machine wrote it: nobody can tell."""
        if sign is None or sign.weak:
            return
        telling = {Role.BEGINS, Role.ENDS}
        if self.healthy or self.whose is None:
            telling |= {Role.STANDS, Role.HURTS}
        self.doubt = self.doubt or sign.role in telling

    def reading(self, causes: Sequence[tuple[Sign, str]]) -> Reading:
        """Where its machine stands. `causes`: what its boot complained of."""
        if self.doubt:
            return Reading(Stage.UNKNOWN, _QUOTED, self.line)
        if self.stand.role is Role.CAUSE:
            return failure(self.stand, self.line)
        return stood(self.stand, self.line, causes)


@dataclass(slots=True)
class Login:
    """What is shown between a name that was typed and the shell. `asked`: for its password."""

    asked: bool = False

    def lets_in(self, sign: Sign | None, text: str, *, someone: bool) -> bool:
        """Whether a line shows that somebody was let in, whatever the prompt will look like."""
        asked = self.asked
        self.asked = asked and (sign is None or sign.role is Role.NOISE) and not _REFUSED.match(text)
        if _PASSWORD.match(text):
            self.asked = asked or someone
            return False
        return bool(_GREETED.match(text)) or (self.asked and sign is None)


def has_let_in(stand: Sign | None, line: str) -> bool:
    """Whether the machine stands where a shell follows: at a login with a name, or where its boot stopped."""
    if stand is None or stand.role is not Role.STANDS or stand.phase is None or stand.phase < Phase.EARLY:
        return False
    if stand.phase is Phase.UP:
        return bool(_ENTERED.search(line))
    return stand.stage in {Stage.FAILED, Stage.WAITING} and stand.wait is not Wait.PASSPHRASE


def led_to(
    stand: Sign | None, line: str, cause: tuple[Sign, str] | None, text: str, *, late: bool, first: bool
) -> Session | None:
    """What stood there when a shell came: a failure, a login, or nothing that tells.

    `late`: its boot was as far as to start one; `first`: nothing stood there. Its prompt is not known yet.
    """
    unsure = stand is not None and stand.role is Role.STANDS and stand.stage is Stage.UNKNOWN
    told = stand is not None and (stand.stage is Stage.FAILED or stand.wait is Wait.PROMPT or unsure)
    if stand is not None and told and (stand.phase is None or stand.phase >= Phase.EARLY):
        return Session(None, _ANY, stand, line)
    if cause is not None:
        return Session(None, _ANY, *cause)
    if stand is not None and stand.stage is Stage.UP:
        return Session(None, _ANY, SESSION, text)
    if late:
        return Session(None, _ANY, NO_LOGIN, text)
    return Session(None, _ANY, SHELLS[0], text) if first else None


def leaves(typed: str) -> bool:
    """Whether what was typed ends the session or the system, so that what follows is the machine's own word."""
    last = _last(typed)
    return bool(_LEAVES.match(last) or _GOES_DOWN.match(last))


def _last(typed: str) -> str:
    """The last command of a line, without what it is run by."""
    commands: Sequence[str] = [part for part in _NEXT.split(typed) if part.strip()]
    words = commands[-1].split() if commands else []
    return " ".join(word for word in words if word not in {"sudo", "doas", "time", "exec"} and "=" not in word)
