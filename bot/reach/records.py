"""Scripts under a record: they outlive the connection that started them, and are found again (record.sh).

A script is started once for an id, whatever becomes of the answer; it is followed from where it was lost; its end
is known by its record, or proven: by another boot id, or by a process that is gone. Silence proves nothing.
"""

import asyncio
import math
import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from bot.reach import Finished, Lost, Reach, Refused, Script, Unreachable, Wrapped
from bot.reach.frames import Frames, Garbled
from bot.reach.output import Output
from bot.reach.shell import GRACE, MARGIN, interpreter_of, with_values

ASK_AGAIN: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between two questions, where a way can't follow what runs; the last again and again."""

TRUSTED: Final = timedelta(days=7)
"""For so long the lack of a record says that nothing was started. A host removes records after 30 days."""

_STOPPING: Final = timedelta(seconds=30)
_BOOTSTRAP: Final = 'echo "$1 $$"; set -- "$1" "$(cat)"; case $2 in *"$1") eval "$2";; *) exit 125;; esac'
_FULL: Final = ("No space left on device", "Disk quota exceeded", "File too large")
_NO_RECORD: Final = (
    "no record of it can be kept there: neither ~, /var/tmp, /dev/shm nor /tmp can be written, or all are full"
)
_SIGNALS: Final = range(129, 129 + 31)  # how a shell tells that a signal ended a process


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a recorded script before anything is asked. `where`: its machine, for people.

    `limit`: after which its supervisor ends it. `age`: how long ago the id was written down,
    None where that is not known. `boot`: the machine's boot id, as the script was heard to have begun; None where
    that was never heard.
    """

    id: str
    where: str
    limit: timedelta
    age: Callable[[], timedelta | None]
    boot: str | None = None


class Recorded:
    """One recorded script, as it is seen from here. `begun` and `position` grow with what is heard of it."""

    def __init__(
        self,
        reach: Callable[[], Reach],
        record: Record,
        on_output: Callable[[str], None] | None = None,
        on_found: Callable[[str], None] | None = None,
    ) -> None:
        """`reach`: the way there as it is now; may raise Refused. `on_found` hears the boot id at each finding."""
        self._reach = reach
        self._record = record
        self._output = Output(on_output)
        self._boot = record.boot
        self._on_found = on_found
        self._position = 0

    async def begin(self, script: Script, values: Mapping[str, str]) -> Finished:
        """Start it, and follow it to its end. Raises Unreachable where nothing was started, Lost, or Refused."""
        sets = {
            "limit": str(max(1, math.ceil(self._record.limit.total_seconds()))),
            "interpreter": interpreter_of(script),
            "script": with_values(script, values),
        }
        return await self._followed(self._program("start", sets))

    async def join(self) -> Finished:
        """Find it again, and follow it from where it was lost. Raises Lost or Unreachable, or Refused.

        Where it was never started, it can't be from now on.
        """
        return await self._followed(self._program("join"))

    async def stop(self) -> Finished:
        """End it with all its children. Raises Lost or Unreachable, or Refused, where that can't be known."""
        frames = await self._ask(self._program("stop"), _STOPPING, urgent=True)
        return self._finished(frames)

    async def forget(self) -> None:
        """Its end was read and is written down: remove the record. Raises Lost, Unreachable or Refused."""
        await self._ask(self._program("forget"), _STOPPING, urgent=True)

    async def _followed(self, program: Wrapped) -> Finished:
        patience, begun = self._record.limit + 3 * GRACE + MARGIN, False
        for again in range(1_000_000):
            frames = await self._ask_on(program, patience) if begun else await self._ask(program, patience)
            if frames.no_record and not begun:
                raise self._no_record()
            if frames.end:
                return self._finished(frames)
            if not frames.runs:
                raise self._lost_sight(frames)
            await asyncio.sleep(ASK_AGAIN[min(again, len(ASK_AGAIN) - 1)])
            program, begun = self._program("join"), True
        raise AssertionError

    async def _ask_on(self, program: Wrapped, patience: timedelta) -> Frames:
        """Ask once more for what was begun: whatever stands in the way, it may run."""
        try:
            return await self._ask(program, patience)
        except (Unreachable, Refused) as why:
            raise Lost(str(why)) from why

    async def _ask(self, program: Wrapped, patience: timedelta, *, urgent: bool = False) -> Frames:
        """One conversation. What was heard of the output stays heard, also where the connection is lost."""
        frames = Frames(self._output.add, self._position)
        try:
            await self._reach().speak(program, lambda data: self._hear(frames, data), patience, urgent=urgent)
        except Garbled as why:
            raise Lost(f"lost {self._record.where}: because its answer makes no sense: {why}") from why
        finally:
            self._position = frames.position
        return frames

    def _hear(self, frames: Frames, data: bytes) -> bool:
        """Take what was said; whether that was all."""
        known = frames.boot
        frames.feed(data)
        if frames.boot is not None and known is None:
            self._boot = self._boot or frames.boot
            if self._on_found:
                self._on_found(frames.boot)
        return frames.over

    def _program(self, asked: str, sets: Mapping[str, str] | None = None) -> Wrapped:
        token = secrets.token_hex(8)
        once = "" if self._reach().follows else "1"
        all_set = {"id": self._record.id, "at": str(self._position), "once": once, **(sets or {})}
        lines = "\n".join(f"{name}={shlex.quote(value)}" for name, value in all_set.items())
        text = f'{_far_side()}\n{lines}\nmain {asked} "$2"\n# {token}'
        return Wrapped(token, f"exec sh -c {shlex.quote(_BOOTSTRAP)} sh {token}", text.encode())

    def _finished(self, frames: Frames) -> Finished:
        ended = self._ended(frames)
        return replace(ended, cut=self._output.cut)

    def _ended(self, frames: Frames) -> Finished:
        """How it ended, in the words of its record."""
        where = self._record.where
        if frames.no_room:
            self._output.add(f"\n[some output is lost: {where} had no room for it]\n".encode())
        output = self._output.close()
        word, *rest = frames.end or ("",)
        left = tuple(_named(one) for one in rest)
        if word == "exit" and rest and rest[0].isdecimal():
            status = int(rest[0])
            return Finished(None if status in _SIGNALS else status, output)
        if word == "limit":
            return Finished(None, output, timed_out=True, left=left)
        if word == "stop":
            return Finished(None, output, how="stopped", left=left)
        if word == "restarted":
            return Finished(None, output, how=f"{where} restarted while it ran")
        if word in {"unknown", "killed"}:  # "killed": what an earlier version wrote of the same
            how = f"nobody knows how it ended: it no longer runs on {where}, and no end of it was recorded"
            return Finished(None, output, how="; ".join((how, *self._full(frames))), known=False)
        if word == "never":
            return self._never(output, *rest)
        raise self._lost_sight(frames)

    def _never(self, output: str, boot: str = "", up: str = "") -> Finished:
        """There was no record. That is proof only of a machine that has been up since, within a few days."""
        where, age = self._record.where, self._record.age()
        if self._boot is not None:
            other = (
                f"{where} has restarted, or is another machine now" if boot != self._boot else "it no longer runs"
            )
            return Finished(None, output, how=f"{other}, and its record is gone", known=False)
        if age is not None and age < TRUSTED and up.isdecimal() and int(up) >= age.total_seconds():
            return Finished(None, output, how=f"it was never started on {where}")
        return Finished(
            None, output, how=f"{where} has no record of it, and may have restarted since", known=False
        )

    def _no_record(self) -> Refused:
        return Refused(f"cannot run this on {self._record.where}: because {_NO_RECORD}")

    def _full(self, frames: Frames) -> list[str]:
        """Why nothing more can be written to its record; nothing where that was not said."""
        if not frames.unwritten:
            return []
        full = frames.unwritten.endswith(_FULL)
        return [f"{'its disk is full' if full else 'its record cannot be written'}: {frames.unwritten}"]

    def _lost_sight(self, frames: Frames) -> Lost:
        where = self._record.where
        if frames.marked:
            pids = ", ".join(frames.marked)
            return Lost(f"it still runs on {where} (pid {pids}), but its record is gone")
        if frames.removed:
            return Lost(f"lost sight of it on {where}: because someone has removed its record there")
        if frames.no_record:
            return Lost(f"cannot find it on {where}: because {_NO_RECORD}")
        return Lost(f"lost {where}: because {'; '.join(self._full(frames)) or 'its answer ended too early'}")


def _named(left: str) -> str:
    pid, _, name = left.partition(":")
    return f"pid {pid} `{name}`"


@cache
def _far_side() -> str:
    lines = Path(__file__).with_name("record.sh").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
