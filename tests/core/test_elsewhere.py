"""What goes over the second channel, and what is needless there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId, Move, Status
from bot.core.incidents.elsewhere import Due, Needless, News, Waits, What, belongs, fate

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPEN = Incident(IncidentId(1), Kind.GUEST_DOWN, TargetId("guest:web1"), "crashed", T0, T0)
OVER = OPEN.move(Move.RESOLVE, T0)
TWO, THIRTY = timedelta(minutes=2), timedelta(minutes=30)


def news(what: What, **more) -> News:
    return News(1, OPEN.id, what, T0, **more)


def what_becomes(one: News, incident: Incident | None, *, told: bool = False, muted: bool = False):
    return fate(one, incident, Waits(), told=told, muted=muted)


@pytest.mark.parametrize("what", [What.OPENED, What.WORSE])
def test_what_slack_has_not_taken_is_due_after_two_minutes(what):
    assert what_becomes(news(what), OPEN) == Due(T0 + TWO)
    assert what_becomes(news(what, slack_took=True), OPEN) == Needless("Slack has taken it")


def test_what_has_failed_is_due_when_it_is_tried_again():
    again = T0 + timedelta(minutes=7)
    assert what_becomes(news(What.OPENED, due=again), OPEN) == Due(again)


def test_what_is_over_or_unknown_is_not_told_any_more():
    for what in (What.OPENED, What.WORSE, What.UNACKNOWLEDGED):
        for incident in (OVER, None):
            assert what_becomes(news(what), incident) == Needless("it was over before it was told")
    assert isinstance(what_becomes(news(What.OVER), None), Needless)


def test_an_end_is_told_at_once_where_the_opening_was_told():
    assert what_becomes(news(What.OVER), OVER, told=True) == Due(T0)
    assert what_becomes(news(What.OVER), OVER) == Needless("its opening was not told here")
    assert what_becomes(news(What.OVER), OPEN, told=True) == Needless("it is open again")


def test_what_nobody_acknowledges_is_due_after_half_an_hour():
    one = news(What.UNACKNOWLEDGED)
    assert what_becomes(one, OPEN) == Due(T0 + THIRTY)
    assert what_becomes(one, OPEN.move(Move.ACKNOWLEDGE, T0, by="U1")) == Needless("it is acknowledged")
    assert what_becomes(one, OPEN, muted=True) == Needless("its subject is silenced")


def test_what_recovers_may_be_over_by_itself_until_everyone_was_told_that_it_is_not():
    late = T0 + timedelta(hours=1)
    recovering = OPEN.move(Move.RECOVER, late)
    assert recovering.status is Status.RECOVERING
    assert what_becomes(news(What.UNACKNOWLEDGED), recovering) == Due(late + timedelta(minutes=1))
    assert what_becomes(news(What.UNACKNOWLEDGED), recovering.told_unproven()) == Due(T0 + THIRTY)


def test_what_is_not_due_yet_is_said_with_what_is_due_of_its_incident():
    opened, worse = news(What.OPENED), news(What.WORSE)
    assert belongs(worse, [opened])
    assert belongs(opened, [news(What.UNACKNOWLEDGED)])
    assert not belongs(news(What.UNACKNOWLEDGED), [opened])
    assert not belongs(replace(worse, incident=IncidentId(2)), [opened])
    assert not belongs(worse, [news(What.OVER)])
