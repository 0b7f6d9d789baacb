"""Where a machine stands, by what its screen shows now: which line is the latest that counts, and what led to it.

It asks what the machine waits at, never whether some phrase stands somewhere: what was before the latest boot is
history, what someone's session printed is no boot, and a prompt stands only while nothing follows it. It refuses
to guess: what no row of boot_signs knows is "can't tell".
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.incidents.boot_lines import Piece, Prompt, Session, known, pieces, prompt, typed_at, was_left
from bot.core.incidents.boot_reading import EMPTY, STAGES, UNKNOWN, Origin, Reading, damage, failure, reason, vain
from bot.core.incidents.boot_signs import COUNTDOWN, SHELLS, Phase, Role, Sign, Stage, Wait
from bot.core.incidents.boot_signs.linux import CHECKS, QUESTION
from bot.core.incidents.boot_signs.live import NO_LOGIN
from bot.core.incidents.boot_signs.sign import PASSING, goes
from bot.core.incidents.boot_signs.systems import SESSION

LINES, WIDTH = 400, 400
"""So many of the last lines are looked at, and so much of each."""


_CLOCK_FELL = 2.0  # seconds; lines of several processors may swap by less
_MENU_LINES = 12  # of a menu, below its countdown

_KERNEL = goes("", "the kernel starts", "Linux kernel/printk", Phase.KERNEL)
_TOLD = Sign("", Role.ENDS, "someone told it to go down", "a command at its console", Phase.LATE, Stage.OFF)


def read_screen(lines: Sequence[str]) -> Reading:
    """Where the machine stands whose screen shows these lines, oldest first, escapes applied."""
    reader = _Reader()
    for line in lines[-LINES:]:
        for piece in pieces(line[:WIDTH]):
            reader.take(piece)
    return (
        replace(reader.verdict(), began=reader.began or reader.loaded)
        if any(line.strip() for line in lines)
        else EMPTY
    )


class _Reader:
    """Goes through the lines in order and keeps where the boot stands."""

    def __init__(self) -> None:
        self.left: Session | None = None  # the session in which a boot seems to have begun
        self.clock = 0.0
        self.rose = False  # the kernel's clock went on with its latest line
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
        self.hurt: tuple[Sign, str] | None = None  # what tells that the running system is damaged
        self.session: Session | None = None

    def take(self, piece: Piece) -> None:
        """One more line, or one writer's part of it."""
        if not piece.stamped and self._at_prompt(prompt(piece.text, SHELLS[:1]), piece.text):
            return
        sign = self._meant(known(piece.body, logged=piece.stamped)) or self._countdown(piece)
        if piece.clock is not None:
            self._ticked(piece.clock, sign)
        elif sign is None and not self._at_prompt(prompt(piece.text, SHELLS[1:]), piece.text):
            self.passed += 1
        if sign is None or sign.role is Role.NOISE:
            return
        if sign.role is Role.BEGINS:
            self._begin(sign, piece.text)
        elif sign.role is Role.HURTS:
            self._hurts(sign, piece)
        elif self.session is not None:
            self._in_session(self.session, sign, piece)
        elif not (piece.stamped and self._is_chatter(sign)):
            self._on_screen(sign, piece.text)

    def _meant(self, sign: Sign | None) -> Sign | None:
        """The row that knows a line, unless by now anybody may have written that."""
        return None if sign is not None and sign.plain and self._is_earlier(sign) else sign

    def _countdown(self, piece: Piece) -> Sign | None:
        at_menu = self.stand is not None and self.stand.wait is Wait.MENU and self.session is None
        return COUNTDOWN if at_menu and not piece.stamped and COUNTDOWN.search(piece.body) else None

    def _ticked(self, clock: float, sign: Sign | None) -> None:
        """A kernel wrote: one that runs, or that runs anew."""
        if clock < self.clock - _CLOCK_FELL and (sign is None or sign.role is not Role.BEGINS):
            self._begin(_KERNEL, "")
        self.rose = 0 < self.clock <= clock
        self.clock = clock
        if self.session is None and (self.phase is None or self.phase < Phase.KERNEL):
            self._stands(_KERNEL, "")

    def _begin(self, sign: Sign, text: str) -> None:
        left = self.session or self.left
        self._forget()
        self.left, self.began, self.clock = left, True, 0.0
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
        if self._is_earlier(sign):
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

    def _is_earlier(self, sign: Sign) -> bool:
        """Whether a boot must have begun anew, since this comes before what was seen."""
        if self.phase is None or sign.phase is None or sign.role is Role.ENDS:
            return False
        if sign.phase < Phase.KERNEL <= self.phase:
            return True
        late = sign.plain and Phase.KERNEL <= sign.phase < self.phase
        return late or (self.phase is Phase.UP and sign.phase is Phase.EARLY)

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
        return self._holds() and (sign.weak or sign.role is Role.CAUSE)

    def _answers(self) -> None:
        """It asks for a login or a command: what had troubled its kernel is over."""
        if self.hurt is not None and self.hurt[0].stage is Stage.TROUBLED:
            self.hurt = None

    def _stands(self, sign: Sign, text: str) -> None:
        system = sign.phase is not None and sign.phase >= Phase.KERNEL
        if system and sign.role is Role.GOES and self._holds():  # what had stopped it does not any more
            self.causes = []
        if system:  # what a loader complained of did not stop it
            self.causes = [(one, line) for one, line in self.causes if (one.phase or 0) >= Phase.KERNEL]
        if sign.stage is Stage.UP:
            self._answers()
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
        login = sign.role is Role.STANDS and sign.phase is Phase.UP and sign.stage in {Stage.UP, Stage.UNKNOWN}
        if sign.role is Role.OWNS:
            self.origin.told(sign)
        if (login and session.may_end) or went_on or ended:
            self.session = None
            self._stands(self.origin.prompt(sign, Phase.UP, complained=False), piece.text)
        elif session.was_reset(sign, piece):
            self._forget()
            self.left = session
            self._on_screen(sign, piece.text)
        elif sign.role is Role.STANDS and not sign.weak and session.healthy:
            session.doubt = True

    def _at_prompt(self, shell: Prompt | None, text: str) -> bool:
        """Whether the line is a shell's prompt. What it is proof of follows from what led to it."""
        if shell is None:
            return False
        left = self.left
        if self.session is None and left and left.who == shell.who and (left.quotes or not self.began):
            self._forget()
            self.session, self.left, self.phase = left, None, left.stand.phase
        if self.session is None:
            self.session = self._led_to(shell, text)
        if self.session is None:
            self._stands(shell.row, text)
        else:
            self.session.typed, self.session.doubt = shell.typed, False
            self._answers()
            self._told_to_go_down(self.session, text)
        if shell.begins is not None:
            self._begin(shell.begins, text)
        return True

    def _told_to_go_down(self, session: Session, text: str) -> None:
        if session.healthy and session.goes_down:
            self._forget()
            self.left = session
            self._stands(_TOLD, text)

    def _led_to(self, shell: Prompt, text: str) -> Session | None:
        """What stood there when a shell's prompt came first: a failure, a login, or nothing that tells."""
        stand, phase, cause = self.stand, self.phase, reason(self.causes)
        unsure = stand is not None and stand.role is Role.STANDS and stand.stage is Stage.UNKNOWN
        if stand is not None and (stand.stage is Stage.FAILED or stand.wait is Wait.PROMPT or unsure):
            return Session(shell.who, shell.typed, stand, self.line)
        if cause is not None and phase is not None and phase <= Phase.EARLY:
            return Session(shell.who, shell.typed, *cause)
        login = stand is not None and stand.stage is Stage.UP
        if login or (self.began and shell.row is SHELLS[0] and phase is not None and phase >= Phase.EARLY):
            self.phase = Phase.UP
            return Session(shell.who, shell.typed, SESSION if login else NO_LOGIN, text)
        return None

    def _is_printed(self) -> bool:
        """Whether a command at the prompt of a failed boot explains the line."""
        stand = self.stand
        return stand is not None and stand.stage is Stage.FAILED and self._holds() and typed_at(self.line)

    def _hurts(self, sign: Sign, piece: Piece) -> None:
        """A running system is damaged, unless somebody at a shell reads of it."""
        session = self.session or self.left
        if (session is not None and session.quotes) or (self.phase is Phase.UP and not piece.is_of(self.line)):
            return
        if session is None or not session.typed or (piece.stamped and self.rose and session is self.session):
            if self.hurt is None or self.hurt[0].stage is Stage.TROUBLED or sign.stage is Stage.FAILED:
                self.hurt = (sign, piece.text)
        elif session is self.session:
            session.doubt = True

    def verdict(self) -> Reading:
        """Where it stands after all lines."""
        reading = self._stands_at()
        if self.phase is Phase.UP and (reading.stage is Stage.UP or self.session is not None or self._holds()):
            reading = self.origin.settles(reading)
        if self.phase is Phase.UP and self.hurt is not None and reading.stage in {Stage.UP, Stage.UNKNOWN}:
            return damage(*self.hurt)
        return reading

    def _stands_at(self) -> Reading:
        if self.session is not None:
            return self._logged_in(self.session)
        if self.stand is None:
            return UNKNOWN
        return vain(self.stand, self.causes) or self._standing(self.stand) or self._under_way(self.stand)

    def _logged_in(self, session: Session) -> Reading:
        if session.doubt:
            return Reading(
                Stage.UNKNOWN, "someone is logged in, and what stands there may be a quotation", session.line
            )
        if session.stand.role is Role.CAUSE:
            return failure(session.stand, session.line)
        self.line = session.line
        return self._reading(session.stand)

    def _standing(self, stand: Sign) -> Reading | None:
        """What a line says at which the machine stands, if it still does."""
        return self._reading(stand) if stand.role is Role.ENDS or self._holds() else None

    def _reading(self, stand: Sign) -> Reading:
        cause = reason(self.causes)
        if stand.by_cause and cause is not None and cause[0].part is not stand.part:
            return failure(*cause)
        return Reading(stand.stage, stand.why, self.line, stand.part, stand.wait, stand.disk)

    def _under_way(self, stand: Sign) -> Reading:
        """How far it is, where nothing says that it stands."""
        if self.phase is None or self.phase not in STAGES or stand.role is Role.SHELL:
            return Reading(Stage.UNKNOWN, UNKNOWN.why, self.line)
        why = stand.why if stand.role is not Role.STANDS else "the boot went on"
        return Reading(STAGES[self.phase], why, self.line)
