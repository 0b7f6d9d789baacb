"""Where a machine stands, by what its screen shows now: which line is the latest that counts, and what led to it.

It asks what the machine waits at, never whether some phrase stands somewhere: what was before the latest boot is
history, what someone's session printed is no boot, and a prompt stands only while nothing follows it. It refuses
to guess: what no row of boot_signs knows is "can't tell".
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.incidents.boot_lines import CLEARED, Piece, known, pieces, typed_at, was_left
from bot.core.incidents.boot_reading import (
    EMPTY,
    UNKNOWN,
    Hurts,
    Origin,
    Reading,
    is_earlier,
    reason,
    stood,
    under_way,
    vain,
)
from bot.core.incidents.boot_session import Login, Prompt, Session, has_let_in, led_to, prompt
from bot.core.incidents.boot_signs import COUNTDOWN, SHELLS, Phase, Role, Sign, Stage, Wait
from bot.core.incidents.boot_signs.linux import CHECKS, QUESTION
from bot.core.incidents.boot_signs.live import NO_LOGIN
from bot.core.incidents.boot_signs.sign import PASSING, WELLBEING, goes
from bot.core.incidents.boot_signs.systems import SESSION

LINES, WIDTH = 400, 400
"""So many of the last lines are looked at, and so much of each."""
LAST = 16_384
"""So many of a log's last characters are rendered; a screen and a boot's last words are less."""

_CLOCK_FELL = 2.0  # seconds; lines of several processors may swap by less
_MENU_LINES = 12  # of a menu, below its countdown

_KERNEL = goes("", "the kernel starts", "Linux kernel/printk", Phase.KERNEL)
_TOLD = Sign("", Role.ENDS, "someone told it to go down", "a command at its console", Phase.LATE, Stage.OFF)


def read_screen(lines: Sequence[str]) -> Reading:
    """Where the machine stands whose screen shows these lines, oldest first, escapes applied."""
    reader = _Reader()
    for line in lines[-LINES:]:
        if line == CLEARED:
            reader = reader.cleared()
        for piece in pieces(line[:WIDTH]):
            reader.take(piece)
    return reader.verdict()


class _Reader:
    """Goes through the lines in order and keeps where the boot stands."""

    def __init__(self) -> None:
        self.blank = True
        self.left: Session | None = None  # the session that told the system to go down
        self.clock = 0.0
        self._forget()

    def _forget(self) -> None:
        """A boot begins: whatever was before tells nothing any more."""
        self.stand: Sign | None = None
        self.line = ""
        self.passed = 0  # lines since that no row knows
        self.phase: Phase | None = None
        self.causes: list[tuple[Sign, str]] = []
        self.began = self.loaded = False
        self.origin = Origin()
        self.checked = False  # by fsck, which may have a question
        self.hurts = Hurts()
        self.login = Login()
        self.session: Session | None = None

    def cleared(self) -> "_Reader":
        """Its screen was cleared: what stood there is gone, but whoever is at a shell is not."""
        if self.session is None:
            return _Reader()
        self.session.doubt = self.session.doubt or not self.session.busy
        return self

    def take(self, piece: Piece) -> None:
        """One more line, or one writer's part of it."""
        self.blank = False
        sign = self._meant(piece) or self._countdown(piece)
        shell = None if piece.stamped else prompt(piece.text, sign, someone=self._is_someone_there())
        if self._is_printed_there(sign, shell):
            return
        if shell is not None and not shell.rescues:
            self._at_prompt(shell, piece.text)
            return
        self._line(sign, piece)
        if shell is not None:
            self._at_rescue(shell)

    def _is_printed_there(self, sign: Sign | None, shell: Prompt | None) -> bool:
        """Whether a command at somebody's shell runs on, so that the line may be anybody's."""
        session = self.session
        if session is None or not session.busy or session.is_back(shell):
            return False
        if session.is_refused(sign):
            self.session = None
            return False
        session.prints(sign)
        return True

    def _line(self, sign: Sign | None, piece: Piece) -> None:
        """A line that is no session's, or is written while its prompt stands idle."""
        if piece.clock is not None:
            self._ticked(piece.clock, sign)
        elif self.session is None and self.login.lets_in(sign, piece.text, someone=self._is_someone_there()):
            self.session = self._led_to(None, piece.text)
        elif sign is None:
            self.passed += 1
        if sign is None or sign.role is Role.NOISE:
            return
        if sign.role is Role.BEGINS:
            self._begin(sign, piece.text)
        elif sign.role in WELLBEING:
            self.hurts.told(sign, piece)
        elif self.session is not None:
            self._in_session(self.session, sign, piece)
        elif not (piece.stamped and self._is_chatter(sign)):
            self._on_screen(sign, piece.text)

    def _is_someone_there(self) -> bool:
        return self.session is not None or self.login.asked or has_let_in(self.stand, self.line)

    def _meant(self, piece: Piece) -> Sign | None:
        """The row that knows a line, unless by now anybody may have written that, or it tells of another host."""
        sign = known(piece.body, logged=piece.stamped)
        if sign is None or (sign.plain and is_earlier(sign, self.phase)):
            return None
        elsewhere = sign.role in WELLBEING and self.phase is Phase.UP and not piece.is_of(self.line)
        return None if elsewhere else sign

    def _countdown(self, piece: Piece) -> Sign | None:
        at_menu = self.stand is not None and self.stand.wait is Wait.MENU and self.session is None
        return COUNTDOWN if at_menu and not piece.stamped and COUNTDOWN.search(piece.body) else None

    def _ticked(self, clock: float, sign: Sign | None) -> None:
        """A kernel wrote: one that runs, or that runs anew."""
        if clock < self.clock - _CLOCK_FELL and (sign is None or sign.role is not Role.BEGINS):
            self._begin(_KERNEL, "")
        self.clock = clock
        if self.session is None and (self.phase is None or self.phase < Phase.KERNEL):
            self._stands(_KERNEL, "")

    def _begin(self, sign: Sign, text: str) -> None:
        self._forget()
        self.left, self.began, self.clock = None, True, 0.0
        self._stands(sign, text)

    def _is_chatter(self, sign: Sign) -> bool:
        """Whether a kernel's line is one that it may write at any time."""
        idle = self.phase is not None and (
            self.phase is Phase.UP or (self._holds() and self.phase >= Phase.KERNEL)
        )
        return idle and sign.role in PASSING

    def _holds(self) -> bool:
        """Whether the machine still stands where it was seen to stand."""
        stand = self.stand
        if stand is None or stand.role is not Role.STANDS or self.passed > stand.after:
            return False
        return stand.stage is Stage.UP or not was_left(self.line)

    def _on_screen(self, sign: Sign, text: str) -> None:
        """A line that a row knows, with nobody at a shell."""
        if sign.again and sign.role is Role.STANDS and self.phase is not sign.phase:
            return
        sign = self.origin.prompt(sign, self.phase, complained=bool(self.causes))
        if (sign.phase is Phase.UP and self._is_printed()) or (sign.why == QUESTION and not self.checked):
            return
        if is_earlier(sign, self.phase):
            self._forget()
            self.began = True
        self.origin.told(sign)
        self.checked = self.checked or sign.why in CHECKS
        if sign.phase is not None and sign.phase <= Phase.LOADER and not sign.plain:
            self.loaded = True
        if self._says_less(sign):
            if sign.role is Role.CAUSE:
                self.causes.append((sign, text))
        else:
            self._stands(sign, text)

    def _says_less(self, sign: Sign) -> bool:
        """Whether what stands says more than this."""
        stand = self.stand
        if sign.role is Role.ENDS and sign.weak:
            return self.phase is not Phase.UP
        if stand is None:
            return False
        if stand.role is Role.STANDS and stand.phase is Phase.UP and sign.role in PASSING:
            return True
        if stand.role is Role.COUNTS and sign.wait is Wait.MENU:
            return self.passed <= _MENU_LINES
        went_on = stand.wait is Wait.PASSPHRASE and sign.by_cause and sign.stage is Stage.FAILED
        return self._holds() and ((sign.weak and not went_on) or sign.role is Role.CAUSE)

    def _stands(self, sign: Sign, text: str) -> None:
        system = sign.phase is not None and sign.phase >= Phase.KERNEL
        if system and sign.role is Role.GOES and self._holds():  # what had stopped it does not any more
            self.causes = []
        if system:  # what a loader complained of did not stop it
            self.causes = [(one, line) for one, line in self.causes if (one.phase or 0) >= Phase.KERNEL]
        if sign.stage is Stage.UP:
            self.hurts.asks()
        self.stand, self.line, self.passed, self.phase = sign, text, 0, sign.phase
        if sign.role is Role.ENDS:
            self.clock = 0.0  # the next kernel's begins anew
        if sign.role is Role.CAUSE or (sign.stage is Stage.FAILED and not sign.by_cause):
            self.causes.append((sign, text))

    def _in_session(self, session: Session, sign: Sign, piece: Piece) -> None:
        """A line that a row knows while someone is at a shell: mostly what that one's command printed."""
        marked = piece.text.startswith("[") and not piece.stamped  # by systemd, as no command's output is
        went_on = not session.healthy and sign.role is Role.GOES and marked
        ended = sign.role is Role.ENDS and (marked or not sign.weak)
        login = sign.role is Role.STANDS and sign.phase is Phase.UP
        if sign.role is Role.OWNS:
            self.origin.told(sign)
        if login or went_on or ended:
            self.session = None
            self._stands(self.origin.prompt(sign, Phase.UP, complained=False), piece.text)
        elif session.was_reset(sign, stamped=piece.stamped):
            self._forget()
            self._on_screen(sign, piece.text)

    def _at_prompt(self, shell: Prompt, text: str) -> None:
        """A shell's prompt. What it is proof of follows from what led to it."""
        left = self.left
        if self.session is None and left is not None and left.whose == shell.whose and not self.began:
            self._forget()
            self.session, self.left, self.phase = left, None, left.stand.phase
        self.session = self.session or self._led_to(shell, text)
        if self.session is None:
            self._stands(shell.row, text)
        else:
            self.session.whose, self.session.typed, self.session.doubt = shell.whose, shell.typed, False
            self.hurts.asks()
            if (told := self.session).healthy and told.goes_down:
                self._forget()
                self.left = told
                self._stands(_TOLD, text)
        if shell.begins is not None:
            self._begin(shell.begins, text)

    def _at_rescue(self, shell: Prompt) -> None:
        """An initramfs's prompt, which stands by its own row: only while a command runs it is a session."""
        self.session = None
        if self.stand is not None and self._holds() and shell.typed:
            self.session = Session(shell.whose, shell.typed, self.stand, self.line)

    def _led_to(self, shell: Prompt | None, text: str) -> Session | None:
        """The session that begins here, if what stood there tells of one."""
        named = shell is None or shell.row is SHELLS[0]
        late = self.began and named and self.phase is not None and self.phase >= Phase.EARLY
        cause = reason(self.causes) if self.phase in {Phase.KERNEL, Phase.EARLY} else None
        session = led_to(self.stand, self.line, cause, text, late=late, first=self.phase is None)
        if session is not None and session.stand in {SESSION, NO_LOGIN}:
            self.phase = Phase.UP
        return session

    def _is_printed(self) -> bool:
        """Whether a command at the prompt of a failed boot explains the line."""
        stand = self.stand
        return stand is not None and stand.stage is Stage.FAILED and self._holds() and typed_at(self.line)

    def verdict(self) -> Reading:
        """Where it stands after all lines."""
        if self.blank and self.session is None:
            return EMPTY
        return replace(self._settled(), began=self.began or self.loaded)

    def _settled(self) -> Reading:
        reading = self._stands_at()
        if self.phase is Phase.UP and (reading.stage is Stage.UP or self.session is not None or self._holds()):
            reading = self.origin.settles(reading)
        if self.phase is Phase.UP and reading.stage in {Stage.UP, Stage.UNKNOWN}:
            return self.hurts.worst or reading
        return reading

    def _stands_at(self) -> Reading:
        if self.session is not None:
            return self.session.reading(self.causes)
        if self.stand is None:
            return UNKNOWN
        if (failed := vain(self.stand, self.causes)) is not None:
            return failed
        if self.stand.role is Role.ENDS or self._holds():
            return stood(self.stand, self.line, self.causes)
        return under_way(self.stand, self.phase, self.line)
