"""When jobs run: in slots, together, late once, never beside themselves. Clock steps are test_clock.py's."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.scheduler import SLOT, Job, Scheduler, _EverySlots
from tests.waiting import until

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SOON = timedelta(seconds=0.1)
AN_HOUR = timedelta(hours=1)


class Jobs:
    """A scheduler, when its jobs ran, and which failed."""

    def __init__(self) -> None:
        self.ran: dict[str, list[float]] = {}
        self.failed: list[tuple[str, str]] = []
        self.scheduler = Scheduler(lambda name, why: self.failed.append((name, str(why))))

    def noting(self, name: str) -> Job:
        async def run() -> None:
            self.ran.setdefault(name, []).append(time.monotonic())

        return run

    def every(self, name: str, interval: timedelta, *, at_once: bool = False) -> None:
        self.scheduler.every(name, interval, self.noting(name), at_once=at_once)

    def times(self, name: str) -> list[float]:
        return self.ran.get(name, [])

    async def runs(self, name: str, times: int) -> list[float]:
        return (await until(lambda: len(self.times(name)) >= times and self.times(name)))[:times]


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    jobs = Jobs()
    jobs.scheduler.start()
    yield jobs
    jobs.scheduler.stop()


def keep_the_loop_busy(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass


async def test_jobs_of_one_interval_run_together_whenever_they_were_added(jobs):
    jobs.every("one", SLOT, at_once=True)
    await jobs.runs("one", 1)
    await asyncio.sleep(0.13)
    jobs.every("other", SLOT, at_once=True)
    await jobs.runs("other", 3)
    together = [min(abs(at - one) for one in jobs.times("one")) for at in jobs.times("other")[1:]]
    assert max(together) < 0.2


async def test_a_job_runs_at_once_or_after_its_first_interval(jobs):
    begun = time.monotonic()
    jobs.every("at once", AN_HOUR, at_once=True)
    jobs.every("later", 2 * SLOT)
    [first] = await jobs.runs("at once", 1)
    [later] = await jobs.runs("later", 1)
    assert first - begun < 0.4
    assert later - begun >= 0.99


async def test_jobs_added_before_the_start_run_after_it():
    jobs = Jobs()
    jobs.every("early", AN_HOUR, at_once=True)
    jobs.scheduler.hasten("early", AN_HOUR)
    assert not jobs.times("early")
    jobs.scheduler.start()
    await jobs.runs("early", 1)
    jobs.scheduler.stop()


@pytest.mark.slow
async def test_what_was_missed_while_the_loop_was_busy_is_one_run(jobs):
    jobs.every("often", SOON)
    await jobs.runs("often", 2)
    keep_the_loop_busy(1.0)
    before = len(jobs.times("often"))
    await asyncio.sleep(0)
    free = time.monotonic()
    await jobs.runs("often", before + 3)
    assert len([at for at in jobs.times("often") if at < free + 0.08]) <= before + 1


async def test_a_job_that_is_still_busy_is_not_started_again(jobs):
    running, most = 0, 0

    async def slow() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.25)
        running -= 1
        jobs.ran.setdefault("slow", []).append(time.monotonic())

    jobs.scheduler.every("slow", SOON, slow)
    await jobs.runs("slow", 2)
    assert most == 1


async def test_hastening_brings_a_job_forward_and_never_puts_it_off(jobs):
    jobs.every("seldom", AN_HOUR)
    asked = time.monotonic()
    jobs.scheduler.hasten("seldom", timedelta(seconds=0.2))
    jobs.scheduler.hasten("seldom", AN_HOUR / 2)
    [at] = await jobs.runs("seldom", 1)
    assert 0.19 <= at - asked <= 0.2 + SLOT.total_seconds() + 0.3
    asked = time.monotonic()
    jobs.scheduler.hasten("seldom", timedelta(0))
    [_, at] = await jobs.runs("seldom", 2)
    assert at - asked < 0.4


async def test_a_job_may_hasten_itself_as_a_check_in_doubt_does(jobs):
    async def look() -> None:
        await jobs.noting("check")()
        if len(jobs.times("check")) < 3:
            jobs.scheduler.hasten("check", SOON)

    jobs.scheduler.every("check", AN_HOUR, look, at_once=True)
    first, _, third = await jobs.runs("check", 3)
    assert third - first < 3


async def test_a_job_of_a_name_that_is_not_there_is_neither_hastened_nor_cancelled(jobs):
    jobs.scheduler.hasten("nobody", timedelta(0))
    jobs.scheduler.cancel("nobody")


async def test_a_job_of_the_same_name_takes_the_place_of_the_earlier(jobs):
    jobs.every("check", SOON)
    jobs.scheduler.every("check", SOON, jobs.noting("new"))
    await jobs.runs("new", 2)
    assert not jobs.times("check")
    jobs.scheduler.cancel("check")
    ran = len(jobs.times("new"))
    await asyncio.sleep(0.3)
    assert len(jobs.times("new")) <= ran + 1


async def test_a_job_that_raises_is_told_and_runs_again(jobs):
    async def fail() -> None:
        raise ValueError("no such host")

    jobs.scheduler.every("check", SOON, fail)
    await until(lambda: len(jobs.failed) >= 2)
    assert jobs.failed[0] == ("check", "no such host")


async def test_nothing_is_started_after_the_stop(jobs):
    jobs.every("often", SOON)
    await jobs.runs("often", 1)
    jobs.scheduler.stop()
    jobs.scheduler.stop()
    ran = len(jobs.times("often"))
    await asyncio.sleep(0.3)
    assert len(jobs.times("often")) <= ran + 1


async def test_what_runs_at_the_stop_is_called_off_and_can_clean_up_first(jobs):
    done = []

    async def work() -> None:
        done.append("began")
        try:
            await asyncio.sleep(600)
        finally:
            await asyncio.sleep(0.05)
            done.append("cleaned up")

    jobs.scheduler.every("work", SOON, work, at_once=True)
    await until(lambda: done)
    jobs.scheduler.stop()
    await jobs.scheduler.ended()
    assert done == ["began", "cleaned up"]


@pytest.mark.parametrize("interval", [SLOT, SECOND, 30 * SECOND, AN_HOUR])
def test_the_next_slot_is_exactly_an_interval_after_the_last(interval):
    trigger = _EverySlots(interval)
    due = trigger.slot_after(NOW)
    for _ in range(100):
        assert trigger.get_next_fire_time(due, due) == due + interval
        due += interval


@pytest.mark.parametrize("missed", [SECOND, AN_HOUR, timedelta(days=20 * 365)])
def test_of_what_was_missed_nothing_is_made_up_for(missed):
    trigger = _EverySlots(30 * SECOND)
    last = trigger.slot_before(NOW)
    now = last + 30 * SECOND + missed
    due = trigger.get_next_fire_time(last, now)
    assert now + 30 * SECOND <= due < now + 30 * SECOND + SLOT


def test_an_interval_shorter_than_a_slot_is_kept():
    trigger = _EverySlots(SOON)
    first = trigger.slot_after(NOW)
    assert trigger.get_next_fire_time(first, first) == first + SOON


async def test_a_job_hastened_while_it_is_busy_runs_once_more_when_it_has_ended(jobs):
    began, ended, go_on = [], [], asyncio.Event()

    async def look() -> None:
        began.append(time.monotonic())
        await go_on.wait()
        ended.append(time.monotonic())

    jobs.scheduler.every("look", AN_HOUR, look, at_once=True)
    await until(lambda: began)
    for _ in range(3):
        jobs.scheduler.hasten("look", timedelta(0))  # what it looks at changed after it has looked
    assert len(began) == 1
    go_on.set()
    await until(lambda: len(ended) == 2)
    assert began[1] >= ended[0]
    await asyncio.sleep(2 * SLOT.total_seconds())
    assert len(began) == 2, "three times asked is once more"
