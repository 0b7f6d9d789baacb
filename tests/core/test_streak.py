"""When a look is believed."""

from dataclasses import replace
from datetime import timedelta

from bot.core.health import THERE, Health, Kind
from bot.core.streak import Streak, count
from tests.core.labs import ATLAS, back, fails, gone, unseen


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


def test_what_refused_is_gone_once_it_was_silent_as_often_and_is_there_again_at_once():
    refuses = replace(fails(ATLAS, Kind.SERVICE_DOWN, "refused"), facts={THERE: "yes"})
    down = believed(OK, refuses, refuses, refuses)
    assert (down.hard, down.gone, down.settled) == (Health.FAIL, False, True)
    dark = believed(OK, *[refuses] * 3, FAIL, FAIL)
    assert (dark.gone, dark.settled, dark.fails_anew(down)) == (False, False, False)
    gone_now = believed(OK, *[refuses] * 3, *[FAIL] * 3)
    assert (gone_now.gone, gone_now.settled, gone_now.fails_anew(down)) == (True, True, True)
    assert not believed(OK, *[refuses] * 3, FAIL, FAIL, refuses, FAIL, FAIL).gone, "it was counted anew"
    again = believed(OK, *[refuses] * 3, *[FAIL] * 3, refuses)
    assert (again.hard, again.gone, again.settled) == (Health.FAIL, False, True)


def test_what_refuses_at_one_look_and_is_silent_at_the_next_fails_and_is_not_gone():
    refuses = replace(fails(ATLAS, Kind.SERVICE_DOWN, "refused"), facts={THERE: "yes"})
    mixed = believed(OK, FAIL, refuses, FAIL)
    assert (mixed.hard, mixed.gone) == (Health.OK, False), "silent once"
    mixed = believed(OK, FAIL, refuses, FAIL, refuses)
    assert (mixed.hard, mixed.gone) == (Health.FAIL, False)


def test_who_could_not_look_changes_no_belief_and_breaks_no_count():
    assert believed(OK, FAIL, UNKNOWN, FAIL, UNKNOWN, FAIL).hard is Health.FAIL
    assert believed(OK, UNKNOWN, UNKNOWN, UNKNOWN).hard is Health.OK


def test_it_is_unsettled_only_while_the_last_look_and_the_belief_disagree():
    assert Streak().settled
    assert believed(OK).settled
    assert not believed(OK, FAIL).settled
    assert not believed(OK, FAIL, UNKNOWN).settled
    assert believed(OK, FAIL, FAIL, FAIL).settled


SECOND = timedelta(seconds=1)
ON_BATTERY = replace(FAIL, kind=Kind.POWER_LOSS, steady=5 * SECOND)
SILENT = replace(FAIL, kind=Kind.UPS_UNREACHABLE)


def after(seconds, look):
    return replace(look, at=look.at + seconds * SECOND)


def test_what_has_to_last_is_believed_when_it_has_however_often_it_was_seen():
    assert believed(OK, *(after(n, ON_BATTERY) for n in range(5))).hard is Health.OK
    assert believed(OK, ON_BATTERY, after(5, ON_BATTERY)).hard is Health.FAIL


def test_what_has_to_last_may_come_a_slot_early():
    assert believed(OK, ON_BATTERY, after(4.6, ON_BATTERY)).hard is Health.FAIL
    assert believed(OK, ON_BATTERY, after(4.4, ON_BATTERY)).hard is Health.OK


def test_what_has_to_last_begins_anew_after_a_good_look():
    assert believed(OK, ON_BATTERY, after(3, OK), after(5, ON_BATTERY)).hard is Health.OK


def test_what_has_to_last_and_is_stated_is_believed_at_once():
    assert believed(OK, replace(ON_BATTERY, stated=True)).hard is Health.FAIL


def test_another_failure_before_it_does_not_make_it_last():
    assert believed(OK, SILENT, after(5, ON_BATTERY)).hard is Health.OK
    known = believed(OK, SILENT, SILENT, SILENT)
    lasting = count(known, after(5, ON_BATTERY), failures=3, clears=2)
    assert (lasting.hard, lasting.lasting, lasting.settled) == (Health.FAIL, True, False)
    lasted = count(lasting, after(10, ON_BATTERY), failures=3, clears=2)
    assert (lasted.hard, lasted.lasting, lasted.settled) == (Health.FAIL, False, True)


def test_a_step_of_the_clock_makes_nothing_last():
    streak = believed(OK, ON_BATTERY).shifted(60 * SECOND)
    assert count(streak, after(61, ON_BATTERY), failures=3, clears=2).hard is Health.OK
    assert count(streak, after(65, ON_BATTERY), failures=3, clears=2).hard is Health.FAIL
    assert Streak().shifted(SECOND) == Streak()


def test_what_is_counted_anew_keeps_its_belief():
    assert believed(OK, FAIL, FAIL).anew() == Streak(Health.OK, Health.OK)
