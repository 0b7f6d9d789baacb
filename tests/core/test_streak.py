"""When a look is believed."""

from dataclasses import replace

from bot.core.health import Health
from bot.core.streak import Streak, count
from tests.core.labs import ATLAS, back, gone, unseen


def believed(*looks, failures=3, clears=2):
    streak = Streak()
    for look in looks:
        streak = count(streak, look, failures=failures, clears=clears)
    return streak


FAIL, OK, UNKNOWN = gone(ATLAS), back(ATLAS), unseen(ATLAS, "hypervisor")


def test_nothing_is_believed_before_the_first_look():
    assert Streak().hard is Health.UNKNOWN


def test_health_is_believed_at_the_first_look():
    assert believed(OK).hard is Health.OK


def test_a_failure_is_believed_at_the_third_look_and_not_before():
    assert believed(OK, FAIL, FAIL).hard is Health.OK
    assert believed(OK, FAIL, FAIL, FAIL).hard is Health.FAIL


def test_one_good_look_starts_the_count_of_failures_anew():
    assert believed(OK, FAIL, FAIL, OK, FAIL, FAIL).hard is Health.OK


def test_a_stated_failure_is_believed_at_once():
    assert believed(OK, replace(FAIL, stated=True)).hard is Health.FAIL


def test_a_believed_failure_clears_at_the_second_good_look():
    assert believed(FAIL, FAIL, FAIL, OK).hard is Health.FAIL
    assert believed(FAIL, FAIL, FAIL, OK, OK).hard is Health.OK


def test_a_check_that_never_was_well_still_needs_its_three_failures():
    assert believed(FAIL, FAIL).hard is Health.UNKNOWN


def test_who_could_not_look_changes_no_belief_and_breaks_no_count():
    assert believed(OK, FAIL, UNKNOWN, FAIL, UNKNOWN, FAIL).hard is Health.FAIL
    assert believed(OK, UNKNOWN, UNKNOWN, UNKNOWN).hard is Health.OK


def test_it_is_unsettled_only_while_the_last_look_and_the_belief_disagree():
    assert Streak().settled
    assert believed(OK).settled
    assert not believed(OK, FAIL).settled
    assert not believed(OK, FAIL, UNKNOWN).settled
    assert believed(OK, FAIL, FAIL, FAIL).settled
