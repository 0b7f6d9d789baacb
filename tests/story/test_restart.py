"""The bot dies as programs do where the power fails. What it knew stands, and nothing is said or done twice."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator

import pytest

from bot.workspace.records import ALEX, Json
from tests.story.living import Bot, World, a_world, tokens
from tests.story.person import Person, buttons, words
from tests.waiting import IN_TIME, until

pytestmark = [pytest.mark.slow, pytest.mark.real]

STEP = "Step 1 of 1 · Write it down"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made


@pytest.fixture
def alex(world) -> Person:
    return Person(world.box, ALEX)


async def test_an_open_incident_outlives_the_bot_and_is_not_announced_again(world, alex):
    await world.lab.crash("web1")
    incident = await alex.sees("web1 down", "Crashed")

    await world.kill_bot()
    await world.start_bot()
    away = await alex.sees_in(incident, "I was off")
    assert re.search(r"I was off (\d\d:\d\d–\d\d:\d\d|for \d+ s at \d\d:\d\d) UTC", words(away))
    assert [m["ts"] for m in alex.everything()] == [incident["ts"], away["ts"]], "nothing else was said"
    assert "🔴 *Open*" in words(alex.now(incident))

    await alex.press("Acknowledge")
    await alex.sees_change(incident, f"<@{ALEX.id}> is on it")
    await world.kill_bot()
    await world.start_bot()
    await until(lambda: len([m for m in alex.thread(incident) if "I was off" in words(m)]) == 2, 15)
    assert "🟠 *Acknowledged*" in words(alex.now(incident))
    assert len(alex.channel()) == 1


async def test_what_happened_meanwhile_is_noticed_and_what_was_mended_resolves_itself(world, alex):
    await world.lab.crash("web1")
    web1 = await alex.sees("web1 down")
    assert "🔕 db1 is silent" in await alex.types("/lab silence db1 1h it is being moved")

    await world.kill_bot()
    await world.lab.crash("mail1")
    await world.lab.crash("db1")
    world.lab.guests.start("web1")
    await world.start_bot()
    mail1 = await alex.sees("mail1 down", "Crashed")
    await alex.sees_in(mail1, "I was off", "this may have begun then")
    await alex.sees_change(web1, "🟢 *Resolved*")
    await alex.sees("silenced db1 for 1 h")
    why = await alex.types("/lab why db1")
    assert "❌ state: crashed" in why
    assert "it is being moved" in why
    assert len(alex.own_messages()) == 3, "of db1 no more is told than that it is silent"


async def test_a_step_under_way_when_the_bot_died_goes_on_and_its_end_is_told(world, alex):
    await world.lab.crash("web1")
    incident = await alex.sees("web1 down")
    await alex.press("Start: Take notes")
    await alex.press("Run", on=STEP)
    await until(lambda: world.notes() == ["begun"])

    await world.kill_bot()
    await world.start_bot()
    step = await alex.sees_in(incident, STEP, "under way")
    assert buttons(step) == ["Stop"]
    assert world.notes() == ["begun"], "it is not repeated"

    (world.atlas / "enough").touch()
    await alex.sees_change(step, "☑️")
    await alex.sees_in(incident, "“Take notes” is done")
    assert world.notes() == ["begun", "ended"]


async def test_a_step_that_ended_while_the_bot_was_dead_has_ended_well(world, alex):
    await world.lab.crash("web1")
    incident = await alex.sees("web1 down")
    await alex.press("Start: Take notes")
    await alex.press("Run", on=STEP)
    await until(lambda: world.notes() == ["begun"])

    await world.bot.kill()
    (world.atlas / "enough").touch()
    await until(lambda: world.notes() == ["begun", "ended"])
    await world.start_bot()
    await alex.sees_in(incident, "“Take notes” is done")
    assert world.notes() == ["begun", "ended"]


async def test_a_bot_killed_after_taking_a_click_has_begun_or_not_and_does_it_once(world, alex):
    for guest, moment in (("web1", 0.0), ("db1", 0.03), ("mail1", 0.1)):
        await world.lab.crash(guest)
        incident = await alex.sees(f"{guest} down")
        await alex.press("Start: Take notes", on=f"{guest} down")
        await alex.sees_in(incident, STEP)
        await alex.press("Run", on=STEP)  # it is acknowledged: the click will not come again
        await asyncio.sleep(moment)
        await world.kill_bot()

        await world.start_bot()
        await alex.sees_in(incident, "I was off")
        (world.atlas / "enough").touch()
        await press_on(alex, incident)
        assert world.notes() == ["begun", "ended"], "once"
        for file in ("enough", "notes"):
            (world.atlas / file).unlink()


async def press_on(person: Person, incident: Json) -> None:
    """Press what is offered until it is done: Run where the click was lost, Retry where nothing was started."""

    async def done() -> bool:
        if "is done" in words(person.thread(incident)[-1]):
            return True
        for step in person.thread(incident):
            for button in {"Run", "Retry"}.intersection(buttons(step)):
                await person.press(button, on=STEP)
        return False

    await until(done, 20, every=0.5)


async def test_a_click_that_the_dead_bot_never_took_reaches_the_next_one_and_counts_once(world, alex):
    await world.lab.crash("web1")
    incident = await alex.sees("web1 down")
    await alex.press("Start: Take notes")
    run = await alex.look_for("Run", on=STEP)

    world.bot.send(signal.SIGSTOP)
    assert await alex.tries_to_press(run) == "operation_timeout"
    await world.kill_bot()
    (world.atlas / "enough").touch()
    await world.start_bot()
    await alex.sees_in(incident, "“Take notes” is done")
    assert world.notes() == ["begun", "ended"]
    await alex.press_again(run)
    assert await alex.is_told("the run is done", "Nothing was changed")


async def test_told_to_stop_the_bot_ends_at_once_also_in_the_middle_of_a_step(world, alex):
    await world.lab.crash("web1")
    await alex.press("Start: Take notes")
    await alex.press("Run", on=STEP)
    await until(lambda: world.notes() == ["begun"])

    assert await seconds_to_stop(world.bot) < IN_TIME
    assert "Traceback" not in world.bot.log.read_text()
    await world.start_bot()
    await alex.sees(STEP, "failed", "stopped")


async def test_without_a_network_the_bot_starts_looks_and_stops_when_told(world, alex):
    """It boots after a power cut, before the router does."""
    await world.kill_bot()
    nobody = tokens(world.box) | {"SLACK_API_URL": "http://127.0.0.1:9/api/"}
    alone = Bot(world.bot.config, nobody)
    alone.start()
    try:
        await until(lambda: "Connect call failed" in alone.log.read_text(), 10)
        await world.lab.crash("web1")
        assert await seconds_to_stop(alone) < IN_TIME
        assert "Traceback" not in alone.log.read_text()
    finally:
        await alone.close()
    await world.start_bot()
    await alex.sees("web1 down", "Crashed")


async def seconds_to_stop(bot: Bot) -> float:
    """How long a bot takes to end when it is told to; it must end well."""
    began = time.monotonic()
    bot.send(signal.SIGTERM)
    assert await bot.ended() == 0
    return time.monotonic() - began
