"""When an incident failed: each time by itself, and how often it has changed."""

from datetime import timedelta

from bot.core.incidents.spans import MOST, Span, Spans
from tests.core.labs import NOON

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def times(count: int) -> Spans:
    """So many failures of a second each, a minute apart."""
    spans = Spans()
    for n in range(count):
        spans = spans.began(NOON + n * MINUTE).ended(NOON + n * MINUTE + SECOND)
    return spans


def test_the_time_between_two_failures_counts_to_neither():
    twice = Spans().began(NOON).ended(NOON + 19 * SECOND).began(NOON + 7 * MINUTE)
    assert twice.lasts
    assert twice.total(NOON + 7 * MINUTE + 35 * SECOND) == 54 * SECOND
    over = twice.ended(NOON + 7 * MINUTE + 35 * SECOND)
    assert (over.count, over.lasts, over.total(NOON + HOUR)) == (2, False, 54 * SECOND)


def test_what_began_or_ended_already_does_not_do_so_again():
    one = Spans().began(NOON)
    assert one.began(NOON + HOUR) == one
    assert Spans().ended(NOON) == Spans()


def test_none_begins_before_the_last_one_ended_nor_ends_before_it_began():
    spans = Spans().began(NOON).ended(NOON - HOUR)
    assert spans.latest == (Span(NOON, NOON),)
    assert spans.began(NOON - HOUR).latest[-1] == Span(NOON)


def test_of_very_many_the_last_are_kept_and_the_sum_stays_true():
    many = times(MOST + 6)
    assert (many.count, len(many.latest), many.earlier) == (MOST + 6, MOST, 6)
    assert many.total(NOON + HOUR) == (MOST + 6) * SECOND
    assert many.from_the_start(NOON - HOUR) == many


def test_one_that_was_called_over_too_soon_goes_on():
    assert Spans().began(NOON).ended(NOON + HOUR).goes_on() == Spans().began(NOON)
    assert Spans().goes_on() == Spans()


def test_the_first_may_have_begun_before_it_was_believed():
    assert Spans().from_the_start(NOON) == Spans()
    known = times(1).from_the_start(NOON - MINUTE)
    assert known.latest == (Span(NOON - MINUTE, NOON + SECOND),)


def test_so_may_the_last_but_not_before_the_one_before_it_ended():
    assert times(1).began_by(NOON - MINUTE).latest == (Span(NOON - MINUTE, NOON + SECOND),)
    assert times(1).began_by(NOON + MINUTE) == times(1)
    first, last = times(2).began_by(NOON - MINUTE).latest
    assert (first, last.since) == (times(2).latest[0], first.until)


def test_beginnings_and_ends_are_changes():
    spans = times(3)
    assert spans.changes(NOON) == 6
    assert spans.changes(NOON + MINUTE) == 4
    assert spans.starts(NOON + MINUTE) == 2
    assert spans.changed_at == NOON + 2 * MINUTE + SECOND
    assert spans.began(NOON + HOUR).changed_at == NOON + HOUR


def test_a_stepped_clock_makes_none_longer():
    moved = times(2).began(NOON + HOUR).shifted(HOUR)
    assert moved.latest[0] == Span(NOON + HOUR, NOON + HOUR + SECOND)
    assert moved.latest[-1] == Span(NOON + 2 * HOUR)
