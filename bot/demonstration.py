"""The demo: a lab that can be broken, a Slack workspace in a box, and the same bot as ever between them.

It builds the two and writes the lab's own lab.yaml; the bot itself is app.Caretaker, and knows of neither.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.app import Caretaker
from bot.config import Config, Secrets, load
from bot.demo.backups import BackupFailed, Backups
from bot.demo.lab import HYPERVISOR, UPS, Lab, LabRefused
from bot.demo.real import CannotStart
from bot.demo.real_lab import GUEST, HOST, RealLab
from bot.demo.roster import ROSTER, LabGuest
from bot.demo.tiny_guest import CannotBuild
from bot.demo.visitor import visit
from bot.manifest import manifest
from bot.vocabulary import probe_params
from bot.workspace.panel import Panel, PanelItem
from bot.workspace.records import ALEX, ROBIN, Command
from bot.workspace.server import Box, installed
from handlers.commands import completions

LAB_YAML = f"""\
# The demo's lab, as its owner would have written it; it is made anew at each start.
slack: {{channel: homelab}}
people:
  alex: {{slack: {ALEX.id}, roles: admin, owner: true}}
  robin: {{slack: {ROBIN.id}, roles: [hands, hands at home]}}
data: data
ephemeral: [ci-*]
timing:                  # so that nobody waits
  check_every: 2s
  retry_every: 500ms
  grace: 20s
  steady: 5s
  alive_every: 5s
  brief: 5s
  flapping_within: 3m
"""

HOST_YAML = """\
  {name}:
    address: 127.0.0.1
    ssh: {{user: root, port: {port}, key: {key}, known_hosts: {known_hosts}}}
    checks:
      ssh: {{probe: tcp, port: {port}}}
"""

HYPERVISOR_YAML = """\
    hypervisor: "{uri}"
    backup: {{repository: {repository}, password_file: {password_file}}}
"""


CANNOT = (CannotStart, CannotBuild, BackupFailed, OSError)
"""Why a stage may not come about."""


class Stage(Protocol):
    """What a demo plays on. `yaml` and `panel` are asked for once it has started."""

    async def start(self) -> None:
        """Bring it up."""

    async def close(self) -> None:
        """Take it down."""

    def yaml(self) -> str:
        """Its part of lab.yaml."""
        ...

    def panel(self) -> Panel:
        """The ways to break it."""
        ...


@asynccontextmanager
async def demonstration(stage: Stage, folder: Path, port: int = 0) -> AsyncIterator[Box]:
    """Stage, workspace and bot, for as long as the block lasts. A port that is taken is not insisted on.

    Raises one of CANNOT where the stage can't be built.
    """
    async with AsyncExitStack() as opened:
        opened.push_async_callback(stage.close)
        await stage.start()
        bots: list[Caretaker] = []  # the page is there before the bot, and names what it watches once it does

        def offered() -> list[Command]:
            return [Command(*one) for one in completions([name for bot in bots for name in bot.rounds.labels()])]

        box = await _open_box(opened, stage.panel(), offered, port)
        bot = Caretaker(configure(folder, stage), Secrets(box.bot_token, box.app_token, box.api_url))
        bots.append(bot)
        opened.push_async_callback(bot.stop)
        await bot.start()
        yield box


async def _open_box(opened: AsyncExitStack, panel: Panel, offered: Callable[[], list[Command]], port: int) -> Box:
    box = partial(Box.start, settings=installed(manifest()), panel=panel, completions=offered)
    try:
        return await opened.enter_async_context(box(port))
    except OSError:
        return await opened.enter_async_context(box(0))


def configure(folder: Path, stage: Stage) -> Config:
    """Write the stage's lab.yaml, and read it as any other."""
    path = folder / "lab.yaml"
    path.write_text(LAB_YAML + stage.yaml())
    return load(path, probes=probe_params(), env={})


class TestStage:
    """Fifty guests on libvirt's test hypervisor, three hosts, a UPS: quick to break and to mend.

    `roster`: other guests than those; `uri`: another test hypervisor than this process's own.
    """

    def __init__(
        self, folder: Path, now: datetime, *, roster: Sequence[LabGuest] = ROSTER, uri: str = "test:///default"
    ) -> None:
        self.lab = Lab(folder / "lab", now=now, roster=roster, uri=uri)
        self._visitor: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bring it up."""
        await self.lab.start()
        self._visitor = asyncio.create_task(visit(self.lab.guests), name="visit the lab")

    async def close(self) -> None:
        """Take it down."""
        if self._visitor is not None:
            self._visitor.cancel()
            await asyncio.gather(self._visitor, return_exceptions=True)
        await self.lab.close()

    def yaml(self) -> str:
        """Three hosts on one UPS, one of them the hypervisor."""
        lab = self.lab
        hosts = (
            _host(name, host.port, lab)
            + f"    powered_by: {UPS}\n"
            + (_hypervisor(lab.uri, lab.backups) if name == HYPERVISOR else "")
            for name, host in lab.hosts.items()
        )
        return f"hosts:\n{''.join(hosts)}ups:\n  {UPS}: {{port: {lab.ups.port}}}\n"

    def panel(self) -> Panel:
        """All of it acts on the lab alone."""
        lab, choose = self.lab, self.lab.running_guests
        items = (
            _item("power", "Power failure", "The mains fail for longer than the UPS lasts.", lab.fail_power),
            _choice("crash", "Crash a guest", "Its virtual machine dies at once.", lab.crash, choose),
            _choice("corrupt", "Corrupt a boot disk", "It is overwritten, and restarted.", lab.corrupt, choose),
            _item("back", "Bring it back", "Power returns, and what starts by itself does.", lab.bring_back),
            _item("heal", "Heal everything", "The whole lab as it was at first.", lab.heal),
        )
        return Panel("Break something", items, lab.note)


class RealStage:
    """One real guest under QEMU: slower, and nothing in it is played. `console_log`: whether it keeps one."""

    def __init__(self, folder: Path, now: datetime, *, console_log: bool = True) -> None:
        self.lab = RealLab(folder / "lab", now=now, console_log=console_log)

    async def start(self) -> None:
        """Bring it up."""
        await self.lab.start()

    async def close(self) -> None:
        """Take it down."""
        await self.lab.close()

    def yaml(self) -> str:
        """One host, whose libvirt is reached by its socket."""
        lab = self.lab
        return f"hosts:\n{_host(HOST, lab.ssh.port, lab)}{_hypervisor(lab.host.uri(), lab.backups)}"

    def panel(self) -> Panel:
        """All of it acts on the guest's files and its QEMU."""
        lab = self.lab
        items = (
            _item("corrupt", "Corrupt the boot disk", f"{GUEST}'s boot sector is zeroed.", lab.corrupt),
            _item("crash", "Kill its QEMU", f"{GUEST} dies at once.", lab.cut),
            _item("back", "Start it", f"{GUEST} is turned on.", lab.start_guest),
        )
        return Panel("Break something", items)


def _host(name: str, port: int, lab: Lab | RealLab) -> str:
    return HOST_YAML.format(name=name, port=port, key=_quoted(lab.key), known_hosts=_quoted(lab.known_hosts))


def _hypervisor(uri: str, backups: Backups) -> str:
    repository, password = _quoted(backups.repository), _quoted(backups.password_file)
    return HYPERVISOR_YAML.format(uri=uri, repository=repository, password_file=password)


def _quoted(path: Path) -> str:
    """A path in YAML, whatever it holds: YAML takes JSON's strings."""
    return json.dumps(str(path))


def _item(name: str, label: str, hint: str, act: Callable[[], Awaitable[str]]) -> PanelItem:
    return PanelItem(name, label, hint, None, lambda _: _answer(act()))


def _choice(
    name: str, label: str, hint: str, act: Callable[[str], Awaitable[str]], choices: Callable[[], Sequence[str]]
) -> PanelItem:
    return PanelItem(name, label, hint, choices, lambda choice: _answer(act(choice or "")))


async def _answer(act: Awaitable[str]) -> str:
    """The sentence for whoever pressed, also when the lab can't be broken in this way now."""
    try:
        return await act
    except (LabRefused, BackupFailed, CannotStart) as why:
        return str(why)
