"""What is known of firmware, loaders, kernels and systems: a table of the lines they print, each with its source.

One file a family. Of the rows that match a line the first counts, so the order of the families is theirs.
"""

from bot.core.incidents.boot_signs import (
    bsd,
    damage,
    efi,
    firmware,
    initramfs,
    linux,
    live,
    loaders,
    start,
    systems,
    windows,
)
from bot.core.incidents.boot_signs.sign import Part, Phase, Role, Sign, Stage, Wait

__all__ = [
    "CHECKS",
    "COUNTDOWN",
    "GUESSED",
    "PASSING",
    "QUESTION",
    "RESCUES",
    "SHELLS",
    "SIGNS",
    "Part",
    "Phase",
    "Role",
    "Sign",
    "Stage",
    "Wait",
]

SIGNS: tuple[Sign, ...] = (
    *live.SIGNS,
    *windows.SIGNS,
    *firmware.COUNTDOWNS,
    *bsd.SIGNS,
    *firmware.SIGNS,
    *loaders.SIGNS,
    *efi.SIGNS,
    *initramfs.SIGNS,
    *damage.SIGNS,
    *linux.SIGNS,
    *start.SIGNS,
    *systems.SIGNS,
    *bsd.CHATTER,
)
"""Every row but the shells'."""

COUNTDOWN: Sign = loaders.COUNTDOWN.but(phase=Phase.LOADER)
"""The countdown below a menu."""

SHELLS: tuple[Sign, ...] = initramfs.SHELLS
"""Rows of shells' prompts; the first is surely one."""

GUESSED: tuple[Sign, ...] = initramfs.GUESSED
"""Rows of what is a prompt only where someone is at a shell."""

RESCUES: tuple[Sign, ...] = initramfs.RESCUES
"""Rows of the prompts of initramfs systems, which also stand among the others."""
