"""A real QEMU guest agent on a unix socket: the one a guest runs, spoken to as libvirt would."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.reach import Refused, Unreachable
from tests.real.processes import installed


@contextmanager
def running_qemu_ga(folder: Path, *options: str) -> Iterator[Path]:
    """The agent's socket, until the block ends; without the agent the test is skipped."""
    socket = folder / "agent.sock"
    command = [
        installed("qemu-ga"),
        "-m",
        "unix-listen",
        "-p",
        socket,
        "-t",
        folder,
        "-l",
        folder / "log",
        *options,
    ]
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 5
            while not socket.exists():
                assert time.monotonic() < deadline, (folder / "log").read_text()
            yield socket
        finally:
            process.terminate()


def speaker(socket: Path, heard: list[str] | None = None) -> Callable[[Mapping[str, Any], timedelta], Any]:
    """A `bot.reach.guest.Agent` that reaches the agent behind `socket`, which serves one connection at a time."""
    turn = asyncio.Lock()

    async def agent(command: Mapping[str, Any], deadline: timedelta) -> Any:
        if heard is not None:
            heard.append(command["execute"])
        try:
            async with asyncio.timeout(deadline.total_seconds()), turn:
                reader, writer = await asyncio.open_unix_connection(str(socket), limit=2**26)
                writer.write(json.dumps(command).encode() + b"\n")
                answer = json.loads(await reader.readline())
                writer.close()
        except (OSError, ValueError) as error:
            raise Unreachable(f"no guest agent answers: {error}") from error
        if "error" in answer:
            raise Refused(answer["error"]["desc"])
        return answer["return"]

    return agent
