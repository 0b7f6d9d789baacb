"""What ran when it was last looked at, before nobody could look, and is off now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import RAN, Health, Kind
from bot.monitoring.last_seen import LastSeen
from tests.core.labs import GUESTS, NOON, crashed, off, powered_on, unseen

VM, OTHER = GUESTS[0], GUESTS[1]
MINUTE = timedelta(minutes=1)
ATLAS, BOREA = "atlas", "borea"


@pytest.fixture
def guests():
    return LastSeen(lambda: NOON, 5 * MINUTE)


def test_what_ran_until_its_host_was_lost_has_to_come_up_again_or_is_down(guests):
    guests.after(powered_on(VM), ATLAS)
    guests.after(powered_on(OTHER), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(powered_on(VM), ATLAS).began_anew
    down = guests.after(off(OTHER), ATLAS)
    assert (down.health, down.kind, down.stated) == (Health.FAIL, Kind.GUEST_DOWN, True)
    assert down.why == "it ran until atlas was out of reach, and is off (well)"
    assert guests.after(off(OTHER), ATLAS).health is Health.OK, "it is told once"


def test_what_was_off_then_may_be_off(guests):
    guests.after(off(VM), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(off(VM), ATLAS) == off(VM)


def test_what_someone_may_have_shut_down_meanwhile_is_asked_about(guests):
    guests.before_start([VM], [], [])
    seen = guests.after(off(VM, on_purpose=True), ATLAS)
    assert (seen.health, seen.on_purpose) == (Health.OK, False)
    assert seen.facts[RAN] == "it ran before I was off, and is off"


def test_what_ran_before_the_bot_was_off_and_runs_has_not_started_anew(guests):
    guests.before_start([VM], [], [])
    assert guests.after(powered_on(VM), ATLAS) == powered_on(VM)


def test_what_fails_fails(guests):
    guests.before_start([VM], [], [])
    assert guests.after(crashed(VM), ATLAS) == crashed(VM)


def test_what_failed_for_a_moment_only_and_may_be_off_by_now_ran_all_the_same(guests):
    guests.after(powered_on(VM), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(crashed(VM), ATLAS).health is Health.FAIL
    down = guests.after(off(VM), ATLAS)
    assert (down.health, down.why) == (Health.FAIL, "it ran until atlas was out of reach, and is off (well)")
    assert guests.after(off(VM), ATLAS).health is Health.OK
    guests.after(powered_on(VM), ATLAS)
    assert guests.after(crashed(VM), ATLAS).health is Health.FAIL
    assert guests.after(off(VM), ATLAS).health is Health.OK, "it has run since, and was seen to go"


def test_who_could_not_look_leaves_the_question_open(guests):
    guests.before_start([VM], [], [])
    assert guests.after(unseen(VM), ATLAS) == unseen(VM)
    assert guests.waits_for(off(VM), ATLAS)
    assert not guests.waits_for(powered_on(VM), ATLAS)
    assert guests.after(off(VM), ATLAS).health is Health.FAIL


def test_what_was_shut_down_just_before_its_host_went_has_to_return_unless_the_host_has_not_been_off(guests):
    for vm in (VM, OTHER):
        guests.after(powered_on(vm), ATLAS)
        guests.after(off(vm, on_purpose=True), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(off(OTHER, on_purpose=True), ATLAS) == off(OTHER, on_purpose=True)
    asked = guests.after(off(VM), ATLAS)
    assert (asked.health, asked.facts) == (
        Health.OK,
        {RAN: "it was shut down just before atlas was out of reach, and is off"},
    )


def test_that_it_was_shut_down_says_nothing_new_where_its_host_had_forgotten_it(guests):
    guests.after(powered_on(VM), ATLAS)
    guests.after(off(VM, on_purpose=True), ATLAS)
    guests.lost(ATLAS)
    assert RAN in guests.after(replace(off(VM), facts={"stopped": "on purpose before"}), ATLAS).facts


def test_what_was_shut_down_long_before_or_started_again_need_not(guests):
    for vm in (VM, OTHER):
        guests.after(powered_on(vm), ATLAS)
        guests.after(off(vm, on_purpose=True), ATLAS)
    guests.shift(-6 * MINUTE)
    guests.after(powered_on(OTHER), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(off(VM), ATLAS) == off(VM)
    assert guests.after(off(OTHER), ATLAS).health is Health.FAIL


def test_so_has_what_was_shut_down_just_before_the_bot_was_off(guests):
    guests.before_start([], [VM], [])
    assert guests.after(off(VM), ATLAS).facts[RAN] == "it was shut down just before I was off, and is off"


FORGOTTEN = replace(off(VM), facts={"stopped": "on purpose before"})


@pytest.mark.parametrize("gap", ["the bot was off", "its process was stopped", "its host was out of reach"])
def test_what_someone_had_shut_down_may_have_run_while_nobody_looked_where_its_host_began_anew(guests, gap):
    if gap == "the bot was off":
        guests.before_start([], [], [VM])
    else:
        guests.after(off(VM, on_purpose=True), ATLAS)
    if gap == "its process was stopped":
        guests.after_stop(MINUTE / 6)
    guests.lost(ATLAS)
    if gap == "its host was out of reach":
        guests.shift(-MINUTE)
        guests.lost(ATLAS)
    assert guests.waits_for(FORGOTTEN, ATLAS)
    asked = guests.after(FORGOTTEN, ATLAS)
    assert (asked.health, asked.may_have_run) == (Health.OK, True)
    assert asked.why == "off: someone had shut it down, and nobody saw whether it has run since"
    assert guests.after(FORGOTTEN, ATLAS) == FORGOTTEN, "it is told once"


def test_it_has_not_where_its_host_knows_why_it_is_off_or_was_gone_for_a_moment_only(guests):
    guests.after(off(VM, on_purpose=True), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(FORGOTTEN, ATLAS) == FORGOTTEN, "its libvirt was started anew"
    guests.after_stop(MINUTE / 6)
    assert guests.after(off(VM, on_purpose=True), ATLAS) == off(VM, on_purpose=True)
    guests.after(powered_on(VM), ATLAS)
    guests.after_stop(MINUTE / 6)
    assert not guests.waits_for(FORGOTTEN, ATLAS)


def test_nothing_is_held_against_what_no_host_had_for_a_while(guests):
    guests.after(powered_on(OTHER), ATLAS)
    guests.before_start([VM], [], [])
    guests.forget([VM, OTHER])
    guests.lost(ATLAS)
    assert (guests.after(off(VM), ATLAS), guests.after(off(OTHER), ATLAS)) == (off(VM), off(OTHER))


def test_what_left_its_host_while_it_ran_has_to_run_where_it_went(guests):
    guests.after(powered_on(VM), ATLAS)
    assert guests.waits_for(off(VM), BOREA)
    down = guests.after(off(VM), BOREA)
    assert (down.health, down.why) == (Health.FAIL, "it ran until it left atlas, and is off (well)")
    assert not guests.waits_for(off(VM), BOREA), "it is told once"


def test_what_was_switched_off_before_it_left_or_runs_on_the_other_host_has_left_nothing_open(guests):
    for vm in (VM, OTHER):
        guests.after(powered_on(vm), ATLAS)
    guests.after(off(VM, on_purpose=True), ATLAS)
    assert guests.after(off(VM), BOREA) == off(VM)
    assert guests.after(powered_on(OTHER), BOREA) == powered_on(OTHER)
    guests.lost(ATLAS)
    assert guests.after(off(OTHER), BOREA) == off(OTHER), "it was borea that had it"


def test_what_ran_until_its_host_was_lost_is_held_against_what_another_host_tells_of_it(guests):
    guests.after(powered_on(VM), ATLAS)
    guests.lost(ATLAS)
    assert guests.after(off(VM), BOREA).why == "it ran until atlas was out of reach, and is off (well)"


def test_to_be_off_because_it_moved_is_no_word_of_whether_it_runs_and_is_not_forgotten(guests):
    moved = replace(off(VM), facts={"stopped": "moved away"})
    guests.after(powered_on(VM), ATLAS)
    for lose in (lambda: None, lambda: guests.lost(ATLAS), lambda: guests.lost(BOREA)):
        lose()
        seen = guests.after(moved, ATLAS)
        assert (seen.health, seen.running, seen.why) == (
            Health.UNKNOWN,
            None,
            "it has moved from atlas to another host",
        )
    assert guests.after(off(VM), BOREA).health is Health.FAIL


def test_what_moved_and_arrived_nowhere_is_down_also_where_the_bot_was_restarted_meanwhile(guests):
    moved = replace(off(VM), facts={"stopped": "moved away"})
    guests.before_start([VM], [], [])
    assert guests.after(moved, ATLAS).health is Health.UNKNOWN
    assert guests.moved == {VM}
    down = guests.after(moved, ATLAS, arrived_nowhere=True)
    assert (down.health, down.kind, guests.moved) == (Health.FAIL, Kind.GUEST_DOWN, set())
    assert down.why.startswith("it left atlas for another host, and runs on none that I can ask, and is off")


def test_that_is_told_once(guests):
    moved = replace(off(VM), facts={"stopped": "moved away"})
    guests.after(powered_on(VM), ATLAS)
    down = guests.after(moved, ATLAS, arrived_nowhere=True)
    assert down.why.startswith("it left atlas for another host, and runs on none that I can ask, and is off")
    assert guests.after(moved, ATLAS, arrived_nowhere=True) == moved


def test_what_moved_long_ago_and_was_let_be_is_as_it_is(guests):
    moved = replace(off(VM), facts={"stopped": "moved away"})
    assert guests.after(moved, ATLAS, arrived_nowhere=True) == moved


def test_what_moved_and_was_lost_with_its_new_host_is_off_where_its_definition_was_left(guests):
    guests.after(powered_on(VM), ATLAS)
    guests.after(powered_on(VM), BOREA)
    guests.lost(BOREA)
    assert guests.after(replace(off(VM), facts={"stopped": "moved away"}), ATLAS).health is Health.FAIL
