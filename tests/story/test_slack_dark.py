"""Slack is out of reach, or the bot is gone. Somebody is told all the same: once, by another way."""

import asyncio

import pytest

from bot.workspace.records import ALEX
from tests.outside import Outside, kept, outside
from tests.story.living import World, a_world
from tests.story.person import Person
from tests.terminal.commands import caretaker
from tests.waiting import IN_TIME, until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real]

UUID, TOPIC = "/5a2ad5bd-2a4c-4b6e-9a8c-a6a5d6c7e8f9", "/hush-topic-4711"
SILENT = 3.0  # seconds; for the story's two minutes
QUICK = f"""\
heartbeat: {{every: 500ms, critical: [guest-down], stalled_after: 1m}}
second_channel: {{slack_silent: {SILENT:.0f}s, unacknowledged: 1h}}
"""


def environment(server: Outside) -> dict[str, str]:
    return {
        "CARETAKER_HEARTBEAT_URL": server.url(UUID),
        "CARETAKER_SECOND_CHANNEL": server.url(TOPIC, "json"),
    }


def titles(server: Outside) -> list[str]:
    """What the second channel brought, in order."""
    return [one.title for one in server.asked if one.path == TOPIC]


def cut_off(world: World) -> None:
    """Slack takes nothing any more."""
    world.box.faults.fail("*", "unavailable", times=100_000)


async def told(server: Outside, *wanted: str) -> None:
    await until(lambda: titles(server) == list(wanted), 60)


async def pings(server: Outside, path: str) -> None:
    """Wait for the next ping there."""
    before = server.paths.count(path)
    await until(lambda: server.paths.count(path) > before, IN_TIME)


async def test_a_crash_while_slack_is_dark_is_told_once_by_the_second_channel_and_so_is_its_end(tmp_path):
    data = tmp_path / "data"
    async with outside() as server, a_world(data, more=QUICK, environment=environment(server)) as world:
        alex = Person(world.box, ALEX)
        await pings(server, UUID)
        cut_off(world)
        await world.lab.crash("web1")
        await told(server, "🔴 Open: web1 down")
        [message] = [one.message for one in server.asked if one.path == TOPIC]
        assert "I could not tell Slack. The buttons will be in Slack, #homelab." in message
        await pings(server, f"{UUID}/fail")

        await world.bot.kill()
        quiet = len(server.asked)
        await asyncio.sleep(1.5)
        assert len(server.asked) == quiet, "whoever waits for the heartbeat misses it"
        world.bot.start()
        await pings(server, f"{UUID}/fail")

        world.box.faults.clear()
        await alex.sees("web1 down", "Crashed", seconds=60)
        world.lab.guests.start("web1")
        await told(server, "🔴 Open: web1 down", "🟢 Resolved: web1 down")
        await pings(server, UUID)
        health = await caretaker("health", "--config", world.bot.config, folder=tmp_path)
        assert "heartbeat: last taken" in health.out
        assert "second channel: last sent" in health.out
        for secret in (UUID, TOPIC):
            assert secret.strip("/") not in world.bot.log.read_text()
            assert not [text for text in kept(data) if secret.strip("/") in text]


@pytest.mark.parametrize("after", [0.3, SILENT - 0.5, SILENT + 0.2, SILENT + 0.6, SILENT + 1.2])
async def test_killed_on_the_way_it_tells_once(after, tmp_path):
    async with outside() as server, a_world(more=QUICK, environment=environment(server)) as world:
        cut_off(world)
        await world.lab.crash("web1")
        await asyncio.sleep(after)
        await world.bot.kill()
        world.bot.start()
        await until(lambda: titles(server), 60)
        await asyncio.sleep(2 * SILENT)
        assert titles(server) == ["🔴 Open: web1 down"]


async def test_what_slack_takes_in_time_is_not_told_twice(tmp_path):
    async with outside() as server, a_world(more=QUICK, environment=environment(server)) as world:
        alex = Person(world.box, ALEX)
        await world.lab.crash("web1")
        card = await alex.sees("web1 down")
        await asyncio.sleep(2 * SILENT)
        world.lab.guests.start("web1")
        await alex.sees_change(card, "🟢 *Resolved*")
        await asyncio.sleep(1)
        assert titles(server) == []
