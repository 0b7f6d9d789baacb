"""What passes while a guest is surely off does not come from it."""

from dataclasses import dataclass, field, replace

import pytest

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Observation, Target, TargetId
from bot.names import Names
from bot.reach.ssh_answer import Answer, SshAnswer
from bot.rounds.found_at import FoundAt
from bot.rounds.impostors import Impostors, SshAnswers
from bot.store.writer import Writer
from bot.usecases import answered_while_off
from tests.core.labs import NOON

WEB1 = Target(TargetId("guest:web1"), name="web1")
PASSES = Observation(Fingerprint(CheckName("web"), WEB1.id), Health.OK, NOON, "10.0.0.5:443 answers")
FAILS = Observation(PASSES.fingerprint, Health.FAIL, NOON, "connection refused")


@dataclass
class Place:
    """What answers at a guest's address, and whether the guest is off."""

    off: bool = False
    paused: bool = False
    seen: Observation = PASSES
    answer: SshAnswer | None = field(default_factory=lambda: SshAnswer(Answer.KNOWN_KEY, "its key answers"))
    starts: bool = False  # in the midst of a look

    def is_off(self, _target) -> bool:
        return self.off

    def is_paused(self, _target) -> bool:
        return self.paused

    async def look(self):
        self.off = self.off and not self.starts
        return [self.seen]

    async def ask(self, _guest):
        return self.answer

    def impostors(self, writer: Writer) -> Impostors:
        return Impostors(self.is_off, self.is_paused, FoundAt({}, Names(), lambda: ()), writer)

    def ssh(self, writer: Writer) -> SshAnswers:
        return SshAnswers(self.ask, self.impostors(writer))


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
async def writer(tmp_path):
    writer = Writer(lambda: NOON)
    await writer.open(tmp_path / "caretaker.db")
    await writer.do(lambda store, now: store.targets.keep([WEB1], now))
    yield writer
    await writer.close()


async def test_a_check_of_a_guest_that_is_off_tells_nothing_of_it(place, writer):
    impostors = place.impostors(writer)
    assert await impostors.look(WEB1, place.look) == [PASSES]
    place.off = True
    assert await impostors.look(WEB1, place.look) == []


async def test_a_check_that_passed_while_its_guest_was_off_proves_nothing_however_long_nothing_answers(
    place, writer
):
    impostors = place.impostors(writer)
    place.off = True
    await impostors.look(WEB1, place.look)
    place.off = False
    (seen,) = await impostors.look(WEB1, place.look)
    assert (seen.health, seen.evidence) == (Health.UNKNOWN, Evidence.NONE)
    assert "another machine answers there" in seen.why
    place.seen = FAILS
    assert await impostors.look(WEB1, place.look) == [FAILS], "that it fails is so, whoever it is"
    place.off = True
    for seen in (FAILS, replace(FAILS, health=Health.UNKNOWN, evidence=Evidence.NONE), FAILS):
        place.seen = seen
        await impostors.look(WEB1, place.look)
    place.off, place.seen = False, PASSES
    (seen,) = await impostors.look(WEB1, place.look)
    assert seen.health is Health.UNKNOWN, "it was silent, as after an outage of its own"


async def test_a_look_in_which_its_guest_started_is_held_against_nobody(place, writer):
    impostors = place.impostors(writer)
    place.off = place.starts = True
    assert await impostors.look(WEB1, place.look) == []
    assert await impostors.look(WEB1, place.look) == [PASSES]


async def test_what_answers_while_its_guest_is_paused_tells_nothing_and_is_held_against_nobody(place, writer):
    """It goes on in an instant, and may have answered before its hypervisor could tell that it does."""
    impostors = place.impostors(writer)
    place.paused = True
    assert await impostors.look(WEB1, place.look) == []
    place.paused = False
    assert await impostors.look(WEB1, place.look) == [PASSES]


async def test_an_ssh_server_that_answers_for_a_guest_that_is_off_is_not_that_guests(place, writer):
    answers = place.ssh(writer)
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
    assert not (await answers(WEB1)).proves, "it was silent, as after an outage of its own"


async def test_a_restart_does_not_forget_who_answers_in_a_guests_place(place, writer):
    place.off = True
    await place.impostors(writer).look(WEB1, place.look, "10.0.0.5")
    await place.ssh(writer).ask_those_off([WEB1])
    place.off = False
    impostors = place.impostors(writer)
    await impostors.recall()
    (seen,) = await impostors.look(WEB1, place.look, "10.0.0.5")
    assert seen.health is Health.UNKNOWN
    assert not (await SshAnswers(place.ask, impostors)(WEB1)).proves
    assert await impostors.look(WEB1, place.look, "10.0.0.6") == [PASSES], "lab.yaml has another address for it"
    place.answer = replace(place.answer, said_at="10.0.0.6")
    assert (await SshAnswers(place.ask, impostors)(WEB1)).proves


async def test_who_answers_in_a_guests_place_is_forgotten_with_the_guest(place, writer):
    place.off = True
    await place.ssh(writer).ask_those_off([WEB1])
    await writer.do(lambda store, now: store.targets.gone([WEB1.id], now))
    assert await writer.do(answered_while_off.known) == {}


async def test_what_can_not_be_written_of_who_answers_is_written_with_the_next_look(place, writer):
    place.off = True
    impostors = place.impostors(writer)
    await writer.do(lambda store, _: store._db.execute("PRAGMA query_only = on") and None)
    await impostors.look(WEB1, place.look, "10.0.0.5")
    assert impostors.answers(PASSES.fingerprint, "10.0.0.5")
    await writer.do(lambda store, _: store._db.execute("PRAGMA query_only = off") and None)
    await impostors.look(WEB1, place.look, "10.0.0.5")
    assert await writer.do(answered_while_off.known) == {PASSES.fingerprint: "10.0.0.5"}
