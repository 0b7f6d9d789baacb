"""Machines that start anew by themselves again and again: what counts, when it is told, and when it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import RESTARTED_AT, RESTARTS, STATE, Fingerprint, Health, Kind
from bot.core.incident import IncidentId, Status
from bot.core.incidents.reboots import Boots, power_was_lost
from bot.core.incidents.restarts import MOST, calm, counted, counts
from bot.core.incidents.situation import Gap
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    NOON,
    RACK,
    VAULT,
    Desk,
    back,
    gone,
    inventory,
    mains_stay,
    on_battery,
    powered_on,
    unseen,
    up,
    well,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
VM = GUESTS[0]
BOOTED = replace(well(ATLAS, "inside"), facts={"started": "now"})
RESET = replace(powered_on(VM), facts={"started": "now"})


def loop(times: int, every: timedelta, *, start=RESET, failing=False, lab=None):
    """What the last of so many restarts comes to."""
    lab = lab or Desk()
    told = counted(lab.situation, start, "", failing=failing)
    for number in range(1, times):
        at, fails = NOON + number * every, told.health is Health.FAIL
        told = counted(lab.situation, replace(start, at=at), told.facts[RESTARTED_AT], failing=failing or fails)
    return told


def test_three_restarts_are_no_loop_and_four_within_an_hour_are():
    assert (loop(3, MINUTE).health, loop(3, MINUTE).kind) == (Health.OK, None)
    looping = loop(4, MINUTE)
    assert (looping.health, looping.kind, looping.stated) == (Health.FAIL, Kind.KEEPS_RESTARTING, True)
    assert looping.why == "it has started anew 4 times within 3 min, and I did not do it"
    assert loop(4, 21 * MINUTE).health is Health.OK, "these took longer than an hour"


def test_a_single_restart_says_that_it_was_one():
    assert loop(1, MINUTE).why == "it has started anew once, and I did not do it"


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
def test_what_was_to_start_and_what_only_may_have_started_does_not_count(seen):
    assert not counts(Desk().situation, seen)


def test_the_first_start_after_an_outage_is_none_and_the_next_one_is():
    lab, booted = Desk(), replace(well(VAULT, "inside"), facts={"started": "now"})
    assert counts(lab.situation, booted)
    lab.see(gone(VAULT))
    assert not counts(lab.situation, booted)
    lab.see(back(VAULT))
    assert counts(lab.situation, booted), "it was proven, and the outage waits for others"
    assert counts(lab.situation, RESET), "it runs on another host"


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


def test_a_loop_after_an_outage_is_told_by_itself_and_the_outage_waits_only_for_it_to_stay_well():
    lab = Desk()
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(RESET, loop(4, MINUTE))
    lab.see(replace(RESET, facts={}))
    lab.wait(10 * MINUTE)
    assert [(one.kind, one.subject) for one in lab.live] == [(Kind.POWER_LOSS, RACK), (Kind.KEEPS_RESTARTING, VM)]
    assert lab.incidents[1].unproven == (VM,)
    lab.see(well(VM, "boot", running=True))
    lab.now += lab.rules.grace
    lab.see(well(VM, "boot", running=True))
    assert [(one.kind, one.failing) for one in lab.live] == [(Kind.KEEPS_RESTARTING, {Fingerprint(RESTARTS, VM)})]


def flicker(lab, at):
    """The power went and came back within seconds: atlas and vault have booted, and nobody saw it."""
    lab.now = NOON + at
    booted = dict.fromkeys((ATLAS, VAULT), lab.now)
    boots = Boots(Gap(lab.now - 10 * SECOND, lab.now), booted, watched=True)
    lab.take(power_was_lost(lab.situation, boots, lab.now))
    lab.see(well(ATLAS, "inside"), well(VAULT, "inside"))


def test_boots_that_a_power_failure_explains_are_no_restarts():
    lab, kept = Desk(targets=inventory(powered=False)), ""
    for number in range(5):
        at = number * 2 * MINUTE
        booted = replace(BOOTED, at=NOON + at)
        assert counts(lab.situation, booted), "what it was is concluded only after that"
        told = counted(lab.situation, booted, kept, failing=False)
        assert (told.health, told.why) == (Health.OK, "it has started anew once, and I did not do it")
        kept = told.facts[RESTARTED_AT]
        flicker(lab, at)
    assert lab.only.spans.count == 5
    alone = replace(BOOTED, at=lab.now + 10 * MINUTE)
    assert counted(lab.situation, alone, kept, failing=False).why.startswith("it has started anew once"), "this is"
    assert not counts(lab.situation, replace(BOOTED, at=NOON + 30 * SECOND)), "it is told late"


def test_what_restarts_while_a_ups_is_on_battery_is_not_explained_by_that():
    lab = Desk()
    lab.see(on_battery())
    lab.incidents[IncidentId(1)] = replace(lab.only, members={})
    assert counts(lab.situation, BOOTED)


def test_an_outage_of_a_host_that_keeps_restarting_is_one_of_its_own_and_over_once_it_is_back():
    lab = Desk()
    lab.see(BOOTED, loop(4, MINUTE, start=BOOTED))
    lab.see(gone(ATLAS))
    assert [one.kind for one in lab.live] == [Kind.KEEPS_RESTARTING, Kind.HOST_DOWN]
    lab.see(back(ATLAS))
    assert lab.incidents[2].status is Status.RECOVERING
    lab.see(loop(5, MINUTE, start=BOOTED))
    assert lab.incidents[2].failing == set()


def test_guests_that_keep_restarting_together_are_an_incident_each():
    lab = Desk()
    lab.see(*(loop(4, MINUTE, start=replace(RESET, fingerprint=Fingerprint(STATE, one))) for one in GUESTS[:5]))
    assert [one.kind for one in lab.live] == [Kind.KEEPS_RESTARTING] * 5


def test_an_outage_that_reopens_does_not_wait_for_an_hour_without_restarts():
    lab = Desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT), up(FILES))
    lab.wait(10 * MINUTE)
    assert lab.only.ended
    lab.see(loop(4, MINUTE, start=replace(RESET, fingerprint=Fingerprint(STATE, FILES))))
    lab.see(gone(VAULT))
    assert lab.incidents[1].members[FILES].failing == set()
