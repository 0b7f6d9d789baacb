"""Sends one message over the second channel by a process with a deadline, and knows whether it may have left.

The process is ended with the bot. Whether a message left is told by a file that the process makes just before;
where the bot makes it first, nothing can leave any more.
"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.children import MARK, end, identity, start, tied
from bot.views.elsewhere import Message

PROGRAM = Path(__file__).with_name("program.py")
_START = timedelta(seconds=5)  # for Python and Apprise, on a small machine
_KEPT = timedelta(days=7)
_PASSED_ON = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "TZ")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message: `sent`, `partial`, `timeout`, `doubt`, or `failed`: nobody can have been reached.

    `unknown`: which of the addresses, counted from 1, Apprise does not know.
    """

    state: str
    why: str = ""
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends to `urls`. `folder`: where the marks of what left are kept."""

    urls: Sequence[str] = field(repr=False)
    folder: Path
    timeout: timedelta
    program: Path = PROGRAM

    async def send(self, message: Message, mark: Path | None = None) -> Result:
        """Send a message. `mark`: the file that is made as it leaves; without one, what fails is in doubt."""
        order = {"message": asdict(message), "seconds": self.timeout.total_seconds()}
        if mark is not None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            order["mark"] = str(mark)
        result = await self._run(order)
        if result.state in ("sent", "partial", "failed", "timeout"):
            return result
        if mark is None or has_left(mark):
            return result
        return Result("failed", result.why, result.unknown)

    async def examine(self) -> Result:
        """Whether Apprise knows the addresses. Nothing is sent."""
        return await self._run({"message": None})

    def mark(self, message: int, attempt: int) -> Path:
        """The file that says that a try of a message left."""
        return self.folder / f"{message}-{attempt}"

    def tidy(self) -> None:
        """Remove the marks of long ago."""
        long_ago = time.time() - _KEPT.total_seconds()
        for mark in self.folder.glob("*-*"):
            with suppress(OSError):
                if mark.stat().st_mtime < long_ago:
                    mark.unlink()

    async def _run(self, order: Mapping[str, Any]) -> Result:
        kept = {name: os.environ[name] for name in (*_PASSED_ON, *_PROXIES) if name in os.environ}
        command = tied((sys.executable, "-I", str(self.program)))
        environment = {**kept, MARK: identity()}
        process = await start(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment)
        try:
            async with asyncio.timeout((self.timeout + _START).total_seconds()):
                text, _ = await process.communicate(json.dumps({**order, "urls": list(self.urls)}).encode())
        except TimeoutError:
            return Result("timeout" if order.get("mark") is None else "doubt", "it did not end in time")
        finally:
            await end(process)
        return _read(text, process.returncode)


def has_left(mark: Path) -> bool:
    """Whether a message left, or may have. If it had not, it can't any more from now on."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileNotFoundError:
        return False  # there is no folder for marks yet
    except OSError:
        return True
    return False


def _read(text: bytes, code: int | None) -> Result:
    try:
        said = json.loads(text)
        return Result(said["state"], said["why"], tuple(said["unknown"]))
    except (ValueError, KeyError):
        return Result("doubt", f"its process ended with {code} and said nothing")
