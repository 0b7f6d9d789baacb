"""The clock, and what becomes of all that is planned when the system's is set: by libfaketime, in a process."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.store import Store
from tests.waiting import until

ROOT = Path(__file__).parent.parent
LIBFAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
HOUR, YEARS = 3600, 20 * 365 * 86_400

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
    """A bot whose clock can be set."""

    database: Path
    setting: Path
    ran: list[Ran] = field(default_factory=list)

    def set_clock(self, seconds: int) -> float:
        """Set its clock by so much against the real time; when that was, by a clock that nobody sets."""
        fresh = self.setting.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self.setting)
        return time.monotonic()

    def times(self, job: str) -> list[float]:
        return [one.at for one in self.ran if one.job == job]

    def since(self, moment: float, job: str) -> list[float]:
        return [at for at in self.times(job) if at > moment]

    def journal(self) -> list[str]:
        store = Store(self.database, read_only=True)
        lines = [text for _, text in store.alive.journal(10)]
        store.close()
        return lines

    async def read(self, output: asyncio.StreamReader) -> None:
        async for line in output:
            job, at, wall = line.decode().split()
            self.ran.append(Ran(job, float(at), float(wall)))


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[Process]:
    process = Process(folder / "bot.db", folder / "clock")
    process.set_clock(0)
    env = os.environ | {
        "LD_PRELOAD": str(LIBFAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(process.setting),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # what later versions call it
    }
    command = (sys.executable, "-m", "tests.stepped_process", str(process.database))
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE)
    reading = asyncio.create_task(process.read(child.stdout))
    try:
        await until(lambda: len(process.times("often")) >= 3, 30)
        yield process
    finally:
        child.kill()
        await child.wait()
        await reading


def longest_pause(times: list[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(times))


@pytest.mark.slow
@needs_libfaketime
@pytest.mark.parametrize("step", [-HOUR, HOUR, YEARS], ids=["an hour back", "an hour on", "twenty years on"])
async def test_when_the_clock_is_set_jobs_go_on_and_none_is_run_twice(tmp_path, step):
    async with process(tmp_path) as bot:
        moment = bot.set_clock(step)
        await until(lambda: len(bot.since(moment, "often")) >= 6, 10)
        await until(lambda: bot.journal() == [f"The clock was set by {step:+.0f} s."])
        assert abs(bot.ran[-1].wall - time.time() - step) < 5, "the clock was not set at all"
        assert longest_pause(bot.times("often")) < 2.5
        later = bot.since(moment, "often")
        assert len(later) <= (later[-1] - moment) / 0.5 + 2
        assert len(bot.since(moment, "seldom")) == 1


@pytest.mark.slow
@needs_libfaketime
async def test_jobs_of_one_interval_are_still_due_together_after_the_clock_was_set(tmp_path):
    async with process(tmp_path) as bot:
        moment = bot.set_clock(-HOUR)
        await until(lambda: len(bot.since(moment, "again")) >= 5, 10)
        pairs = zip(bot.since(moment, "often"), bot.since(moment, "again"), strict=False)
        assert all(abs(one - other) < 0.2 for one, other in list(pairs)[-3:])


@pytest.mark.slow
@needs_libfaketime
@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["an hour back", "an hour on"])
async def test_when_the_clock_is_set_what_was_planned_is_as_far_off_as_before(tmp_path, step):
    async with process(tmp_path) as bot:
        bot.set_clock(step)
        await until(bot.journal, 10)
    store = Store(tmp_path / "bot.db")
    planned = datetime.fromtimestamp(bot.ran[0].wall + step, UTC)
    near = timedelta(seconds=10)
    ten_minutes = timedelta(minutes=10)
    [waiting] = store.outbox.waiting()
    [silence] = store.targets.silences(planned)
    [incident] = store.incidents.live()
    assert abs(waiting.due_at - planned - ten_minutes) < near
    assert abs(silence.until - planned - ten_minutes) < near
    assert abs(incident.recovering_since - planned) < near
    assert abs(incident.progress_at - planned) < near
    assert abs(store.alive.last().at - planned) < near
    store.close()
