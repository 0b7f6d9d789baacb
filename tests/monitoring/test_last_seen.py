"""What ran when it was last looked at, before nobody could look, and is off now."""

from datetime import timedelta

import pytest

from bot.core.health import RAN, Health, Kind
from bot.monitoring.last_seen import LastSeen
from tests.core.labs import GUESTS, NOON, crashed, off, powered_on, unseen

VM, OTHER = GUESTS[0], GUESTS[1]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def guests():
    return LastSeen("atlas", lambda: NOON, 5 * MINUTE)


def test_what_ran_until_its_host_was_lost_has_to_come_up_again_or_is_down(guests):
    guests.after(powered_on(VM))
    guests.after(powered_on(OTHER))
    guests.lost()
    assert guests.after(powered_on(VM)).began_anew
    down = guests.after(off(OTHER))
    assert (down.health, down.kind, down.stated) == (Health.FAIL, Kind.GUEST_DOWN, True)
    assert down.why == "it ran until atlas was out of reach, and is off (well)"
    assert guests.after(off(OTHER)).health is Health.OK, "it is told once"


def test_what_was_off_then_may_be_off(guests):
    guests.after(off(VM))
    guests.lost()
    assert guests.after(off(VM)) == off(VM)


def test_what_someone_may_have_shut_down_meanwhile_is_asked_about(guests):
    guests.before_start([VM], [])
    seen = guests.after(off(VM, on_purpose=True))
    assert (seen.health, seen.on_purpose) == (Health.OK, False)
    assert seen.facts[RAN] == "it ran before I was off, and is off"


def test_what_ran_before_the_bot_was_off_and_runs_has_not_started_anew(guests):
    guests.before_start([VM], [])
    assert guests.after(powered_on(VM)) == powered_on(VM)


def test_what_fails_fails(guests):
    guests.before_start([VM], [])
    assert guests.after(crashed(VM)) == crashed(VM)


def test_who_could_not_look_leaves_the_question_open(guests):
    guests.before_start([VM], [])
    assert guests.after(unseen(VM)) == unseen(VM)
    assert guests.waits_for(off(VM))
    assert not guests.waits_for(powered_on(VM))
    assert guests.after(off(VM)).health is Health.FAIL


def test_what_was_shut_down_just_before_its_host_went_has_to_return_unless_the_host_has_not_been_off(guests):
    for vm in (VM, OTHER):
        guests.after(powered_on(vm))
        guests.after(off(vm, on_purpose=True))
    guests.lost()
    assert guests.after(off(OTHER, on_purpose=True)) == off(OTHER, on_purpose=True)
    asked = guests.after(off(VM))
    assert (asked.health, asked.facts) == (
        Health.OK,
        {RAN: "it was shut down just before atlas was out of reach, and is off"},
    )


def test_what_was_shut_down_long_before_or_started_again_need_not(guests):
    for vm in (VM, OTHER):
        guests.after(powered_on(vm))
        guests.after(off(vm, on_purpose=True))
    guests.shift(-6 * MINUTE)
    guests.after(powered_on(OTHER))
    guests.lost()
    assert guests.after(off(VM)) == off(VM)
    assert guests.after(off(OTHER)).health is Health.FAIL


def test_so_has_what_was_shut_down_just_before_the_bot_was_off(guests):
    guests.before_start([], [VM])
    assert guests.after(off(VM)).facts[RAN] == "it was shut down just before I was off, and is off"


def test_nothing_is_held_against_what_lives_elsewhere(guests):
    guests.after(powered_on(OTHER))
    guests.before_start([VM], [])
    guests.forget([VM, OTHER])
    guests.lost()
    assert (guests.after(off(VM)), guests.after(off(OTHER))) == (off(VM), off(OTHER))
