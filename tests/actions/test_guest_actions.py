"""What a `lab` fence does to one guest, on libvirt's test hypervisor."""

import asyncio
import time

import libvirt
import pytest

from bot.actions import Outcome, discover
from bot.core.lab import Effect, LabVerb
from bot.hypervisor import GuestRefused, Hypervisor
from tests.actions.lines import Shown, context, run
from tests.guests import URI
from tests.waiting import IN_TIME, until


def runs(guests, name) -> bool:
    return bool(guests.domain(name).isActive())


def test_every_verb_is_a_file_of_its_own() -> None:
    assert sorted(discover()) == [
        "all proven",
        "healthy",
        "is off",
        "is open",
        "is running",
        "not healthy",
        "power off",
        "resume",
        "screenshot",
        "shut down",
        "start",
        "start unproven",
        "uses disk",
    ]
    assert discover()["shut down"].verb == LabVerb("shut down", ("guest",), ("patience",), Effect.STOPS)


def test_every_verb_says_what_it_does_to_its_machine() -> None:
    changing = {name: action.verb.effect for name, action in discover().items()}
    assert {name: effect for name, effect in changing.items() if effect is not Effect.LOOKS} == {
        "power off": Effect.STOPS,
        "resume": Effect.STARTS,
        "shut down": Effect.STOPS,
        "start": Effect.STARTS,
        "start unproven": Effect.STARTS,
    }


async def test_start_starts_a_guest_and_is_content_with_one_that_runs(guests, hypervisor) -> None:
    assert await run("start db1", context(hypervisor)) == Outcome(ok=True, text="db1 was started")
    assert runs(guests, "db1")
    assert await run("start db1", context(hypervisor)) == Outcome(ok=True, text="db1 runs already")


async def test_power_off_pulls_the_plug_once(guests, hypervisor) -> None:
    assert await run("power off web1", context(hypervisor)) == Outcome(ok=True, text="web1 was powered off")
    assert guests.domain("web1").state()[1] == libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED
    assert await run("power off web1", context(hypervisor)) == Outcome(ok=True, text="web1 is off already")


async def test_resume_lets_a_paused_guest_go_on(guests, hypervisor) -> None:
    guests.domain("web1").suspend()
    assert await run("resume web1", context(hypervisor)) == Outcome(ok=True, text="web1 goes on")
    assert guests.domain("web1").state()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert await run("resume web1", context(hypervisor)) == Outcome(ok=True, text="web1 runs already")


async def test_resume_of_a_guest_that_is_off_is_refused(hypervisor) -> None:
    with pytest.raises(GuestRefused, match="cannot resume 'db1' on atlas: because"):
        await run("resume db1", context(hypervisor))


async def test_shut_down_waits_until_it_is_off(guests, hypervisor) -> None:
    assert await run("shut down web1", context(hypervisor)) == Outcome(ok=True, text="web1 is off")
    assert guests.domain("web1").state()[1] == libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN
    assert await run("shut down web1", context(hypervisor)) == Outcome(ok=True, text="web1 is off already")


class Deaf(Hypervisor):
    """Its guests do not listen when they are asked to shut down."""

    async def shut_down(self, uuid: str) -> None:
        """The guest hears of it, and goes on."""


async def test_a_guest_that_does_not_listen_is_left_running(guests) -> None:
    hypervisor = Deaf("atlas", URI, on_event=lambda _: None)
    began = time.monotonic()
    done = await run('shut down web1 patience="1 second"', context(hypervisor))
    assert done == Outcome(ok=False, text="web1 was asked to shut down, but still runs after 1 s")
    assert time.monotonic() - began < IN_TIME
    assert runs(guests, "web1")
    await hypervisor.close()


async def test_a_guest_that_takes_its_time_is_waited_for(guests) -> None:
    hypervisor = Deaf("atlas", URI, on_event=lambda _: None)
    running = asyncio.create_task(run("shut down web1", context(hypervisor)))
    await until(lambda: hypervisor.connected)
    guests.domain("web1").shutdown()
    assert (await running).ok
    await hypervisor.close()


async def test_a_patience_nobody_understands_asks_nothing_of_the_guest(guests, hypervisor) -> None:
    done = await run("shut down web1 patience=long", context(hypervisor))
    assert done == Outcome(ok=False, text="cannot use patience='long': because a time is written `5 minutes`")
    assert runs(guests, "web1")


async def test_a_screenshot_goes_into_the_thread(hypervisor) -> None:
    shown = Shown()
    done = await run("screenshot web1", context(hypervisor, shown=shown))
    assert done == Outcome(ok=True, text="the screen of web1 is in the thread")
    assert shown == [("web1-screen", "The screen of web1", b"\x89PNG")]


async def test_healthy_asks_whoever_looks(hypervisor) -> None:
    assert await run("healthy web1", context(hypervisor)) == Outcome(ok=True, text="looked at web1")
    assert not (await run("healthy atlas", context(hypervisor))).ok


@pytest.mark.parametrize("line", ["start nope", "power off nope", "resume nope", "shut down nope"])
async def test_a_guest_that_is_not_there_is_refused_by_name(hypervisor, line) -> None:
    with pytest.raises(GuestRefused, match="'nope' on atlas: because there is no such guest any more"):
        await run(line, context(hypervisor))


async def test_all_proven_asks_of_the_incident_that_is_named(hypervisor) -> None:
    assert await run("all proven 7", context(hypervisor)) == Outcome(ok=True, text="asked of incident 7")
    assert not (await run("all proven 9", context(hypervisor))).ok


async def test_start_unproven_starts_the_guests_that_are_off_and_nothing_else(guests, hypervisor) -> None:
    guests.add("spare", start=False)
    guests.domain("web1").suspend()
    waiting = {"db1": True, "web1": True, "atlas": False}
    assert await run("start unproven 7", context(hypervisor, unproven=waiting)) == Outcome(
        ok=True, text="started: db1"
    )
    assert runs(guests, "db1")
    assert not runs(guests, "spare")
    assert guests.domain("web1").state()[0] == libvirt.VIR_DOMAIN_PAUSED
    assert (await run("start unproven 7", context(hypervisor, unproven=waiting))).text == "none of them was off"


async def test_one_guest_that_cant_be_started_keeps_no_other_from_it(guests, hypervisor) -> None:
    waiting = {"aaa": True, "db1": True}
    done = await run("start unproven 7", context(hypervisor, unproven=waiting))
    assert not done.ok
    assert done.text == "started: db1; cannot find 'aaa' on atlas: because there is no such guest any more"
    assert runs(guests, "db1")
