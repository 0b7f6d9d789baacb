"""What could not be seen is waited for, until it was looked at again."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import CheckName, Fingerprint, TargetId
from bot.monitoring.unseen import PATIENCE, Unseen

NOW = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NAS, ATLAS = (Fingerprint(CheckName("door"), TargetId(f"host:{name}")) for name in ("nas", "atlas"))


@pytest.fixture
def failing() -> set[Fingerprint]:
    return set()


@pytest.fixture
def unseen(failing) -> Unseen:
    unseen = Unseen(lambda check: check in failing)
    unseen.blind({NAS, ATLAS})
    return unseen


def test_what_was_blind_is_left_until_it_has_seen_again_or_is_believed_to_fail(unseen, failing):
    assert unseen.left(NOW) == {NAS, ATLAS}
    unseen.seen(NAS)
    assert unseen.left(NOW + SECOND) == {ATLAS}
    failing.add(ATLAS)
    assert not unseen.left(NOW + 2 * SECOND)


def test_nobody_waits_for_ever(unseen):
    assert unseen.left(NOW)
    assert unseen.left(NOW + PATIENCE - SECOND)
    assert not unseen.left(NOW + PATIENCE)


def test_a_way_that_is_blocked_again_begins_the_wait_anew_and_a_clock_that_is_stepped_does_not_end_it(unseen):
    assert unseen.left(NOW)
    unseen.blind({NAS})
    assert unseen.left(NOW + PATIENCE) == {NAS, ATLAS}
    unseen.shift(timedelta(hours=1))
    assert unseen.left(NOW + PATIENCE + timedelta(hours=1)) == {NAS, ATLAS}


def test_nothing_was_blind_nothing_is_left():
    nothing = Unseen(lambda _: False)
    nothing.shift(SECOND)
    assert not nothing.left(NOW)
