"""What a screen says of where its machine stands, as a value."""

from dataclasses import dataclass

from bot.core.incidents.boot_signs import Part, Phase, Stage, Wait


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
