"""The words of a boot and the shape of a row: what a line on a machine's screen tells about where it stands.

A row says nothing by itself. Which rows count, given what stands before and after them: boot_screen.py.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import TypedDict, Unpack


class Stage(StrEnum):
    """Where a machine stands. TROUBLED: it had come up, and by its kernel's own words not all of it goes on."""

    OFF = "off"
    FIRMWARE = "firmware"
    LOADER = "boot loader"
    KERNEL = "kernel"
    USERSPACE = "early userspace"
    WAITING = "waiting for a person"
    FAILED = "failed"
    UP = "up"
    TROUBLED = "in trouble"
    UNKNOWN = "can't tell"


class Part(StrEnum):
    """What of the boot failed; the last two: what of a system that had come up."""

    NOTHING = "nothing to boot"
    LOADER = "boot loader"
    PARTITION = "partition"
    ROOT = "root file system"
    KERNEL = "kernel"
    INIT = "init"
    WINDOWS = "Windows"
    DISK = "disk"
    FILES = "file system"


class Wait(StrEnum):
    """What a machine waits for a person at."""

    MENU = "menu"
    PASSPHRASE = "passphrase"  # noqa: S105 - not one itself
    FSCK = "fsck"
    PROMPT = "prompt"
    KEY = "key"


class Phase(IntEnum):
    """How far a boot is, in order. EARLY is never seen again once a login was offered, LATE may be."""

    FIRMWARE = 0
    LOADER = 1
    KERNEL = 2
    EARLY = 3
    LATE = 4
    UP = 5


class Role(StrEnum):
    """What a row's line does.

    BEGINS: a boot begins; what was before it is history. GOES: the boot goes on. COUNTS: what waits goes on by
    itself. CAUSE: the boot goes on, and should it stop later, this is why. STANDS: it stands here, as long as
    nothing follows. SHELL: a shell's prompt, which means what led to it. ENDS: the system goes down. NOISE: a
    running system writes such lines at any time. HURTS: a system runs on that is no longer well. HEALS: what it
    waited for is back, by the group `of` that both rows name. LIVES: what boots is a live, rescue or installer's
    system and not the machine's own; it goes on as with GOES. OWNS: what boots is the machine's own, whatever it
    calls itself; it goes on, too.
    """

    BEGINS = "begins"
    GOES = "goes"
    COUNTS = "counts"
    CAUSE = "cause"
    STANDS = "stands"
    SHELL = "shell"
    ENDS = "ends"
    NOISE = "noise"
    HURTS = "hurts"
    HEALS = "heals"
    LIVES = "lives"
    OWNS = "owns"


PASSING = frozenset({Role.GOES, Role.LIVES, Role.OWNS, Role.CAUSE})
"""What the lines of a boot do that goes on."""
WELLBEING = frozenset({Role.HURTS, Role.HEALS})
"""What a kernel's lines do that tell how well the running system is."""


class Changes(TypedDict, total=False):
    """What a row may have otherwise than its sort."""

    phase: Phase
    after: int
    weak: bool
    by_cause: bool
    logged: bool
    again: bool
    plain: bool
    disk: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: a line that matches `pattern` (a regular expression, searched without regard to case).

    `source`: the program and file that print it. `after`: how many lines that no row knows may follow it while it
    still stands. `weak`: it says less than what it follows (a key to press after an error). `by_cause`: the part
    is that of the latest cause, where there is one. `logged`: it also counts in a line with a kernel's time stamp.
    `again`: one more attempt, in vain if one failed before; of a prompt, that it is one only within its own phase.
    `plain`: words that other programs use too: once a later phase was reached they mean nothing. `disk`: a disk's
    damage explains it.
    """

    pattern: str
    role: Role
    why: str
    source: str
    phase: Phase | None = None
    stage: Stage = Stage.UNKNOWN
    part: Part | None = None
    wait: Wait | None = None
    after: int = 0
    weak: bool = False
    by_cause: bool = False
    logged: bool = True
    again: bool = False
    plain: bool = False
    disk: bool = False

    def but(self, **changes: Unpack[Changes]) -> "Sign":
        """The same row, with an exception to its sort."""
        return replace(self, **changes)

    def search(self, line: str) -> re.Match[str] | None:
        """Where a line matches it."""
        return _compiled(self.pattern).search(line)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_DISK_PARTS = frozenset({Part.NOTHING, Part.LOADER, Part.PARTITION, Part.ROOT})


def begins(pattern: str, why: str, source: str, phase: Phase | None = None) -> Sign:
    """A row of the first line a firmware, loader or kernel prints."""
    return Sign(pattern, Role.BEGINS, why, source, phase)


def goes(pattern: str, why: str, source: str, phase: Phase | None = None) -> Sign:
    """A row of a line of a boot that goes on."""
    return Sign(pattern, Role.GOES, why, source, phase)


def counts(pattern: str, why: str, source: str) -> Sign:
    """A row of a countdown: what waits goes on without a person."""
    return Sign(pattern, Role.COUNTS, why, source)


def cause(pattern: str, part: Part, why: str, source: str) -> Sign:
    """A row of a complaint that explains a later stop."""
    return Sign(pattern, Role.CAUSE, why, source, part=part, disk=part in _DISK_PARTS)


def fails(pattern: str, part: Part, why: str, source: str) -> Sign:
    """A row of where a failed boot stands."""
    row = Sign(pattern, Role.STANDS, why, source, stage=Stage.FAILED, part=part, after=3)
    return row.but(logged=False, disk=part in _DISK_PARTS)


def waits(pattern: str, wait: Wait, why: str, source: str) -> Sign:
    """A row of where a machine waits for a person."""
    row = Sign(pattern, Role.STANDS, why, source, stage=Stage.WAITING, wait=wait, after=3)
    return row.but(logged=False)


def unsure(pattern: str, why: str, source: str) -> Sign:
    """A row of a login that may be the machine's own system's, or another's."""
    return Sign(pattern, Role.STANDS, why, source, Phase.UP, after=6).but(logged=False)


def up(pattern: str, why: str, source: str) -> Sign:
    """A row of what only a system that has come up shows."""
    row = Sign(pattern, Role.STANDS, why, source, Phase.UP, stage=Stage.UP, after=4)
    return row.but(logged=False)


def shell(pattern: str, why: str, source: str) -> Sign:
    """A row of a shell's prompt; a group `who` tells whose it is, `typed` what was typed at it."""
    return Sign(pattern, Role.SHELL, why, source, logged=False)


def ends(pattern: str, why: str, source: str) -> Sign:
    """A row of a system that goes down; weak: only if it was up."""
    return Sign(pattern, Role.ENDS, why, source, Phase.LATE, stage=Stage.OFF)


def hurts(pattern: str, part: Part, why: str, source: str) -> Sign:
    """A row of what a kernel writes when the system that it runs is damaged."""
    return Sign(pattern, Role.HURTS, why, source, Phase.UP, stage=Stage.FAILED, part=part)


def hangs(pattern: str, why: str, source: str) -> Sign:
    """A row of what a kernel writes while something of it does not go on."""
    return Sign(pattern, Role.HURTS, why, source, Phase.UP, stage=Stage.TROUBLED)


def heals(pattern: str, source: str) -> Sign:
    """A row of what a kernel writes when something goes on; `of` is what, as the row that hurts names it."""
    return Sign(pattern, Role.HEALS, "what it waited for is back", source, Phase.UP)


def lives(pattern: str, source: str, phase: Phase) -> Sign:
    """A row of what only live, rescue and installers' systems print as they boot; weak: or one that has a name."""
    return Sign(pattern, Role.LIVES, "a live or rescue system starts", source, phase)


def owns(pattern: str, source: str, phase: Phase) -> Sign:
    """A row of what only the machine's own system prints as it boots; weak: if nothing tells of a live one."""
    return Sign(pattern, Role.OWNS, "its own system starts", source, phase)


def noise(pattern: str, source: str) -> Sign:
    """A row of what running systems write between everything else."""
    return Sign(pattern, Role.NOISE, "", source)


def table(phase: Phase, *rows: Sign) -> tuple[Sign, ...]:
    """Rows of one family; `phase` is that of those that name none."""
    return tuple(_in_phase(rows, phase))


def _in_phase(rows: Iterable[Sign], phase: Phase) -> Iterable[Sign]:
    return (row if row.phase is not None else replace(row, phase=phase) for row in rows)
