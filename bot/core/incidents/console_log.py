"""Which part of a console's log is of the present boot: a mark in the log, and what was written after it.

A log is appended to, truncated, rotated or restored from a backup, and its dates and inodes change with that. So a
mark is known again by the bytes before it: where they are others, nothing in the log is known to be new.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from posixpath import normpath

from bot.core.guest import GuestInfo
from bot.core.health import TargetId
from bot.core.incidents.guest_system import NOT_ASKED, Whose

TAIL = 64
"""So many of the bytes before a mark are remembered, to know them again."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a log. `size`: the bytes up to there; `tail`: the last of them, in hexadecimal.

    Below zero: it is in the file that was rotated away, so many bytes before that one's end.
    """

    size: int = 0
    tail: str = ""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The last bytes of a log at one moment. `size`: how many it has in all.

    `there`: what stands before the place that was asked for, if that is out of their reach.
    """

    size: int
    last: bytes
    there: Mark = Mark()

    @property
    def text(self) -> str:
        """It, as text."""
        return self.last.decode(errors="replace")

    @property
    def mark(self) -> Mark:
        """Its very end."""
        return Mark(self.size, self.last[len(self.last) - min(TAIL, self.size) :].hex())

    def behind(self, led: bytes, most: int) -> "LogEnd":
        """It, with what stood in the file before it in front, up to `most` bytes in all."""
        return replace(self, last=(led + self.last)[-most:]) if len(self.last) == self.size else self

    def since(self, mark: Mark) -> str | None:
        """What was written after a mark, None where the log is not the one it was made in, or was begun anew."""
        at = mark.size - (self.size - len(self.last))
        if self.size < mark.size:
            return None
        if at < 0:  # it has grown by more than was read: all of that was written after the mark
            other = self.there.size == mark.size and self.there != mark
            return None if other else self.text
        tail, here = bytes.fromhex(mark.tail), self.last[:at]
        return self.last[at:].decode(errors="replace") if here.endswith(tail[-at:] if at else b"") else None


@dataclass(frozen=True, slots=True)
class BootRecord:
    """What is remembered of a running guest's latest start, so that it is known again after a gap.

    `process`: which process runs it; `mark`: what its console wrote after it is of that start or later. `started`:
    when it started, None if nobody saw it. `spoke`: its console showed that boot's beginning, so that it would
    show another's. `came_up`: that guest was seen up, at this start or an earlier one; `up`: at this one. `whose`:
    which system its agent was in.
    """

    process: str
    mark: Mark
    started: datetime | None = None
    spoke: bool = False
    came_up: bool = False
    up: bool = False
    whose: Whose = NOT_ASKED

    def goes_on(self, process: str, log: LogEnd) -> bool:
        """Whether that start still runs, by its process and its log, where that would show another one."""
        same = self.mark.size >= 0 and log.since(self.mark) is not None  # a file that is gone can't be compared
        return self.spoke and self.process == process != "" and same

    def is_over(self, process: str) -> bool:
        """Whether another process runs it now."""
        return "" not in {process, self.process} and process != self.process


def sharing(infos: Mapping[TargetId, GuestInfo]) -> Mapping[TargetId, frozenset[TargetId]]:
    """The guests of one host whose consoles are written to the same file as others', and which others."""
    by_file: dict[str, set[TargetId]] = defaultdict(set)
    for guest, info in infos.items():
        if info.console_log is not None:
            by_file[normpath(info.console_log)].add(guest)
    return {guest: frozenset(each - {guest}) for each in by_file.values() if len(each) > 1 for guest in each}
