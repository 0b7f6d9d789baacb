"""The text on a guest's screen, read by a process of its own, and only where the screen has changed.

Reading computes, which no thread can do without holding up all others, and a picture is a guest's data: it is
decoded where there are neither secrets nor libraries of the bot. What it says is for others to judge.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.children import MARK, end, identity, start, tied
from bot.hypervisor.pictures import UnreadablePicture

PROGRAM = Path(__file__).with_name("console_ocr")
DEADLINE = timedelta(
    seconds=60
)  # it is niced, and bounds its own computing; this is for a machine with no time left
AT_ONCE = 2
"""So many pictures are read at the same time, whoever's they are: fifty screens may change at once."""
KEPT = 4  # pictures: a cursor that blinks makes two of a screen on which nothing changes


@dataclass(slots=True)
class ScreenReader:
    """Reads the screen of one guest, and remembers what its last few pictures said.

    `program`: what it is read with, a Python program. It gets the picture on stdin, and of the environment only
    whose child it is. `slots`: one for all readers; a screen that waits for one has not been looked at yet.
    """

    program: Path = PROGRAM
    deadline: timedelta = DEADLINE
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False)
    _texts: dict[int, str] = field(default_factory=dict, repr=False)  # by the picture's hash, the latest last

    async def text_of(self, picture: bytes) -> str:
        """The text on a screenshot, "" if it is no text screen. Raises UnreadablePicture."""
        key = hash(picture)
        if key not in self._texts:
            async with self.slots:
                self._texts[key] = await self._read(picture)
        self._texts[key] = self._texts.pop(key)
        for old in list(self._texts)[:-KEPT]:
            del self._texts[old]
        return self._texts[key]

    async def _read(self, picture: bytes) -> str:
        bare = {MARK: identity()}  # the bot's environment holds its tokens
        command = tied((sys.executable, "-I", str(self.program)))
        reading = await start(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=bare)
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                text, why = await reading.communicate(picture)
        except TimeoutError:
            seconds = f"{self.deadline.total_seconds():.0f} s"
            raise UnreadablePicture(f"cannot read a picture: because it was not read within {seconds}") from None
        finally:
            await end(reading)
        if reading.returncode:
            raise UnreadablePicture(why.decode(errors="replace").strip() or _unsaid(reading.returncode))
        return text.decode()


def _unsaid(code: int) -> str:
    return f"cannot read a picture: because its reader ended with {code} and said nothing"
