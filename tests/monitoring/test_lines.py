"""When what was measured of a line counts, and when it is measured again."""

from datetime import timedelta

import pytest

from bot.core.health import Health
from bot.core.incidents.visibility import Finding, Witness
from bot.monitoring.lines import Gateway, Lines
from tests.core.labs import NOON

ROUTER: Gateway = ("10.9.0.254", "eth0", None)
GOOD, BAD, UNTOLD = Health.OK, Health.FAIL, Health.UNKNOWN


class Line:
    """One line, of which something is found at moments in seconds."""

    def __init__(self) -> None:
        self.lines = Lines()

    def counts_as_bad(self, seconds: float, health: Health, *, trouble: bool) -> bool:
        """Ask at that moment; it is measured if that is due."""
        now = NOON + timedelta(seconds=seconds)
        due = self.lines.due([ROUTER], now, trouble=trouble)
        self.lines.keep({one: Finding(Witness.LINE, health, "", now, *one) for one in due}, trouble=trouble)
        return any(line.health is BAD for line in self.lines.that_count([ROUTER]))


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_line_that_is_bad_twice_counts_both_times(line) -> None:
    assert not line.counts_as_bad(0, GOOD, trouble=False)
    assert line.counts_as_bad(100, BAD, trouble=True)
    assert not line.counts_as_bad(130, GOOD, trouble=False)
    assert line.counts_as_bad(160, BAD, trouble=True)
    assert line.counts_as_bad(500, BAD, trouble=True)


def test_a_line_that_is_bad_though_all_answers_counts_once_something_does_not(line) -> None:
    line.counts_as_bad(0, GOOD, trouble=False)
    for seconds in (300, 310, 590):
        line.counts_as_bad(seconds, BAD, trouble=False)
    assert line.counts_as_bad(595, BAD, trouble=True)
    assert line.counts_as_bad(605, BAD, trouble=False), "it was bad in the trouble as well"


def test_one_that_is_bad_for_long_while_all_answers_tells_nothing_until_it_is_good_again(line) -> None:
    line.counts_as_bad(0, GOOD, trouble=False)
    for seconds in (300, 450, 600):
        line.counts_as_bad(seconds, BAD, trouble=False)
    assert not line.counts_as_bad(605, BAD, trouble=True)
    assert not line.counts_as_bad(610, GOOD, trouble=True)
    assert line.counts_as_bad(620, BAD, trouble=True)


def test_one_that_was_never_good_tells_nothing(line) -> None:
    assert not line.counts_as_bad(0, UNTOLD, trouble=False)
    assert not line.counts_as_bad(300, BAD, trouble=False)
    assert not line.counts_as_bad(305, BAD, trouble=True)


def test_it_is_measured_seldom_while_all_is_well_and_often_while_it_is_not(line) -> None:
    def due(seconds: float, *, trouble: bool = False) -> bool:
        return bool(line.lines.due([ROUTER], NOON + timedelta(seconds=seconds), trouble=trouble))

    line.counts_as_bad(0, GOOD, trouble=False)
    assert [due(1, trouble=True), due(3, trouble=True), due(299), due(300)] == [False, True, False, True]
    line.counts_as_bad(300, BAD, trouble=False)
    assert [due(302), due(303)] == [False, True]
    line.lines.forget()
    assert due(-3600), "the clock was set back"
