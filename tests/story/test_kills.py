"""The bot is killed seventy times while guests crash and steps run: nothing is lost, or said or done twice."""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from bot.workspace.records import ALEX
from tests.story.living import World, a_world
from tests.story.person import Person, offered, words
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real]

KILLS = 10  # by each seed
GUESTS = ("web1", "db1", "mail1")
START = "Start: Take notes"

NOTES = """\
# Take notes

- Use for: guest-down
- Who: admin

## Write it down
- Run on: $hypervisor

```sh
echo "begun-$incident" >> notes
sleep 1
echo "ended-$incident" >> notes
```
"""


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        (made.bot.config.parent / "runbooks" / "guest-down.md").write_text(NOTES)
        yield made


@pytest.mark.parametrize("seed", range(7))
async def test_at_whatever_moment_it_dies_nothing_is_lost_or_said_or_done_twice(world, seed):
    chance, alex = random.Random(seed), Person(world.box, ALEX)
    started: set[str] = set()
    for number in range(KILLS):
        await stir(world, chance)
        if number % 2:
            await until(lambda: world.box.sockets.connected == 1, 20)
            for _ in range(3):
                await press(alex, started)
                await asyncio.sleep(chance.uniform(0, 1))
        await asyncio.sleep(chance.uniform(0, 2))  # the moment is what is tried
        await world.bot.kill()
        world.bot.start()
    for name in set(GUESTS) - set(world.lab.running_guests()):
        world.lab.guests.start(name)
    await until(lambda: world.box.sockets.connected == 1, 20)
    await world.all_well()

    # Whether what was on its way when the bot died has arrived is asked only after a while.
    await until(lambda: cards(alex).keys() >= incidents(world), 60)
    assert cards(alex) == dict.fromkeys(incidents(world), 1), "said twice, or of none"
    await world.lab.crash("web1")  # whatever ran before, this runs

    async def has_run() -> bool:
        await press(alex, started)
        return bool(began(world))

    await until(has_run, 30, every=0.5)
    await until(lambda: began(world) == ended(world), 30)
    assert set(began(world).values()) == {1}, f"run twice, or never: {world.notes()}"


def cards(alex: Person) -> Counter[str]:
    """The incidents that the channel tells of, and in how many messages."""
    said = "\n".join(map(words, alex.own_messages()))
    return Counter(re.findall(r"^Incident (\d+) · details", said, re.MULTILINE))


def incidents(world: World) -> set[str]:
    """All that there ever were, as the bot has written them down."""
    with closing(
        sqlite3.connect(f"file:{world.bot.config.parent / 'data' / 'caretaker.db'}?mode=ro", uri=True)
    ) as own:
        return {str(number) for (number,) in own.execute("select id from incident")}


async def stir(world: World, chance: random.Random) -> None:
    """One guest or more crash or come back."""
    for name in chance.sample(GUESTS, chance.randint(1, len(GUESTS))):
        if name in world.lab.running_guests():
            await world.lab.crash(name)
        else:
            world.lab.guests.start(name)


async def press(alex: Person, started: set[str]) -> None:
    """Start one run of each incident, and press its buttons; whether anyone hears of it is left open."""
    for message in alex.everything():
        for found in offered(message):
            label = found.element.get("text", {}).get("text")
            if label in {"Run", "Go on"} or (label == START and message["ts"] not in started):
                started.add(message["ts"])
                await alex.tries_to_press(found)


def began(world: World) -> Counter[str]:
    """For which incidents the step began, and how often."""
    return Counter(line.removeprefix("begun-") for line in world.notes() if line.startswith("begun-"))


def ended(world: World) -> Counter[str]:
    """For which incidents it ended, and how often."""
    return Counter(line.removeprefix("ended-") for line in world.notes() if line.startswith("ended-"))
