"""The bot as its owner runs it: a process of its own, which can be killed, beside a lab and a workspace that stay.

The lab's guests are in a libvirtd of their own, so that they go on living, and crashing, while the bot is dead.
"""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bot.demo.lab import Lab
from bot.demo.real import RealHost
from bot.manifest import manifest
from bot.workspace.records import ALEX, ROBIN
from bot.workspace.server import Box, installed
from tests.real.network import Network
from tests.story.person import Person
from tests.story.stages import small_stage
from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parent.parent.parent

LAB_YAML = f"""\
slack: {{{{channel: homelab}}}}
people:
  alex: {{{{slack: {ALEX.id}, roles: admin, owner: true}}}}
  robin: {{{{slack: {ROBIN.id}, roles: hands}}}}
data: {{data}}
runbooks: {{{{folder: runbooks}}}}
timing: {{{{check_every: 2s, retry_every: 500ms, grace: 5s, steady: 1s, alive_every: 500ms,
  flapping_within: 10s}}}}
"""

NOTES = """\
# Take notes

- Use for: guest-down
- Who: admin

## Write it down
- Run on: $hypervisor

```sh
echo begun >> notes
until [ -e enough ]; do sleep 0.05; done
echo ended >> notes
```
"""
"""A step that goes on until someone says `enough`; what it did stands in `notes`."""

GAP = 1.2  # seconds: more than two of the bot's signs of life


@dataclass(slots=True)
class Bot:
    """A bot that reads `config`. Its tokens and Slack's address are in `environment`; `network`: where it runs."""

    config: Path
    environment: dict[str, str]
    network: Network | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; it is not awaited."""
        command = [sys.executable, "-P", "-m", "bot", "run", "--config", str(self.config)]
        command = self.network.command(*command) if self.network else command
        with self.log.open("ab") as log:
            environment = {**os.environ, **self.environment, "PYTHONPATH": str(REPOSITORY)}
            self._process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)

    @property
    def log(self) -> Path:
        """What it said, in all its lives."""
        return self.config.with_name("bot.log")

    def send(self, what: signal.Signals) -> None:
        """Send its process a signal."""
        assert self._process is not None, "it is started first"
        self._process.send_signal(what)

    def open_files(self) -> int:
        """How many descriptors its process has open."""
        assert self._process is not None, "it is started first"
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def limit_open_files(self, most: int, hard: int | None = None) -> tuple[int, int]:
        """Let its process have so many descriptors from now on; what its limits were."""
        assert self._process is not None, "it is started first"
        before = resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (most, hard or before[1]))
        return before

    async def ended(self) -> int:
        """Wait for its end; its exit code, negative for a signal."""
        assert self._process is not None, "it is started first"
        return await asyncio.to_thread(self._process.wait, 60)

    async def kill(self) -> None:
        """End it as a power failure does."""
        self.send(signal.SIGKILL)
        await self.ended()

    async def close(self) -> None:
        """End it if it still lives."""
        if self._process is not None and self._process.poll() is None:
            await self.kill()


@dataclass(frozen=True, slots=True)
class World:
    """Lab, workspace and bot, each of which can do without the others."""

    lab: Lab
    box: Box
    bot: Bot

    @property
    def atlas(self) -> Path:
        """The folder on the hypervisor's host that scripts run in."""
        return self.lab.folder / "atlas"

    def notes(self) -> list[str]:
        """What the runbook's script has written."""
        file = self.atlas / "notes"
        return file.read_text().split() if file.exists() else []

    async def start_bot(self) -> None:
        """Start the bot, and wait until it is connected."""
        self.bot.start()
        await until(lambda: self.box.sockets.connected == 1, 20)

    async def all_well(self) -> None:
        """Wait until the bot has seen everything well."""
        alex, status = Person(self.box, ALEX), ""

        async def well() -> bool:
            nonlocal status
            status = await alex.types("/lab status")
            return "🟢 All is well" in status

        try:
            await until(well, 60, every=0.2)
        except AssertionError:
            why = await alex.types("/lab why web1")
            raise AssertionError(f"never all well; at last: {status}\n{why}") from None

    async def kill_bot(self) -> None:
        """Kill the bot, and wait until it can't be overlooked that it was off."""
        await self.bot.kill()
        await until(lambda: self.box.sockets.connected == 0)
        killed = time.monotonic()
        await until(lambda: time.monotonic() - killed > GAP)


@asynccontextmanager
async def a_world(
    data: Path = Path("data"), *, more: str = "", environment: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[World]:
    """All of it, with the bot running and every guest seen well. `data`: where its database is.

    `more`: what else its lab.yaml says; `environment`: what else its environment holds.
    """
    host = RealHost()
    await host.start()
    folder = host.folder / "lab"  # the hypervisor, which is nobody, must get there
    folder.mkdir()
    stage = small_stage(folder, uri=host.uri("test", "/default"))
    try:
        await stage.start()
        (stage.lab.folder / "atlas").chmod(0o777)  # where a guest that crashes leaves its memory
        (folder / "runbooks").mkdir()
        (folder / "runbooks" / "guest-down.md").write_text(NOTES)  # instead of the shipped one
        (folder / "lab.yaml").write_text(LAB_YAML.format(data=data) + more + stage.yaml())
        async with Box.start(settings=installed(manifest())) as box:
            bot = Bot(folder / "lab.yaml", {**tokens(box), **environment})
            try:
                world = World(stage.lab, box, bot)
                await world.start_bot()
                await world.all_well()
                yield world
            finally:
                await bot.close()
                print(bot.log.read_text())  # pytest shows it where a test has failed
    finally:
        await stage.close()
        host.close()


def tokens(box: Box) -> dict[str, str]:
    """What leads the bot to the box."""
    return {"SLACK_BOT_TOKEN": box.bot_token, "SLACK_APP_TOKEN": box.app_token, "SLACK_API_URL": box.api_url}
