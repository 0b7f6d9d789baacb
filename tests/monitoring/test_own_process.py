"""The bot's own process, by a clock that the test moves."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import Health
from bot.monitoring.own_process import SETTLING, OwnProcess

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Passing:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def process(passing) -> OwnProcess:
    return OwnProcess(passing)


def test_a_process_that_runs_is_no_finding(passing, process) -> None:
    for _ in range(10):
        passing.seconds += 1.5
        assert process.tick() is None
    assert process.finding(NOW) is None


def test_a_process_that_was_stopped_tells_for_how_long_until_its_looks_are_over(passing, process) -> None:
    passing.seconds += 40
    assert process.tick() == timedelta(seconds=40)
    found = process.finding(NOW)
    assert found is not None
    assert (found.health, found.why, found.at) == (Health.FAIL, "my own process was stopped for 40 s", NOW)
    passing.seconds += SETTLING - 1
    assert process.finding(NOW)
    passing.seconds += 1
    process.tick()
    assert process.finding(NOW) is not None, "ten seconds without a tick are a stop, too"
    for _ in range(11):
        passing.seconds += 1
        process.tick()
    assert process.finding(NOW) is None


def test_a_stop_is_known_before_it_was_noticed(passing, process) -> None:
    passing.seconds += 7
    found = process.finding(NOW)
    assert found is not None
    assert found.why == "my own process was stopped for 7 s"
