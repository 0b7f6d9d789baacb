"""A server outside the house, on loopback: it keeps what it was asked, and answers as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

HANG = 0
"""Instead of a status: it takes the request and never answers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: str

    @property
    def title(self) -> str:
        """The title of a message that Apprise's json:// sent."""
        return json.loads(self.body)["title"]

    @property
    def message(self) -> str:
        """Its text."""
        return json.loads(self.body)["message"]


@dataclass
class Outside:
    """`status`: what it answers, by path where that differs. `page`: what it says."""

    status: int = 200
    page: str = "OK"
    by_path: dict[str, int] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    when: list[float] = field(default_factory=list)
    port: int = 0

    def url(self, path: str, scheme: str = "http") -> str:
        """An address here."""
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [one.path for one in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(Asked(request.method, request.path_qs, await request.text()))
        self.when.append(asyncio.get_running_loop().time())
        status = self.by_path.get(request.path, self.status)
        if status == HANG:
            await asyncio.Event().wait()
        return web.Response(status=status, text=self.page)


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """A server that listens."""
    server = Outside()
    runner = web.ServerRunner(web.Server(server.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


def kept(folder: Path) -> list[str]:
    """All text in the files of a folder, to look for what must not be there."""
    return [file.read_bytes().decode(errors="replace") for file in folder.rglob("*") if file.is_file()]
