"""What stands between the bot and its targets: when it hides them, and when it is there whatever fails of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.health import (
    REFUSAL,
    ROOT,
    THERE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
)
from bot.core.streak import Streak, count
from bot.monitoring.between import Between

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SWITCH = Target(TargetId("service:switch"))
ATLAS = Target(TargetId("host:atlas"), behind=SWITCH.id)
DNS, WEB, POLL = CheckName("dns"), CheckName("web"), CheckName("hypervisor")
SILENT = {"health": Health.FAIL, "kind": Kind.SERVICE_DOWN}
REFUSED = {**SILENT, "facts": {THERE: "it refuses connections"}}
WELL = {"health": Health.OK}
UNKNOWN = {"health": Health.UNKNOWN}


class Ways:
    """The switch, and atlas behind it, each looked at as often as a test says."""

    def __init__(self) -> None:
        self.between = Between(lambda one: [one.behind] if one.behind else [], lambda check: check.check != POLL)
        self.streaks: dict[Fingerprint, Streak] = {}

    def see(self, target: Target, check: CheckName, how: dict, times: int = 1) -> None:
        for _ in range(times):
            seen = Observation(Fingerprint(check, target.id), at=NOON, why="", **how)
            before = self.streaks.get(seen.fingerprint, Streak())
            streak = self.streaks[seen.fingerprint] = count(before, seen, failures=3, clears=2)
            self.between.note(seen, target, streak)

    @property
    def hidden(self) -> bool:
        return self.between.hides(SWITCH.id)


@pytest.fixture
def ways() -> Ways:
    return Ways()


def test_what_was_never_looked_at_hides_nothing(ways) -> None:
    assert not ways.hidden


def test_what_falls_silent_hides_at_once_and_until_it_has_answered_as_often_as_clears_it(ways) -> None:
    ways.see(SWITCH, DNS, WELL)
    ways.see(SWITCH, DNS, SILENT)
    assert ways.hidden
    ways.see(SWITCH, DNS, WELL)
    assert not ways.hidden, "nobody had believed it"
    ways.see(SWITCH, DNS, SILENT, times=3)
    ways.see(SWITCH, DNS, WELL)
    assert ways.hidden
    ways.see(SWITCH, DNS, WELL)
    assert not ways.hidden


@pytest.mark.parametrize(
    "trouble",
    [
        REFUSED,
        {"health": Health.FAIL, "kind": Kind.CANNOT_WATCH},
        {"health": Health.FAIL, "kind": Kind.CANNOT_WATCH, "facts": {REFUSAL: "host_key_changed"}},
        {"health": Health.FAIL, "kind": Kind.CANNOT_WATCH, "facts": {REFUSAL: "stalled"}},
        {"health": Health.FAIL, "kind": Kind.FILESYSTEM_READONLY, "stated": True},
        UNKNOWN,
    ],
)
def test_what_fails_otherwise_or_can_not_be_looked_at_hides_nothing(ways, trouble) -> None:
    ways.see(SWITCH, DNS, WELL)
    ways.see(SWITCH, DNS, trouble, times=5)
    assert not ways.hidden


def test_what_is_silent_in_one_check_and_answers_another_is_there(ways) -> None:
    ways.see(SWITCH, WEB, WELL)
    ways.see(SWITCH, DNS, SILENT, times=3)
    assert not ways.hidden
    ways.see(SWITCH, WEB, SILENT)
    assert ways.hidden


def test_what_was_seen_inside_before_it_fell_silent_is_no_answer_now(ways) -> None:
    watching = CheckName("watching")
    ways.see(SWITCH, ROOT, WELL)
    ways.see(SWITCH, watching, {**WELL, "evidence": Evidence.NONE})
    ways.see(SWITCH, DNS, SILENT)
    ways.see(SWITCH, ROOT, UNKNOWN)
    assert ways.hidden


def test_what_can_not_be_looked_at_any_more_is_as_silent_as_it_was(ways) -> None:
    ways.see(SWITCH, DNS, SILENT, times=3)
    ways.see(SWITCH, DNS, UNKNOWN)
    assert ways.hidden


@pytest.mark.parametrize("answer", [WELL, REFUSED])
def test_an_answer_from_behind_shows_that_a_believed_silence_is_not_that_of_the_way(ways, answer) -> None:
    ways.see(SWITCH, DNS, SILENT, times=2)
    ways.see(ATLAS, WEB, answer)
    assert ways.hidden, "it may have come a moment before"
    ways.see(SWITCH, DNS, SILENT)
    ways.see(ATLAS, POLL, WELL)
    assert ways.hidden, "a hypervisor on this machine needs no network"
    ways.see(ATLAS, WEB, answer)
    assert not ways.hidden
    ways.see(ATLAS, WEB, SILENT, times=9)
    assert not ways.hidden, "that one is gone by itself"
    ways.see(SWITCH, DNS, WELL, times=2)
    ways.see(SWITCH, DNS, SILENT)
    assert ways.hidden, "that is another silence"


def test_where_all_that_answered_from_behind_falls_silent_together_it_is_the_way(ways) -> None:
    borea = replace(ATLAS, id=TargetId("host:borea"))
    ways.see(SWITCH, DNS, SILENT, times=3)
    for host in (ATLAS, borea):
        ways.see(host, WEB, WELL)
    ways.see(ATLAS, WEB, SILENT)
    assert not ways.hidden, "the other still answers"
    ways.see(borea, WEB, SILENT)
    assert ways.hidden
    ways.see(borea, WEB, WELL)
    assert not ways.hidden


def test_what_is_no_longer_there_hides_nothing(ways) -> None:
    ways.see(SWITCH, DNS, SILENT, times=3)
    ways.between.forget([SWITCH.id])
    assert not ways.hidden
