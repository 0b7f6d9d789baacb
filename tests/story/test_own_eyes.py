"""The bot as its owner runs it, in a network that fails it: what it can't see is never said to be down."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.manifest import manifest
from bot.workspace.records import ALEX
from bot.workspace.server import Box, installed
from tests.real.network import Lan, lan, needs_networks
from tests.real.resolver import Resolver, resolving
from tests.story.living import Bot, tokens
from tests.story.person import Person, words
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real, needs_networks]

NAMES = ("atlas", "borea", "nas")
LAB_YAML = f"""\
slack: {{channel: homelab}}
people:
  alex: {{slack: {ALEX.id}, roles: admin, owner: true}}
data: data
witnesses: {{every: 1s, steady: 1s}}
timing: {{check_every: 2s, retry_every: 500ms, grace: 1s, alive_every: 500ms}}
hosts:
"""
HOST = "  {name}: {{address: {address}, checks: {{web: {{probe: tcp, port: 8006, timeout: 1s}}}}}}\n"


@dataclass(frozen=True)
class World:
    """A home's network with a bot in it, and Slack, which needs none of it."""

    home: Lan
    box: Box
    bot: Bot
    alex: Person

    async def status(self) -> str:
        return await self.alex.types("/lab status")

    async def all_well(self, seconds: float = 30) -> None:
        async def well() -> bool:
            return "🟢 All is well" in await self.status()

        await until(well, seconds, every=0.3)

    def said(self) -> str:
        """All that the channel ever showed, as it stands now."""
        return "\n".join(map(words, self.alex.everything()))


@asynccontextmanager
async def a_world(folder: Path, addresses: dict[str, str], home: Lan | None = None) -> AsyncIterator[World]:
    """All machines up, and the bot content with them."""
    with ExitStack() as opened:
        home = home or opened.enter_context(lan())
        for number, name in enumerate(NAMES, 10):
            opened.enter_context(home.plug(name, f"10.9.0.{number}").listen(8006))
        home.here.allow_pings()
        config = folder / "lab.yaml"
        config.write_text(LAB_YAML + "".join(HOST.format(name=n, address=addresses[n]) for n in NAMES))
        opened.enter_context(home.here.inside())
        async with Box.start(settings=installed(manifest())) as box:
            bot = Bot(config, tokens(box), home.here)
            bot.start()
            try:
                world = World(home, box, bot, Person(box, ALEX))
                await until(lambda: box.sockets.connected == 1, 20)
                await world.all_well()
                yield world
            finally:
                await bot.close()
                print(bot.log.read_text())  # pytest shows it where a test has failed


BY_ADDRESS = {name: f"10.9.0.{number}" for number, name in enumerate(NAMES, 10)}
BY_NAME = {name: f"{name}.lan" for name in NAMES}


async def test_the_bots_own_cable_pulled_for_nine_seconds_is_no_power_failure(tmp_path):
    async with a_world(tmp_path, BY_ADDRESS) as world:
        world.home.pull("here")
        network = await world.alex.sees("Network down between Caretaker and the lab", f"<@{ALEX.id}>")
        assert "I can't see atlas, borea, nas: eth0 has no carrier" in words(network)
        status = await world.status()
        assert "hosts: 0 of 3 well · not seen: atlas, borea, nas" in status
        assert "All is well" not in status
        await asyncio.sleep(6)  # it is the length that made a power failure of it
        world.home.put_back("here")
        await world.alex.sees_change(network, "🟢 *Resolved*", seconds=30)
        await world.all_well()
        assert "Power failure" not in world.said()
        assert len(world.alex.own_messages()) == 1


async def test_a_bot_out_of_descriptors_says_so_once_and_takes_no_machine_for_down(tmp_path):
    async with a_world(tmp_path, BY_ADDRESS) as world:
        soft, hard = world.bot.limit_open_files(world.bot.open_files())
        short = await world.alex.sees(
            "Caretaker has run out of what it needs to look", f"<@{ALEX.id}>", seconds=40
        )
        assert "I can't see " in words(short)
        assert "my own process has too many open files" in words(short)
        world.home.pull("atlas")
        await asyncio.sleep(6)  # three failures and more, had they been any
        world.home.put_back("atlas")
        assert "All is well" not in await world.status()
        world.bot.limit_open_files(soft, hard)
        await world.alex.sees_change(short, "🟢 *Resolved*", seconds=30)
        await world.all_well()
        assert len(world.alex.own_messages()) == 1, world.said()


async def test_a_resolver_that_falls_silent_takes_no_machine_along(tmp_path):
    async with a_named_world(tmp_path) as (world, resolver):
        resolver.silent = True
        network = await world.alex.sees("Network down between Caretaker and the lab", seconds=30)
        assert "I can't see atlas, borea, nas: cannot look up atlas.lan" in words(network)
        assert "because no resolver answered within" in words(network)
        resolver.silent = False
        await world.alex.sees_change(network, "🟢 *Resolved*", seconds=40)
        await world.all_well()
        assert len(world.alex.own_messages()) == 1


async def test_a_name_that_is_gone_is_a_fault_of_the_watching(tmp_path):
    async with a_named_world(tmp_path) as (world, resolver):
        del resolver.names["atlas.lan"]
        fault = await world.alex.sees("Cannot watch atlas", "There is no atlas.lan", "in your DNS", seconds=30)
        assert "atlas down" not in world.said()
        resolver.names["atlas.lan"] = "10.9.0.10"
        await world.alex.sees_change(fault, "🟢 *Resolved*", seconds=30)
        await world.all_well()
        assert len(world.alex.own_messages()) == 1


async def test_names_that_all_lead_to_one_silent_address_are_no_power_failure(tmp_path):
    async with a_named_world(tmp_path) as (world, resolver):
        right = dict(resolver.names)
        resolver.names.update(dict.fromkeys(right, "10.9.0.99"))
        network = await world.alex.sees("Network down between Caretaker and the lab", seconds=30)
        assert "I can't see atlas, borea, nas: atlas.lan leads to another address than before" in words(network)
        assert "10.9.0.99, not 10.9.0.10" in words(network)
        await asked_again(resolver)  # three failures and more of each, had they been any
        assert "hosts: 0 of 3 well · not seen: atlas, borea, nas" in await world.status()
        resolver.names.update(right)
        await world.alex.sees_change(network, "🟢 *Resolved*", seconds=40)
        await world.all_well()
        assert len(world.alex.own_messages()) == 1, world.said()


async def test_a_router_that_answers_for_a_name_itself_and_shows_a_page_brings_no_dead_machine_back(tmp_path):
    async with a_named_world(tmp_path) as (world, resolver):
        world.home.pull("nas")
        down = await world.alex.sees("nas down", "nas.lan:8006", seconds=30)
        with world.home.gateway.listen(8006):
            resolver.names["nas.lan"] = "10.9.0.254"
            network = await world.alex.sees("Network down between Caretaker and the lab", seconds=30)
            await asked_again(resolver)  # long enough to be proven, had it been nas
            assert "hosts: 2 of 3 well · failing: nas" in await world.status()
            why = await world.alex.types("/lab why nas")
            assert "nas.lan:8006 answers; but nas.lan leads to another address than before" in why
            resolver.names["nas.lan"] = BY_ADDRESS["nas"]
            await world.alex.sees_change(network, "🟢 *Resolved*", seconds=40)
        world.home.put_back("nas")
        await world.alex.sees_change(down, "🟢 *Resolved*", seconds=40)
        await world.all_well()


async def asked_again(resolver: Resolver) -> None:
    """Wait until each machine was looked at a few times more."""
    until_then = {name: resolver.asked.count(name) + 8 for name in resolver.names}
    await until(lambda: all(resolver.asked.count(name) >= often for name, often in until_then.items()), 40)


@asynccontextmanager
async def a_named_world(folder: Path) -> AsyncIterator[tuple[World, Resolver]]:
    """Machines that are known by names, which the home's own resolver tells."""
    known = {f"{name}.lan": address for name, address in BY_ADDRESS.items()}
    with lan() as home, resolving(home.here, known) as resolver:
        async with a_world(folder, BY_NAME, home) as world:
            yield world, resolver


async def test_a_process_that_was_stopped_finds_everything_as_it_was(tmp_path):
    async with a_world(tmp_path, BY_ADDRESS) as world:
        world.bot.send(signal.SIGSTOP)
        await asyncio.sleep(8)
        world.bot.send(signal.SIGCONT)
        await until(lambda: "this process was stopped for" in world.bot.log.read_text(), 20)
        await world.all_well()
        assert world.alex.own_messages() == []
