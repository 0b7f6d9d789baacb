"""What a screen says of where its machine stands, as a value."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.core.incidents.boot_lines import Piece
from bot.core.incidents.boot_signs import Part, Phase, Role, Sign, Stage, Wait
from bot.core.incidents.boot_signs.linux import INITRAMFS
from bot.core.incidents.boot_signs.live import (
    BY_ITSELF,
    BY_NAME,
    CRASHED,
    IN_MEMORY,
    LIVE,
    OFFERED,
    RESCUE,
    UNNAMED,
    WRITTEN,
)
from bot.core.incidents.boot_signs.systems import SESSION


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a machine stands. `line`: what says so, "" if nothing does; `why`: what it means, in words.

    `part`: what failed; `wait`: what it waits at. `disk`: a disk's damage explains the failure. `began`: that
    boot's beginning stands on the screen.
    """

    stage: Stage
    why: str
    line: str = ""
    part: Part | None = None
    wait: Wait | None = None
    disk: bool = False
    began: bool = False

    @property
    def elsewhere(self) -> bool:
        """Whether a live, rescue or installer's system stands there for certain."""
        return self.stage is Stage.WAITING and self.why in {LIVE, BY_NAME, RESCUE}

    def is_denied_by(self, text: str, read: Callable[[str], "Reading"]) -> bool:
        """Whether a system that was seen up so has not gone on, by what it wrote since. `read`: reads a text."""
        return any(read(one).denies_up for one in (text, f"{self.line}\n{text}"))

    @property
    def denies_up(self) -> bool:
        """Whether it is no running system's. A kernel writes lines at any time."""
        chatter = self.stage is Stage.KERNEL and not self.began
        return not chatter and self.stage not in {Stage.UP, Stage.UNKNOWN}


_LOGIN = "it asks for a login"

EMPTY = Reading(Stage.UNKNOWN, "its screen shows no text")
UNKNOWN = Reading(Stage.UNKNOWN, "nothing on its screen tells where it stands")

_STAGES = {
    Phase.FIRMWARE: Stage.FIRMWARE,
    Phase.LOADER: Stage.LOADER,
    Phase.KERNEL: Stage.KERNEL,
    Phase.EARLY: Stage.USERSPACE,
    Phase.LATE: Stage.USERSPACE,
}
"""Where a machine stands that is on its way, by how far it is."""


def failure(sign: Sign, line: str) -> Reading:
    """That a boot failed, by a line that a row knows."""
    return Reading(Stage.FAILED, sign.why, line, sign.part, disk=sign.disk)


def reason(causes: Sequence[tuple[Sign, str]]) -> tuple[Sign, str] | None:
    """Why it stands: the latest complaint that tells more than that nothing was found."""
    telling = [one for one in causes if one[0].part is not Part.NOTHING]
    return next(reversed(telling or causes), None)


def vain(stand: Sign, causes: Sequence[tuple[Sign, str]]) -> Reading | None:
    """Attempts that go on for ever: one more of what failed before is no progress."""
    tried = [one for one in causes if one[0].again]
    enough = {Role.GOES: 1, Role.CAUSE: 2}.get(stand.role)
    return failure(*tried[-1]) if stand.again and enough is not None and len(tried) >= enough else None


class Hurts:
    """What tells that the running system is no longer well."""

    def __init__(self) -> None:
        self._found: list[tuple[Sign, Piece]] = []

    @property
    def worst(self) -> Reading | None:
        """What tells most: the latest damage, or else what it has waited for the longest."""
        damaged = [one for one in self._found if one[0].stage is Stage.FAILED]
        worst = damaged[-1:] or self._found[:1]
        return next((Reading(sign.stage, sign.why, piece.text, sign.part) for sign, piece in worst), None)

    def told(self, sign: Sign, piece: Piece) -> None:
        """One more line of it, or one that says that what it waited for is back."""
        if sign.role is Role.HEALS:
            back = _of(sign, piece)
            self._found = [one for one in self._found if _of(*one) != back]
        else:
            self._found.append((sign, piece))

    def asks(self) -> None:
        """It asks for a login or a command: what had troubled its kernel is over, damage is not."""
        self._found = [one for one in self._found if one[0].stage is Stage.FAILED]


def _of(sign: Sign, piece: Piece) -> str | None:
    found = sign.search(piece.body)
    return found.groupdict().get("of") if found else None


def is_earlier(sign: Sign, phase: Phase | None) -> bool:
    """Whether a boot must have begun anew, since this line comes before what was seen."""
    if phase is None or sign.phase is None or sign.role is Role.ENDS:
        return False
    if sign.phase < Phase.KERNEL <= phase:
        return True
    late = sign.plain and Phase.KERNEL <= sign.phase < phase
    return late or (phase is Phase.UP and sign.phase is Phase.EARLY)


def stood(stand: Sign, line: str, causes: Sequence[tuple[Sign, str]]) -> Reading:
    """What a line says at which a machine stands. `causes`: what it complained of before."""
    cause = reason(causes)
    if stand.by_cause and cause is not None and cause[0].part is not stand.part:
        return failure(*cause)
    return Reading(stand.stage, stand.why, line, stand.part, stand.wait, stand.disk)


def under_way(stand: Sign, phase: Phase | None, line: str) -> Reading:
    """How far a boot is, where nothing says that it stands."""
    if phase is None or phase not in _STAGES or stand.role is Role.SHELL:
        return Reading(Stage.UNKNOWN, UNKNOWN.why, line)
    why = stand.why if stand.role is not Role.STANDS else "the boot went on"
    return Reading(_STAGES[phase], why, line)


@dataclass(slots=True)
class Origin:
    """Whose system boots, by what it printed. `surely`: the machine's own, whatever else tells of a live one.

    `initramfs`: it began in one. `crashed`: it is a crash kernel's.
    """

    live: bool = False
    in_memory: bool = False
    owned: bool = False
    surely: bool = False
    initramfs: bool = False
    crashed: bool = False

    def told(self, sign: Sign) -> None:
        """A line that a row knows."""
        self.live = self.live or (sign.role is Role.LIVES and not sign.weak) or sign.why == RESCUE
        self.in_memory = self.in_memory or (sign.role is Role.LIVES and sign.weak)
        self.initramfs = self.initramfs or sign.why == INITRAMFS
        self.crashed = self.crashed or sign.why == CRASHED
        self.owned = self.owned or sign.role is Role.OWNS
        self.surely = self.surely or (sign.role is Role.OWNS and not sign.weak)

    def prompt(self, sign: Sign, phase: Phase | None, *, complained: bool) -> Sign:
        """What looks like a login or a console: it is one, unless a boot that is not so far yet has printed it."""
        if sign.why == WRITTEN and phase not in {Phase.KERNEL, Phase.EARLY}:
            return replace(sign, stage=Stage.UP, why=_LOGIN)
        if sign.why == OFFERED and not (self.initramfs or complained):
            return replace(sign, stage=Stage.UP, why="its console is there")
        return sign

    def settles(self, reading: Reading) -> Reading:
        """What is read where a system has come up, now that it is known whose."""
        if self.crashed:
            return replace(reading, stage=Stage.FAILED, why=CRASHED, part=Part.KERNEL, wait=None)
        unnamed = self.in_memory and reading.why == UNNAMED
        if (self.live or unnamed) and not self.surely:
            return replace(reading, stage=Stage.WAITING, why=LIVE, wait=Wait.PROMPT)
        if self.owned and reading.why in {UNNAMED, BY_NAME, BY_ITSELF, LIVE}:
            return _up(reading)
        if self.in_memory and reading.stage is Stage.UP:
            return replace(reading, stage=Stage.UNKNOWN, why=IN_MEMORY)
        return reading


def own(reading: Reading, name: str) -> Reading:
    """What is read of the machine of that name: one that is called so itself boots no rescue system by that.

    Of a distribution's name it is enough that it is part of the machine's.
    """
    host = re.match(r"\W?(?:[\w.-]+@|(?=[\w.-]+ login:))([\w-]+)", reading.line)
    doubted = reading.why in {BY_NAME, BY_ITSELF, UNNAMED, IN_MEMORY, WRITTEN}
    if not doubted or host is None:
        return reading
    part = reading.why == BY_NAME and reading.stage is Stage.UNKNOWN
    called, name = host[1].lower(), name.lower()
    return _up(reading) if called == name or (part and called in name) else reading


def _up(reading: Reading) -> Reading:
    """What was in doubt, now that it is known to be the machine's own."""
    why = SESSION.why if reading.why == BY_ITSELF else _LOGIN
    return replace(reading, stage=Stage.UP, why=why, wait=None)
