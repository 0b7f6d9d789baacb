"""When a check was answered last: also where what it was told proves nothing."""

from datetime import timedelta

import pytest

from bot.core.health import CheckName, Fingerprint, Health, Observation, TargetId
from bot.monitoring.answers import Answers
from tests.core.labs import NOON

UPS = Fingerprint(CheckName("ups"), TargetId("ups:rack"))


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
