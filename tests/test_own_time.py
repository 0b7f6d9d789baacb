"""What befalls the bot's own process and clock gets on record, also where that can't be written at once."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.core.health import Target, TargetId
from bot.core.mute import Silence
from bot.rounds.own_time import OwnTime
from bot.store.writer import Writer
from tests.core.labs import NOON
from tests.kept_lab import config
from tests.waiting import until

WEB1, HOUR = TargetId("guest:web1"), timedelta(hours=1)


class Machine:
    """A system whose clock is set, and which stops the bot: each is noticed once."""

    def __init__(self) -> None:
        self.now = NOON
        self.stopped: list[timedelta] = []
        self.set_by: list[timedelta] = []
        self.shifted: list[timedelta] = []
        self.missed: list[str] = []

    def sets_its_clock(self, step: timedelta) -> None:
        self.now += step
        self.set_by.append(step)

    def own_time(self, writer: Writer) -> OwnTime:
        return OwnTime(
            config(),
            writer,
            lambda: self.now,
            tick=lambda: self.stopped.pop() if self.stopped else None,
            follow=lambda: self.set_by.pop() if self.set_by else None,
            shift=self.shifted.append,
            missed=lambda gap, told: self.missed.append(f"{gap}{'' if told else ', untold'}"),
        )


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def writer(tmp_path, machine):
    """Of a lab in which web1 is silenced for an hour; its clock is followed."""
    writer = Writer(lambda: machine.now)
    await writer.open(tmp_path / "caretaker.db")
    silence = Silence(WEB1, NOON, NOON + HOUR, "U0ALEX", "it is being moved")
    await writer.do(lambda store, now: store.alive.start(now))
    await writer.do(lambda store, now: store.targets.keep([Target(WEB1, name="web1")], now))
    await writer.do(lambda store, _now: store.silences.add(silence))
    following = asyncio.create_task(machine.own_time(writer).run())
    yield writer
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await writer.close()


async def can_be_written(writer: Writer, how: str) -> None:
    await writer.do(lambda store, _now: store._db.execute(f"PRAGMA query_only = {how}") and None)


async def silent_until(writer: Writer):
    return await writer.do(lambda store, _now: max(one.until for one in store.silences.in_force(NOON - 9 * HOUR)))


async def test_what_is_planned_shifts_with_the_clock_once_that_can_be_written(writer, machine, caplog):
    await can_be_written(writer, "on")
    machine.sets_its_clock(-3 * HOUR)
    await until(lambda: "cannot note yet what befell this process" in caplog.text)
    machine.sets_its_clock(HOUR)
    await until(lambda: len(machine.shifted) == 2)
    assert await silent_until(writer) == NOON + HOUR
    await can_be_written(writer, "off")

    async def shifted() -> bool:
        return await silent_until(writer) == NOON - HOUR

    await until(shifted)
    assert machine.shifted == [-3 * HOUR, HOUR]


async def test_a_stop_that_could_not_be_written_is_on_record_later_with_its_own_time(writer, machine, caplog):
    await can_be_written(writer, "on")
    machine.stopped.append(HOUR)
    await until(lambda: "cannot note yet what befell this process" in caplog.text)
    machine.now += 5 * HOUR
    assert machine.missed == []
    await can_be_written(writer, "off")
    await until(lambda: machine.missed)
    assert machine.missed == ["My own process was stopped 11:00–12:00 UTC"]


async def test_after_a_short_stop_all_is_looked_at_anew_too_though_nobody_is_told(writer, machine):
    machine.stopped.append(timedelta(seconds=10))
    await until(lambda: machine.missed)
    assert machine.missed == ["My own process was stopped 11:59–12:00 UTC, untold"]


async def test_each_stop_and_each_step_of_the_clock_makes_old_what_began_before(writer, machine):
    own_time = machine.own_time(writer)
    assert await own_time.befell() == 0
    machine.stopped.append(HOUR)
    assert await own_time.befell() == 1
    machine.sets_its_clock(HOUR)
    assert await own_time.befell() == await own_time.befell() == 2


async def test_what_has_to_know_of_a_stop_at_once_need_not_wait_for_a_second(writer, machine):
    machine.stopped.append(HOUR)
    await machine.own_time(writer).catch_up()
    assert machine.missed == ["My own process was stopped 11:00–12:00 UTC"]
