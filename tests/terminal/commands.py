"""The command line as a person runs it: processes, what they print, and how they end."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL

from bot.workspace.server import Box
from tests.waiting import until

COMMAND = (sys.executable, "-P", "-m", "bot")
PATIENCE = 30.0  # seconds
LAB = """\
slack: {channel: homelab}
people: {alex: {slack: U012AB3CD, roles: admin, owner: true}}
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


async def caretaker(*words: object, folder: Path, env: dict[str, str] | None = None) -> Ended:
    """Run a command in `folder` to its end. It never shows a traceback."""
    async with started(*words, folder=folder, env=env) as command:
        return await command.ends()


@dataclass(slots=True)
class Started:
    """A command under way; `out` and `err` grow."""

    process: asyncio.subprocess.Process
    out: str = ""
    err: str = ""
    readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def prints(self, text: str) -> None:
        """Wait until it has printed `text`, on either stream."""
        try:
            await until(lambda: text in self.out + self.err or self.process.returncode is not None, PATIENCE)
        finally:
            assert text in self.out + self.err, f"no {text!r} in:\n{self.out}{self.err}"

    async def ends(self, seconds: float = PATIENCE) -> Ended:
        """Wait for its end."""
        async with asyncio.timeout(seconds):
            code = await self.process.wait()
            await asyncio.gather(*self.readers)
        assert "Traceback" not in self.err, self.err
        return Ended(code, self.out, self.err)


@asynccontextmanager
async def started(*words: object, folder: Path, env: dict[str, str] | None = None) -> AsyncIterator[Started]:
    """Start a command in `folder`, with no tokens but those in `env`; it is killed if it outlives the block."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "CARETAKER_"))}
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, words),
        cwd=folder,
        env={**kept, **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    command = Started(process)

    async def read(stream: asyncio.StreamReader, name: str) -> None:
        while piece := await stream.read(65536):
            setattr(command, name, getattr(command, name) + piece.decode())

    command.readers = [asyncio.create_task(read(getattr(process, f"std{name}"), name)) for name in ("out", "err")]
    try:
        yield command
    finally:
        if process.returncode is None:
            process.send_signal(SIGKILL)
        await process.wait()
        await asyncio.gather(*command.readers)


def tokens(box: Box) -> dict[str, str]:
    """What tells the bot how to reach a workspace in a box."""
    return {"SLACK_BOT_TOKEN": box.bot_token, "SLACK_APP_TOKEN": box.app_token, "SLACK_API_URL": box.api_url}


def write_lab(folder: Path, more: str = "") -> Path:
    """A lab.yaml of the least there can be, and `more`."""
    path = folder / "lab.yaml"
    path.write_text(LAB + more)
    return path
