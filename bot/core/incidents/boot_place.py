"""Where a machine stands at its boot, as a value."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.incidents.boot_signs import Part, Stage, Wait


class Source(StrEnum):
    """What showed where a machine stands."""

    AGENT = "agent"
    CONSOLE = "console"
    SCREEN = "screen"
    SSH = "ssh"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a machine stands. `since`: from when on it was seen there; `started`: its latest start, if known.

    `proven`: it came up after its latest start. `overdue`: it has stood still, short of that, for too long.
    """

    stage: Stage
    why: str
    line: str = ""
    part: Part | None = None
    wait: Wait | None = None
    disk: bool = False
    since: datetime | None = None
    started: datetime | None = None
    proven: bool = False
    overdue: bool = False
