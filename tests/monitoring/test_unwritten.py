"""What could not be written: of each check its last failure and its last word, whatever happens how often."""

from dataclasses import replace
from datetime import timedelta

from bot.core.health import Health
from bot.monitoring.unwritten import Unwritten
from tests.core.labs import ATLAS, VAULT, back, gone, unseen

SECOND = timedelta(seconds=1)


def at(seconds, seen):
    return replace(seen, at=seen.at + seconds * SECOND)


def test_nothing_is_kept_at_first():
    assert not Unwritten()
    assert Unwritten().take() == []
    assert Unwritten().failing == []


def test_a_failure_and_its_end_are_both_kept():
    kept = Unwritten()
    kept.keep([at(1, gone(ATLAS))])
    kept.keep([at(2, back(ATLAS))])
    assert kept.failing == []
    assert [one.health for one in kept.take()] == [Health.FAIL, Health.OK]
    assert not kept


def test_however_often_it_fails_and_ends_two_are_kept():
    kept = Unwritten()
    for second in range(0, 100, 2):
        kept.keep([at(second, gone(ATLAS)), at(second + 1, back(ATLAS))])
    taken = kept.take()
    assert [(one.health, one.at) for one in taken] == [
        (Health.FAIL, at(98, gone(ATLAS)).at),
        (Health.OK, at(99, back(ATLAS)).at),
    ]


def test_what_fails_in_the_end_is_told_oldest_first():
    kept = Unwritten()
    kept.keep([at(3, gone(VAULT)), at(1, gone(ATLAS)), at(2, gone(ATLAS))])
    assert [one.target for one in kept.failing] == [ATLAS, VAULT]
    assert [one.at for one in kept.take()] == [at(2, gone(ATLAS)).at, at(3, gone(VAULT)).at]


def test_what_can_not_be_seen_any_more_is_kept_behind_its_failure():
    kept = Unwritten()
    kept.keep([gone(ATLAS), at(1, unseen(ATLAS, "hypervisor"))])
    assert [one.health for one in kept.take()] == [Health.FAIL, Health.UNKNOWN]


def test_after_a_step_of_the_clock_it_was_seen_as_long_ago_as_before():
    kept = Unwritten()
    booted = replace(back(VAULT), facts={"boot_id": "1", "booted": back(VAULT).at.isoformat()})
    kept.keep([gone(ATLAS), booted])
    kept.shift(3600 * SECOND)
    down, up = kept.take()
    assert down == at(3600, gone(ATLAS))
    assert up.facts == {"boot_id": "1", "booted": at(3600, booted).at.isoformat()}
