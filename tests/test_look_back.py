"""A power failure while the bot was off is told from what has booted, whatever becomes of the clock meanwhile."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.core.health import INSIDE, CheckName, Fingerprint, Health, Observation, TargetId
from bot.core.incidents.situation import Gap
from bot.core.kinds import Kind
from bot.monitoring.host_boots import HostBoots
from bot.monitoring.own_boot import OwnBoot
from bot.rounds.look_back import LookBack, Reboots
from bot.sightings import alive, begin, believe
from bot.store.writer import Writer
from bot.usecases.clock_steps import clock_stepped
from tests.core.labs import ATLAS, RACK, VAULT
from tests.kept_lab import START, config

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Bot:
    """A bot that was cut off, whose clock is set; its jobs take their turn when the test says so."""

    def __init__(self) -> None:
        self.now = START
        self.writer = Writer(lambda: self.now)
        self.boots = HostBoots()
        self.jobs: dict[str, Callable[[], Awaitable[None]]] = {}
        self.looking = LookBack(config(), self.writer, self, lambda: self.now, self.boots.latest)

    def every(self, name: str, _every: timedelta, job: Callable[[], Awaitable[None]]) -> None:
        self.jobs[name] = job

    def cancel(self, name: str) -> None:
        del self.jobs[name]

    async def starts(self, *, booted: timedelta) -> None:
        """After its machine has, so long ago."""
        beginning = await self.writer.do(begin, config(), "new")
        self.looking.begin(beginning, OwnBoot("new", self.now - booted))

    async def looks(self) -> None:
        for job in list(self.jobs.values()):
            await job()

    async def sets_its_clock(self, step: timedelta) -> None:
        self.now += step
        await self.writer.do(clock_stepped, config(), step)
        self.boots.shift(step)
        self.looking.shift(step)

    def hears(self, host: TargetId, *, booted: timedelta) -> None:
        self.boots.note(inside(host, "new", self, booted))

    async def found(self) -> list[Kind]:
        return [one.kind for one in await self.writer.do(lambda store, _now: store.incidents.live())]


def inside(host: TargetId, boot: str, bot: Bot, booted: timedelta) -> Observation:
    facts = {"boot_id": f"{host} {boot}", "booted": (bot.now - booted).isoformat()}
    return Observation(Fingerprint(INSIDE, host), Health.OK, bot.now, "its own system answers", facts=facts)


@pytest.fixture
async def bot(tmp_path):
    """It has looked into two hosts, and was cut off a moment later."""
    bot = Bot()
    await bot.writer.open(tmp_path / "caretaker.db")
    await bot.writer.do(begin, config(), "old")
    seen = [inside(host, "old", bot, HOUR) for host in (ATLAS, VAULT)]
    await bot.writer.do(believe, config(), seen, None)
    bot.now += SECOND
    await bot.writer.do(alive)
    yield bot
    await bot.writer.close()


@pytest.mark.parametrize("step", [-3 * HOUR, -2 * MINUTE, 10 * SECOND, 3 * HOUR])
@pytest.mark.parametrize("told_before", [0, 1, 2])
async def test_a_step_of_the_clock_while_it_waits_for_the_hosts_hides_no_power_failure(bot, step, told_before):
    bot.now += 20 * MINUTE
    await bot.starts(booted=40 * SECOND)
    hosts = [(ATLAS, 3 * MINUTE), (VAULT, 2 * MINUTE)]
    for host, booted in hosts[:told_before]:
        bot.hears(host, booted=booted)
    await bot.sets_its_clock(step)
    if told_before < 2:
        await bot.looks()
        assert await bot.found() == [], "it waits for the others"
    for host, booted in hosts[told_before:]:
        bot.hears(host, booted=booted)
    await bot.looks()
    assert await bot.found() == [Kind.POWER_LOSS]
    assert bot.jobs == {}


@pytest.mark.parametrize("ahead", [20 * MINUTE, 30 * SECOND, timedelta(0), -5 * MINUTE])
@pytest.mark.parametrize("booted", [45 * SECOND, 90 * SECOND, 150 * SECOND])
async def test_no_clock_of_a_machine_without_a_battery_hides_a_power_failure(bot, ahead, booted):
    """It was off for twenty minutes; its clock goes on from about where it stood, or from long before."""
    bot.now += ahead
    await bot.starts(booted=booted)
    for host, later in ((ATLAS, 20 * SECOND), (VAULT, 35 * SECOND)):
        bot.hears(host, booted=booted - later)
    await bot.looks()
    assert await bot.found() == [Kind.POWER_LOSS]


async def test_hosts_that_run_as_before_are_no_power_failure(bot):
    bot.now -= 5 * MINUTE
    await bot.starts(booted=90 * SECOND)
    for host in (ATLAS, VAULT):
        bot.boots.note(inside(host, "old", bot, HOUR))
    await bot.looks()
    assert await bot.found() == []


@pytest.mark.parametrize("stopped", [True, False])
async def test_what_booted_while_the_process_was_stopped_was_not_seen_on_line(bot, stopped):
    """Its UPS is on line before and after, as far as it was looked at."""
    ups = Observation(Fingerprint(CheckName("ups"), RACK), Health.OK, bot.now, "on line")
    await bot.writer.do(believe, config(), [ups], None)
    for host in (ATLAS, VAULT):
        bot.boots.note(inside(host, "old", bot, HOUR))
    since, bot.now = bot.now + SECOND, bot.now + 3 * MINUTE
    if stopped:
        bot.boots.blind = Gap(since, bot.now, "My own process was stopped")
    for host in (ATLAS, VAULT):
        bot.boots.note(inside(host, f"new of {host}", bot, MINUTE))
    bot.now += 5 * MINUTE
    await Reboots(config(), bot.writer, lambda: bot.now, bot.boots).look()
    assert await bot.found() == ([Kind.POWER_LOSS] if stopped else [])
