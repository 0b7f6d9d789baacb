"""What a screen says of where its machine stands, as a value."""

import re
from dataclasses import dataclass, replace

from bot.core.incidents.boot_signs import Part, Phase, Sign, Stage, Wait
from bot.core.incidents.boot_signs.live import BY_NAME


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


EMPTY = Reading(Stage.UNKNOWN, "its screen shows no text")
UNKNOWN = Reading(Stage.UNKNOWN, "nothing on its screen tells where it stands")

STAGES = {
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


def damage(sign: Sign, line: str) -> Reading:
    """That a system which has come up is no longer well, by a line that a row knows."""
    return Reading(sign.stage, sign.why, line, sign.part)


def elsewhere(reading: Reading) -> Reading:
    """That a system came up which is not the machine's own."""
    why = "it booted a live or rescue system, not its own"
    return replace(reading, stage=Stage.WAITING, why=why, wait=Wait.PROMPT)


def own(reading: Reading, name: str) -> Reading:
    """What is read of the machine of that name: one that is called so itself boots no rescue system by that."""
    host = re.match(r"([\w-]+)[\w.-]* login:", reading.line)
    if reading.why == BY_NAME and host is not None and host[1].lower() == name.lower():
        return replace(reading, stage=Stage.UP, why="it asks for a login", wait=None)
    return reading
