"""The demo: a lab that can be broken, a Slack workspace in a box, and the same bot as ever between them.

It builds the two and writes the lab's own lab.yaml; the bot itself is app.Caretaker, and knows of neither.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bot.app import Caretaker, probe_params
from bot.config import Config, Secrets, load
from bot.demo.backups import BackupFailed
from bot.demo.lab import HYPERVISOR, UPS, Lab, LabRefused
from bot.manifest import manifest
from bot.workspace.panel import Panel, PanelItem
from bot.workspace.records import ALEX, ROBIN, Command
from bot.workspace.server import Box, installed
from handlers.commands import completions

LAB_YAML = """\
# The demo's lab, as its owner would have written it; it is made anew at each start.
slack: {{channel: homelab}}
people:
  alex: {{slack: {alex}, roles: admin, owner: true}}
  robin: {{slack: {robin}, roles: [hands, hands at home]}}
data: data
hosts:
{hosts}
ups:
  {ups}: {{port: {ups_port}}}
ephemeral: [ci-*]
timing:                  # so that nobody waits
  check_every: 2s
  retry_every: 500ms
  grace: 20s
  alive_every: 5s
"""

HOST_YAML = """\
  {name}:
    address: 127.0.0.1
    ssh: {{user: root, port: {port}, key: {key}, known_hosts: {known_hosts}}}
    powered_by: {ups}
    checks:
      ssh: {{probe: tcp, port: {port}}}
"""

HYPERVISOR_YAML = """\
    hypervisor: {uri}
    backup: {{repository: {repository}, password_file: {password_file}}}
"""


@asynccontextmanager
async def demonstration(
    folder: Path, now: datetime, port: int, say: Callable[[str], None]
) -> AsyncIterator[tuple[Box, Lab]]:
    """The whole demo, its files in `folder`, for as long as the block lasts. `say` hears what is being done."""
    say("Starting the lab: fifty guests on libvirt's test hypervisor, three hosts and a UPS …")
    lab = Lab(folder / "lab", now=now)
    await lab.start()
    try:
        async with workspace(lab, port) as box:
            say("Starting the bot …")
            bot = Caretaker(configure(folder, lab), Secrets(box.bot_token, box.app_token, box.api_url))
            await bot.start()
            try:
                yield box, lab
            finally:
                await bot.stop()
    finally:
        await lab.close()


@asynccontextmanager
async def workspace(lab: Lab, port: int) -> AsyncIterator[Box]:
    """The workspace, with the lab's panel. A port that is taken is not insisted on."""
    settings, offered = installed(manifest()), [Command(*one) for one in completions()]
    try:
        async with Box.start(port, settings=settings, panel=panel(lab), completions=lambda: offered) as box:
            yield box
    except OSError:
        async with Box.start(0, settings=settings, panel=panel(lab), completions=lambda: offered) as box:
            yield box


def configure(folder: Path, lab: Lab) -> Config:
    """Write the lab's lab.yaml, and read it as any other."""
    path = folder / "lab.yaml"
    path.write_text(
        LAB_YAML.format(
            alex=ALEX,
            robin=ROBIN,
            hosts="".join(_host(lab, name) for name in lab.hosts),
            ups=UPS,
            ups_port=lab.ups.port,
        )
    )
    return load(path, probes=probe_params(), env={})


def _host(lab: Lab, name: str) -> str:
    host = HOST_YAML.format(
        name=name, port=lab.hosts[name].port, key=lab.key, known_hosts=lab.known_hosts, ups=UPS
    )
    if name != HYPERVISOR:
        return host
    backups = lab.backups
    return host + HYPERVISOR_YAML.format(
        uri=lab.uri, repository=backups.repository, password_file=backups.password_file
    )


def panel(lab: Lab) -> Panel:
    """The ways to break the lab, beside the channel."""
    return Panel(
        "Break something",
        (
            _item(
                "power",
                "Power failure",
                "The mains fail for longer than the UPS lasts.",
                lambda _: lab.fail_power(),
            ),
            _item(
                "crash", "Crash a guest", "Its virtual machine dies at once.", lambda g: lab.crash(g or ""), lab
            ),
            _item(
                "corrupt",
                "Corrupt a boot disk",
                "Its first sector is overwritten and it is restarted.",
                lambda g: lab.corrupt(g or ""),
                lab,
            ),
            _item(
                "back", "Bring it back", "Power returns; what starts by itself does.", lambda _: lab.bring_back()
            ),
            _item("heal", "Heal everything", "The whole lab as it was at first.", lambda _: lab.heal()),
        ),
        lab.note,
    )


def _item(
    name: str, label: str, hint: str, act: Callable[[str | None], Awaitable[str]], choose_of: Lab | None = None
) -> PanelItem:
    async def answered(choice: str | None) -> str:
        try:
            return await act(choice)
        except (LabRefused, BackupFailed) as why:
            return str(why)

    return PanelItem(name, label, hint, choose_of.running_guests if choose_of else None, answered)


async def run_demo(folder: Path, now: datetime, port: int, say: Callable[[str], None]) -> None:
    """Run the demo until cancelled."""
    async with demonstration(folder, now, port, say) as (box, _lab):
        say(f"\nOpen  {box.url}\n")
        say(f"Its lab.yaml is {folder / 'lab.yaml'}; the runbooks can be edited while it runs. Ctrl-C ends it.")
        await asyncio.Event().wait()
