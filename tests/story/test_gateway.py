"""A gateway is gone for seconds, and fifty guests behind it answer no more, while their host says that all run.

The whole bot in a network of its own; what it can't see is unknown, and no guest is said to be down.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import SHUT_RDWR

import libvirt
import pytest

from bot.demo.real import RealHost
from bot.manifest import manifest
from bot.workspace.records import ALEX
from bot.workspace.server import Box, installed
from tests.real.guest import running_host
from tests.real.network import Lan, Network, lan, needs_networks
from tests.story.living import Bot, tokens
from tests.story.person import Person, words
from tests.story.stages import needs
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real, needs_networks, needs("libvirtd")]

NAMES = tuple(f"vm{number:02}" for number in range(1, 51))
LAB_YAML = f"""\
slack: {{channel: homelab}}
people:
  alex: {{slack: {ALEX.id}, roles: admin, owner: true}}
data: data
timing: {{check_every: 2s, retry_every: 500ms, grace: 1s, alive_every: 500ms}}
"""
WITNESSES = "witnesses: {every: 1s, steady: 1s}\n"
NO_WITNESSES = "witnesses: {ask: false}\n"
LAB = """\
services:
  gateway: {{address: 10.9.0.254, checks: {{dns: {{probe: tcp, port: 53, timeout: 1s}}}}}}
hosts:
  atlas: {{hypervisor: "{uri}", behind: gateway}}
guests:
"""
GUEST = "  {name}: {{address: 10.8.0.{number}, checks: {{web: {{probe: tcp, port: 80, timeout: 1s}}}}}}\n"
XML = "<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>"
NEVER = (
    "Guests of atlas",
    "Power failure",
    "atlas down",
    "missing",
    "failing",
    *(f"{name} down" for name in NAMES),
)


@dataclass(frozen=True)
class World:
    """A home's network, fifty guests beyond its gateway, and the bot; Slack needs none of it."""

    home: Lan
    alex: Person

    async def status(self) -> str:
        return await self.alex.types("/lab status")

    async def all_well(self) -> None:
        async def well() -> bool:
            return "🟢 All is well" in await self.status()

        await until(well, 60, every=0.5)

    async def loses_its_gateway(self) -> str:
        """It is gone until nothing beyond it is seen any more, and some looks longer; the status then."""
        self.home.pull("gateway")

        async def unseen() -> str:
            status = await self.status()
            return status if "guests: 0 of 50 well" in status else ""

        status = await until(unseen, 60, every=0.5)
        await asyncio.sleep(5)  # ten looks in vain: it is the length that made an outage of it
        return status


@contextmanager
def answering(where: Network, port: int) -> Iterator[None]:
    """Something in that network accepts all connections to a port, until the block ends."""
    with where.listen(port) as door:

        def accept() -> None:
            with suppress(OSError):  # once it is shut down
                while True:
                    door.accept()[0].close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            door.shutdown(SHUT_RDWR)
            thread.join()


@pytest.fixture
def atlas() -> Iterator[RealHost]:
    """A host with fifty guests that run."""
    with running_host() as host:
        connection = libvirt.open(host.uri("test", "/default"))
        test = connection.lookupByName("test")
        test.destroy()
        test.undefine()
        for name in NAMES:
            connection.defineXML(XML.format(name=name)).create()
        yield host
        connection.close()


@asynccontextmanager
async def a_world(folder: Path, atlas: RealHost, witnesses: str) -> AsyncIterator[World]:
    """All of it, and the bot content with it."""
    with ExitStack() as opened:
        home = opened.enter_context(lan())
        opened.enter_context(answering(home.gateway, 53))
        opened.enter_context(answering(home.beyond, 80))
        home.here.allow_pings()
        guests = (GUEST.format(name=name, number=number) for number, name in enumerate(NAMES, 1))
        lab = LAB.format(uri=atlas.uri("test", "/default"))
        (folder / "lab.yaml").write_text(f"{LAB_YAML}{witnesses}{lab}{''.join(guests)}")
        opened.enter_context(home.here.inside())
        async with Box.start(settings=installed(manifest())) as box:
            bot = Bot(folder / "lab.yaml", tokens(box), home.here)
            bot.start()
            try:
                world = World(home, Person(box, ALEX))
                await until(lambda: box.sockets.connected == 1, 20)
                await world.all_well()
                yield world
            finally:
                await bot.close()
                print(bot.log.read_text())  # pytest shows it where a test has failed


async def test_fifty_guests_behind_a_gateway_that_is_gone_for_seconds_are_not_seen_and_none_is_down(
    tmp_path, atlas
):
    async with a_world(tmp_path, atlas, WITNESSES) as world:
        status = await world.loses_its_gateway()
        assert "failing" not in status
        assert "All is well" not in status
        network = await world.alex.sees("Network down between Caretaker and the lab", f"<@{ALEX.id}>", seconds=30)
        assert "10.9.0.254 no longer answers" in words(network)
        assert "🟢" not in words(network)
        world.home.put_back("gateway")
        await world.alex.sees_change(network, "🟢 *Resolved*", "the network is back", seconds=60)
        await said_nothing_false(world)


async def test_where_no_witness_is_asked_what_stands_behind_the_gateways_own_service_is_not_seen(tmp_path, atlas):
    async with a_world(tmp_path, atlas, NO_WITNESSES) as world:
        await world.loses_its_gateway()
        down = await world.alex.sees("gateway down", f"<@{ALEX.id}>", seconds=30)
        assert "🟢" not in words(down)
        status = await world.status()
        assert "guests: 0 of 50 well · not proven: vm01" in status, "they have power, and that is all"
        world.home.put_back("gateway")
        await world.alex.sees_change(down, "🟢 *Resolved*", seconds=60)
        await said_nothing_false(world)


async def said_nothing_false(world: World) -> None:
    await world.all_well()
    said = world.alex.ever_said()
    assert [one for one in NEVER if one in said] == []
    assert len(world.alex.own_messages()) == 1
