"""What can't be proven is said before anything has failed: once, in one message, never again of the same machine.

The whole bot, and a libvirtd of the test's own with guests that have nothing to be looked into by.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import libvirt
import pytest

from bot.demo.real import RealHost
from bot.manifest import manifest
from bot.workspace.records import ALEX
from bot.workspace.server import Box, installed
from tests.story.living import Bot, tokens
from tests.story.person import Person, words
from tests.story.stages import needs
from tests.terminal.commands import caretaker
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real, needs("libvirtd")]

AGENT = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
GUEST = "<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os>{devices}</domain>"
LAB_YAML = f"""\
slack: {{{{channel: homelab}}}}
people:
  alex: {{{{slack: {ALEX.id}, roles: admin, owner: true}}}}
data: data
timing: {{{{check_every: 1s, retry_every: 500ms, boot_look: 3s, alive_every: 500ms}}}}
hosts:
  atlas: {{{{hypervisor: "{{uri}}"}}}}
  nas: {{{{}}}}
  door: {{{{address: 127.0.0.1, checks: {{{{ssh: {{{{probe: tcp, port: 22}}}}}}}}}}}}
services:
  web: {{{{}}}}
guests:
  appliance: {{{{proof: running}}}}
  mail: {{{{address: 127.0.0.1}}}}
  vm000: {{{{expect: running}}}}
"""
BARE = tuple(f"vm{number:02}" for number in range(1, 13))
DARK = "12 guests have neither agent nor console nor check: I could only say that they have power"
NOWHERE = "lab.yaml lists guests that no hypervisor has, so nothing looks at them: vm000"
IDLE = "lab.yaml lists what nothing looks at: nas, web"


@dataclass(frozen=True)
class World:
    """atlas with its guests, and a bot that knows the host key of one of them."""

    hypervisor: Any
    folder: Path
    box: Box
    bot: Bot
    alex: Person

    def add(self, name: str, devices: str = "") -> None:
        """A guest that runs."""
        self.hypervisor.defineXML(GUEST.format(name=name, devices=f"<devices>{devices}</devices>")).create()

    def told(self) -> list[str]:
        """What was said in the channel of what can't be proven."""
        return [text for one in self.alex.own_messages() if "🔎" in (text := words(one))]

    async def begins(self) -> None:
        """The bot starts, and has looked at all there is."""
        self.bot.start()
        await until(lambda: self.box.sockets.connected == 1, 20)

    async def ends(self) -> None:
        await self.bot.kill()
        await until(lambda: self.box.sockets.connected == 0)


@contextmanager
def hypervisor(host: RealHost) -> Iterator[Any]:
    """libvirt's test hypervisor in that host's daemon, without the guest that it comes with."""
    connection = libvirt.open(host.uri("test", "/default"))
    try:
        domain = connection.lookupByName("test")
        domain.destroy()
        domain.undefine()
        yield connection
    finally:
        connection.close()


@asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    host = RealHost()
    try:
        await host.start()
        (folder / "lab.yaml").write_text(LAB_YAML.format(uri=host.uri("test", "/default")))
        (folder / ".ssh").mkdir()
        key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        (folder / ".ssh/known_hosts").write_text(f"mail {key}")
        async with Box.start(settings=installed(manifest())) as box:
            bot = Bot(folder / "lab.yaml", {**tokens(box), "HOME": str(folder)})
            try:
                with hypervisor(host) as connection:
                    yield World(connection, folder, box, bot, Person(box, ALEX))
            finally:
                await bot.close()
                print(bot.log.read_text() if bot.log.exists() else "")  # pytest shows it where a test has failed
    finally:
        host.close()


async def test_what_can_not_be_proven_is_said_once_in_one_message_and_again_only_of_what_is_new(tmp_path):
    async with a_world(tmp_path) as world:
        for name in (*BARE, "appliance", "mail"):
            world.add(name)
        await world.begins()
        first = words(await world.alex.sees("🔎", DARK, seconds=60))
        assert "vm01, vm02, vm03, vm04, vm05, vm06, vm07, vm08 and 4 more" in first
        assert "To change that: add a qemu-guest-agent channel" in first
        assert NOWHERE in first
        assert IDLE in first
        assert "all I see of these is that their SSH port is open" in first
        assert "mail" not in first, "its SSH server could prove it"
        assert "appliance" not in first, "its owner accepts its power"
        status = await world.alex.types("/lab status")
        assert "not watched: nas" in status
        assert "not watched: web" in status
        assert "in lab.yaml, but on no hypervisor: vm000" in status
        assert "All is well" not in status

        await world.ends()
        world.add("vm13")
        world.add("old", AGENT)
        await world.begins()
        second = words(await world.alex.sees("🔎", "vm13", seconds=150))
        assert (
            "1 guest has neither agent nor console nor check: I could only say that it has power: vm13" in second
        )
        assert "1 guest has an agent or a console, and neither shows that it is up: old" in second
        assert "vm01" not in second
        assert NOWHERE not in second
        assert len(world.told()) == 2


async def test_check_and_doctor_name_every_one_of_them_before_the_bot_runs(tmp_path):
    async with a_world(tmp_path) as world:
        for name in (*BARE, "appliance", "mail"):
            world.add(name)
        home = {"HOME": str(tmp_path), **tokens(world.box)}
        told = await caretaker("check", folder=tmp_path, env=home)
        assert told.code == 1
        doctor = await caretaker("doctor", folder=tmp_path, env=home)
        assert doctor.code == 1
        for out in (told.out, doctor.out):
            [dark] = [line for line in out.splitlines() if "neither agent nor console nor check" in line]
            assert dark.endswith(f"they have power: {', '.join(BARE)}")
            assert "lab.yaml:15: cannot watch guests.vm000: because no hypervisor has a guest 'vm000'" in out
            assert "lab.yaml:8: cannot watch hosts.nas: because nothing looks at it" in out
            assert "lab.yaml:11: cannot watch services.web: because nothing looks at it" in out
            assert "all I see of these is that their SSH port is open" in out
        assert world.told() == []
