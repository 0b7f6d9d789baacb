"""The clock, and what becomes of all that is planned when the system's is set: by libfaketime, in a process."""

import asyncio
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median

import pytest

from bot.clock import Clock
from bot.store import Store
from tests.waiting import until

ROOT = Path(__file__).parent.parent
LIBFAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
STEPS = (-3600, 3600, 20 * 365 * 86_400)
ENOUGH = 6  # runs of the job that runs twice a second
SOON = 8  # half seconds that the process gets to run: a step is noticed within a second
A_WHILE = 60  # seconds that all of it may take on a busy machine; each step is longer by far

needs_libfaketime = pytest.mark.skipif(LIBFAKETIME is None, reason="libfaketime is not installed")


def test_the_clock_tells_the_systems_time_aware_and_in_utc():
    now = Clock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=1)


def test_the_clock_goes_on_and_follows_nothing_when_nothing_was_set():
    clock = Clock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)
    assert times[0] < times[-1]
    assert clock.follow() is None


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a job: by a clock that nobody sets, and by the one that is."""

    job: str
    at: float
    wall: float


@dataclass(slots=True)
class Process:
    """A bot whose clock is set by `step` seconds. `moment`: when that was, by a clock that nobody sets."""

    folder: Path
    step: int
    moment: float = 0
    ran: list[Ran] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.folder / "bot.db"

    def times(self, job: str) -> list[float]:
        return [one.at for one in self.ran if one.job == job]

    def since(self, job: str) -> list[float]:
        return [at for at in self.times(job) if at > self.moment]

    def longest_wait(self) -> int:
        """For how many half seconds that the process got to run the job that runs twice a second did not."""
        turns = [one.job for one in self.ran if one.job in ("often", "tick")]
        return max(len(list(turn)) for job, turn in groupby(turns) if job == "tick")

    def journal(self) -> list[str]:
        store = Store(self.database, read_only=True)
        lines = [text for _, text in store.alive.journal(10)]
        store.close()
        return lines

    def set_clock(self, seconds: int) -> None:
        fresh = self.folder / "fresh"
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self.folder / "clock")
        self.moment = time.monotonic()

    async def read(self, output: asyncio.StreamReader) -> None:
        async for line in output:
            job, at, wall = line.decode().split()
            self.ran.append(Ran(job, float(at), float(wall)))

    async def live(self) -> "Process":
        """Run for a while, have the clock set, and run for another while."""
        self.set_clock(0)
        env = os.environ | {
            "LD_PRELOAD": str(LIBFAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # what later versions call it
        }
        command = (sys.executable, "-m", "tests.stepped_process", str(self.database))
        child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE)
        reading = asyncio.create_task(self.read(child.stdout))
        try:
            await until(lambda: len(self.times("often")) >= 3, A_WHILE)
            self.set_clock(self.step)
            with suppress(AssertionError):  # the tests say what is missing
                await until(lambda: len(self.since("often")) >= ENOUGH and self.journal(), A_WHILE)
        finally:
            child.kill()
            await child.wait()
            await reading
        return self


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Process]:
    """What became of three bots, one for each step, side by side: they mostly wait."""

    async def live() -> list[Process]:
        return await asyncio.gather(*(Process(tmp_path_factory.mktemp("bot"), step).live() for step in STEPS))

    return {one.step: one for one in asyncio.run(live())}


each_step = pytest.mark.parametrize("step", STEPS, ids=["an hour back", "an hour on", "twenty years on"])


@pytest.mark.slow
@needs_libfaketime
@each_step
def test_when_the_clock_is_set_jobs_go_on_and_none_is_run_twice(lives, step):
    bot = lives[step]
    assert bot.longest_wait() <= SOON
    often = bot.since("often")
    assert len(often) >= ENOUGH
    assert len(often) <= (often[-1] - bot.moment) / 0.5 + 2
    assert len(bot.since("seldom")) == 1


@pytest.mark.slow
@needs_libfaketime
@each_step
def test_when_the_clock_is_set_that_is_followed_and_on_record(lives, step):
    bot = lives[step]
    first, last = bot.ran[0], bot.ran[-1]
    assert abs(last.wall - first.wall - (last.at - first.at) - step) < A_WHILE, "the clock was not set at all"
    [said] = [line for line in bot.journal() if line.startswith("The clock was set by ")]
    assert abs(int(said.split()[-2]) - step) < A_WHILE


@pytest.mark.slow
@needs_libfaketime
@each_step
def test_after_the_clock_was_set_jobs_of_one_interval_are_still_due_together(lives, step):
    often, again = lives[step].since("often"), lives[step].since("again")
    assert median(min(abs(one - other) for other in again) for one in often) < 0.25


@pytest.mark.slow
@needs_libfaketime
@each_step
def test_when_the_clock_is_set_what_was_planned_is_as_far_off_as_before(lives, step):
    store = Store(lives[step].database)
    planned = datetime.fromtimestamp(lives[step].ran[0].wall + step, UTC)
    near, ten_minutes = timedelta(seconds=2 * A_WHILE), timedelta(minutes=10)
    [waiting] = [one for one in store.outbox.waiting() if one.parcel.subject == "incident:2"]
    [silence] = store.silences.in_force(planned)
    [incident] = store.incidents.live()
    assert abs(waiting.due_at - planned - ten_minutes) < near
    assert abs(silence.until - planned - ten_minutes) < near
    assert abs(incident.recovering_since - planned) < near
    assert abs(incident.progress_at - planned) < near
    assert abs(store.alive.last().at - planned) < near
    store.close()
