"""Whoever is about to act, or to take a person's word, is given no answer to an earlier question."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Event

import pytest

from bot.core.guest import Power
from bot.core.health import guest_id
from bot.core.placements import Found
from bot.hypervisor import Hypervisor
from bot.hypervisor.link import Link
from bot.hypervisor.machine import Machine
from bot.hypervisor.obstacles import ConnectionLost
from bot.hypervisor.search import search
from bot.names import Names
from tests.guests import URI, Guests, owned_guests, uuid

SOON = timedelta(seconds=0.1)
LONG = timedelta(seconds=10)
STATES = "list the guests' states"


@pytest.fixture
def guests():
    with owned_guests() as guests:
        yield guests


@asynccontextmanager
async def slow(link: Link, look: Callable):
    """A question that was looked at already, and whose answer is long on its way; comes once it is let go."""
    seen, gate = asyncio.Event(), Event()
    loop = asyncio.get_running_loop()

    def job(connection):
        told = look(connection)
        loop.call_soon_threadsafe(seen.set)
        gate.wait(20)
        return told

    await link.call(lambda _connection: None, LONG)
    with pytest.raises(ConnectionLost):
        await link.ask(STATES, job, SOON)
    await seen.wait()
    try:
        yield gate
    finally:
        gate.set()


@pytest.mark.parametrize(("of_now", "answer"), [(False, 1), (True, 2)])
async def test_an_answer_on_its_way_is_for_whoever_does_not_mind_that_it_is_old(of_now, answer) -> None:
    link, looks = Link("atlas", "test:///default", Names()), count(1)

    def look(_connection) -> int:
        return next(looks)

    async with slow(link, look) as gate:
        since = time.monotonic() if of_now else -math.inf
        asyncio.get_running_loop().call_later(0.1, gate.set)
        assert await link.ask(STATES, look, LONG, since=since) == answer
    await link.close(LONG)


async def test_however_often_it_is_asked_for_what_is_now_one_question_waits_for_its_turn() -> None:
    link, looks = Link("atlas", "test:///default", Names()), count(1)

    def look(_connection) -> int:
        return next(looks)

    async with slow(link, look) as gate:
        for _ in range(5):
            with pytest.raises(ConnectionLost):
                await link.ask(STATES, look, SOON, since=time.monotonic())
        gate.set()
        await link.call(lambda _connection: None, LONG)
    assert next(looks) == 3
    await link.close(LONG)


async def test_a_machine_is_looked_at_when_it_is_asked_for(guests: Guests) -> None:
    guests.add("web1", start=False)
    hypervisor = Hypervisor("atlas", URI, on_event=lambda _: None)
    web1 = Machine("web1", uuid("web1"), hypervisor)
    there = replace(web1, others=[hypervisor])
    assert await web1.power() is Power.OFF
    old = await hypervisor.states()
    async with slow(hypervisor._all, lambda _connection: old) as gate:
        guests.domain("web1").create()
        asyncio.get_running_loop().call_later(0.1, gate.set)
        assert await web1.power() is Power.RUNNING
    async with slow(hypervisor._all, lambda _connection: old) as gate:
        asyncio.get_running_loop().call_later(0.1, gate.set)
        assert "it is running on atlas" in (await there.active_elsewhere() or "")
    await hypervisor.close()


async def test_a_search_finds_where_guests_are_now_and_names_who_could_not_be_asked(guests: Guests) -> None:
    guests.add("web1", start=False)
    atlas = Hypervisor("atlas", URI, on_event=lambda _: None)
    away = Hypervisor("borea", "test:///nowhere/node.xml", on_event=lambda _: None)
    web1, db1 = guest_id(uuid("web1")), guest_id(uuid("db1"))
    assert await search([atlas, away], [web1, db1]) == Found({web1: "atlas"}, ("borea",))
    assert await search([atlas], [web1, db1]) == Found({web1: "atlas"}, ())
    old = await atlas.states()
    async with slow(atlas._all, lambda _connection: old) as gate:
        guests.add("db1", start=False)
        asyncio.get_running_loop().call_later(0.1, gate.set)
        assert await search([atlas], [db1]) == Found({db1: "atlas"}, ())
    for hypervisor in (atlas, away):
        await hypervisor.close()
