"""Why something is not told."""

from datetime import timedelta

from bot.core.health import Target
from bot.core.mute import Silence, muted
from tests.core.labs import ATLAS, EPHEMERAL, GUESTS, NOON, RACK

HOUR = timedelta(hours=1)
VM = Target(GUESTS[0], runs_on=ATLAS)


def silence(target):
    return Silence(target, NOON, NOON + HOUR, "U1", "new fans")


def test_nothing_mutes_a_target_without_a_silence():
    assert muted(VM, [], NOON) is None


def test_a_silence_says_until_when_and_why():
    assert muted(VM, [silence(VM.id)], NOON) == "vm01 is silenced until 13:00 UTC: new fans"


def test_a_silence_ends_by_itself_at_its_end():
    just_before = NOON + HOUR - timedelta(microseconds=1)
    assert muted(VM, [silence(VM.id)], just_before)
    assert muted(VM, [silence(VM.id)], NOON + HOUR) is None


def test_a_silence_does_not_hold_before_it_began():
    assert muted(VM, [silence(VM.id)], NOON - HOUR) is None


def test_a_silence_of_another_target_says_nothing():
    assert muted(VM, [silence(GUESTS[1])], NOON) is None


def test_what_depends_on_a_silenced_target_is_muted_with_it():
    assert muted(VM, [silence(ATLAS)], NOON) == "atlas is silenced until 13:00 UTC: new fans"


def test_so_is_what_depends_on_it_farther_down():
    assert muted(VM, [silence(RACK)], NOON) is None
    assert muted(VM, [silence(RACK)], NOON, {ATLAS, RACK}) == "rack is silenced until 13:00 UTC: new fans"


def test_an_ephemeral_guest_is_always_muted():
    assert muted(Target(EPHEMERAL[0], ephemeral=True), [], NOON) == "ci-1 is ephemeral: it comes and goes"
