"""What passes while a guest is surely off does not come from it."""

from dataclasses import dataclass, field

import pytest

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Observation, Target, TargetId
from bot.reach.ssh_answer import Answer, SshAnswer
from bot.rounds.impostors import Impostors, SshAnswers
from tests.core.labs import NOON

WEB1 = Target(TargetId("guest:web1"), name="web1")
PASSES = Observation(Fingerprint(CheckName("web"), WEB1.id), Health.OK, NOON, "10.0.0.5:443 answers")
FAILS = Observation(PASSES.fingerprint, Health.FAIL, NOON, "connection refused")


@dataclass
class Place:
    """What answers at a guest's address, and whether the guest is off."""

    off: bool = False
    seen: Observation = PASSES
    answer: SshAnswer | None = field(default_factory=lambda: SshAnswer(Answer.KNOWN_KEY, "its key answers"))
    starts: bool = False  # in the midst of a look

    def is_off(self, _target) -> bool:
        return self.off

    async def look(self):
        self.off = self.off and not self.starts
        return [self.seen]

    async def ask(self, _guest):
        return self.answer


@pytest.fixture
def place() -> Place:
    return Place()


async def test_a_check_of_a_guest_that_is_off_tells_nothing_of_it(place):
    impostors = Impostors(place.is_off)
    assert await impostors.look(WEB1.id, place.look) == [PASSES]
    place.off = True
    assert await impostors.look(WEB1.id, place.look) == []


async def test_a_check_that_passed_while_its_guest_was_off_proves_nothing_until_it_has_failed_then(place):
    impostors = Impostors(place.is_off)
    place.off = True
    await impostors.look(WEB1.id, place.look)
    place.off = False
    (seen,) = await impostors.look(WEB1.id, place.look)
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert "another machine answers there" in seen.why
    place.seen = FAILS
    assert await impostors.look(WEB1.id, place.look) == [FAILS], "that it fails is so, whoever it is"
    place.off = True
    await impostors.look(WEB1.id, place.look)
    place.off, place.seen = False, PASSES
    assert await impostors.look(WEB1.id, place.look) == [PASSES]


async def test_a_look_in_which_its_guest_started_is_held_against_nobody(place):
    impostors = Impostors(place.is_off)
    place.off = place.starts = True
    assert await impostors.look(WEB1.id, place.look) == []
    assert await impostors.look(WEB1.id, place.look) == [PASSES]


async def test_an_ssh_server_that_answers_for_a_guest_that_is_off_is_not_that_guests(place):
    answers = SshAnswers(place.ask, place.is_off)
    assert (await answers(WEB1)).proves
    await answers.ask_those_off([WEB1])
    assert (await answers(WEB1)).proves, "it was not off"
    place.off = True
    await answers.ask_those_off([WEB1])
    place.off = False
    told = await answers(WEB1)
    assert not told.proves
    assert "another machine answers there" in told.why
    place.off, place.answer = True, None
    await answers.ask_those_off([WEB1])
    place.off, place.answer = False, SshAnswer(Answer.KNOWN_KEY, "its key answers")
    assert (await answers(WEB1)).proves
