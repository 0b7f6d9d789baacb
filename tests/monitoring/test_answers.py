"""When a check was answered last: also where what it was told proves nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import (
    INSIDE,
    REFUSAL,
    STATE,
    THERE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    TargetId,
)
from bot.monitoring.answers import Answers
from tests.core.labs import NOON

UPS = Fingerprint(CheckName("ups"), TargetId("ups:rack"))


ATLAS, WEB1 = TargetId("host:atlas"), TargetId("guest:web1")
SECOND = timedelta(seconds=1)
GONE = Observation(Fingerprint(INSIDE, ATLAS), Health.FAIL, NOON, "no answer", Kind.HOST_DOWN)
REFUSES = Observation(
    Fingerprint(CheckName("web"), ATLAS), Health.FAIL, NOON, "refused", Kind.SERVICE_DOWN, facts={THERE: "refuses"}
)


def at(seconds, seen):
    return replace(seen, at=NOON + seconds * SECOND)


def noted(*seen):
    answers = Answers()
    for one in seen:
        answers.note(one)
    return answers


def test_a_host_is_silent_since_its_first_look_without_an_answer_until_one_has_it():
    silent = noted(at(1, GONE), at(3, GONE))
    assert silent.heard().silent == {ATLAS: NOON + SECOND}
    silent.shift(SECOND)
    assert silent.heard().silent == {ATLAS: NOON + 2 * SECOND}
    silent.note(at(5, replace(GONE, health=Health.OK, kind=None)))
    assert silent.heard().silent == {}


def test_what_answers_from_inside_is_heard_and_what_only_has_power_by_its_host_is_not():
    web = Observation(Fingerprint(CheckName("web"), WEB1), Health.OK, NOON, "answers")
    state = replace(web, fingerprint=Fingerprint(STATE, WEB1), evidence=Evidence.OUTSIDE)
    assert noted(at(1, web), at(2, state)).heard().inside == {WEB1: NOON + SECOND}


@pytest.mark.parametrize(
    "refuses",
    [REFUSES, replace(REFUSES, kind=Kind.CANNOT_WATCH, facts={REFUSAL: "refused"})],
)
def test_a_host_that_refused_is_gone_only_since_then(refuses):
    well = replace(GONE, health=Health.OK, kind=None)
    refused = noted(well, at(1, GONE), at(2, refuses))
    assert refused.heard().silent == {}, "it is there"
    assert refused.any[GONE.fingerprint] == NOON, "that it refuses began then"
    refused.note(at(9, GONE))
    assert refused.heard().silent == {ATLAS: NOON + 9 * SECOND}
    assert refused.any[GONE.fingerprint] == NOON + 2 * SECOND


@pytest.mark.parametrize(
    ("health", "facts", "well", "told"),
    [
        (Health.OK, {}, True, True),
        (Health.UNKNOWN, {"charge": "80"}, False, True),
        (Health.UNKNOWN, {}, False, False),
        (Health.FAIL, {"charge": "80"}, False, False),
    ],
)
def test_what_says_anything_has_answered(health, facts, well, told):
    answers = Answers()
    answers.note(Observation(UPS, health, NOON, "seen", facts=facts))
    assert (UPS in answers.well, UPS in answers.any) == (well, told)
    answers.shift(timedelta(hours=1))
    assert set(answers.any.values()) <= {NOON + timedelta(hours=1)}
    answers.forget(UPS)
    assert not answers.any
    assert not answers.well
