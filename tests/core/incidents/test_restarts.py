"""Machines that start anew by themselves again and again: what counts, when it is told, and when it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import RESTARTED_AT, RESTARTS, Fingerprint, Health, Kind
from bot.core.incident import Rules
from bot.core.incidents.restarts import MOST, by_itself, calm, counted
from tests.core.labs import (
    ATLAS,
    GUESTS,
    NOON,
    RACK,
    VAULT,
    Desk,
    back,
    gone,
    mains_stay,
    on_battery,
    powered_on,
    unseen,
    well,
)

MINUTE = timedelta(minutes=1)
VM = GUESTS[0]
RESET = replace(powered_on(VM), facts={"started": "now"})


def loop(times: int, every: timedelta, *, start=RESET, failing=False):
    """What the last of so many restarts comes to."""
    told = counted(start, "", Rules(), failing=failing)
    for number in range(1, times):
        at, fails = NOON + number * every, told.health is Health.FAIL
        told = counted(replace(start, at=at), told.facts[RESTARTED_AT], Rules(), failing=failing or fails)
    return told


def test_three_restarts_are_no_loop_and_four_within_an_hour_are():
    assert (loop(3, MINUTE).health, loop(3, MINUTE).kind) == (Health.OK, None)
    looping = loop(4, MINUTE)
    assert (looping.health, looping.kind, looping.stated) == (Health.FAIL, Kind.KEEPS_RESTARTING, True)
    assert looping.why == "it has restarted by itself 4 times within 3 min"
    assert loop(4, 21 * MINUTE).health is Health.OK, "these took longer than an hour"


def test_a_single_restart_says_that_it_was_one():
    assert loop(1, MINUTE).why == "it has restarted by itself once"


def test_a_loop_that_has_slowed_down_goes_on():
    assert loop(2, 50 * MINUTE, failing=True).health is Health.FAIL


def test_of_a_quick_loop_the_last_restarts_are_kept():
    assert len(loop(MOST + 9, timedelta(seconds=14)).facts[RESTARTED_AT].split()) == MOST


def test_it_is_over_once_there_was_no_restart_for_an_hour_and_that_could_be_seen():
    check = Fingerprint(RESTARTS, VM)
    lab = Desk()
    assert calm(lab.situation, [(check, NOON)], NOON + 59 * MINUTE) == []
    (over,) = calm(lab.situation, [(check, NOON)], NOON + 60 * MINUTE)
    assert (over.health, over.why) == (Health.OK, "no restart for 1 h")
    lab.see(unseen(VM))
    assert calm(lab.situation, [(check, NOON)], NOON + 60 * MINUTE) == []


@pytest.mark.parametrize(
    "seen", [RESET.not_by_itself(), replace(RESET, facts={"started": "maybe"}), powered_on(VM)]
)
def test_what_was_to_start_and_what_only_may_have_started_has_not_restarted_by_itself(seen):
    assert not by_itself(Desk().situation, seen)


def test_the_first_start_after_an_outage_is_none_and_the_next_one_is():
    lab, booted = Desk(), replace(well(VAULT, "inside"), facts={"started": "now"})
    assert by_itself(lab.situation, booted)
    lab.see(gone(VAULT))
    assert not by_itself(lab.situation, booted)
    lab.see(back(VAULT))
    assert by_itself(lab.situation, booted), "it was proven, and the outage waits for others"
    assert by_itself(lab.situation, RESET), "it runs on another host"


@pytest.mark.parametrize("start", [RESET, replace(well(ATLAS, "inside"), facts={"started": "now"})])
def test_a_loop_is_one_incident_in_calm_and_ends_only_once_it_is_quiet_and_proven(start):
    lab = Desk()
    for number in range(3, 9):
        again = loop(number, MINUTE, start=start)
        lab.see(start, *([again] if again.health is Health.FAIL else []))
    assert (lab.only.kind, lab.only.subject) == (Kind.KEEPS_RESTARTING, start.target)
    assert len(lab.broadcasts()) == 0, "its card tells it"
    lab.now += 70 * MINUTE
    lab.see(*calm(lab.situation, [(Fingerprint(RESTARTS, start.target), NOON)], lab.now))
    assert not lab.only.ended
    lab.see(well(start.target, "boot", running=True))
    assert lab.only.resolution == "all proven healthy"


def test_a_loop_after_an_outage_is_told_by_itself_and_holds_the_outage_open():
    lab = Desk()
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(loop(4, MINUTE))
    lab.wait(10 * MINUTE)
    assert [(one.kind, one.subject) for one in lab.live] == [(Kind.POWER_LOSS, RACK), (Kind.KEEPS_RESTARTING, VM)]
    assert lab.incidents[1].unproven == (VM,)
