"""A machine that an incident waits for: what proves it, what disproves it, and what is still missing."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from bot.core.health import CheckName, Evidence, Health, Proof, Target
from bot.core.incidents.condition import lacks
from bot.core.incidents.evidence import Requirement, requirement
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.member import INVENTORY, Ground, Member, Standing
from bot.core.incidents.outcome import outcome, standings
from tests.core.labs import (
    ATLAS,
    GUESTS,
    NOON,
    RACK,
    crashed,
    fails,
    off,
    on_battery,
    on_mains,
    paused,
    powered_on,
    unseen,
    up,
    well,
)

SECOND = timedelta(seconds=1)
VM = GUESTS[0]
HTTP = CheckName("http")
STATE = frozenset({CheckName("state")})
INSIDE = Requirement()
POWER_DOES = requirement(Target(VM, proof=Proof.RUNNING), frozenset(), SECOND)
STEADY = requirement(Target(RACK), frozenset(), 30 * SECOND)
WORD = Ground(Standing.WORD, "an answer", NOON, by="U1")


def ran(**parts) -> Member:
    """A guest that ran before."""
    return replace(Member(VM, was_running=True), **parts)


def after(member: Member, *seen, needs: Requirement = INSIDE) -> Member:
    for one in seen:
        member = member.after(one, needs)
    return member


def at(seconds: int, seen):
    return replace(seen, at=NOON + seconds * SECOND)


def test_a_member_is_proven_once_it_is_seen_well():
    assert not ran().proven
    assert after(ran(), up(VM)).proven


def test_it_says_what_proved_it_by_which_check_and_when():
    ground = after(ran(), well(VM, "boot", running=True)).ground
    assert ground == Ground(Standing.PROVEN, "well", NOON, CheckName("boot"))
    assert ground.evidence is Evidence.INSIDE


def test_a_member_that_ran_is_not_proven_by_being_off():
    assert not after(ran(), off(VM)).proven


def test_a_member_that_someone_shut_down_is_as_that_person_wanted_it():
    assert after(ran(running=True), off(VM, on_purpose=True)).standing is Standing.WANTED_OFF


def test_what_nobody_has_seen_running_since_it_was_in_doubt_was_not_seen_to_be_shut_down():
    assert after(ran(), off(VM, on_purpose=True)).standing is Standing.UNPROVEN


def test_what_is_off_as_it_was_stays_as_it_was():
    vouched = ran(running=False).settled(WORD)
    assert after(vouched, off(VM)) == vouched


HOW = ("paused by a person", "put back to a paused snapshot", "paused", "suspended")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("was", [up(VM), WORD], ids=["proven", "on someone's word"])
def test_what_is_paused_is_in_doubt_whatever_was_known_of_it(was, how):
    member = ran(running=True).settled(was) if was is WORD else after(ran(), was)
    held = after(member, paused(VM, how))
    assert (held.standing, held.running, held.paused) == (Standing.UNPROVEN, False, True)
    assert lacks(held, Target(VM), INSIDE) == "it is paused, and it ran before"


def test_nothing_that_answers_for_what_is_paused_is_that_machine():
    """A copy of it, or another machine at its address."""
    held = after(ran(), up(VM), paused(VM))
    assert after(held, well(VM, "boot", running=True), well(VM, "http")) == held
    assert not after(held, powered_on(VM)).proven, "it goes on, and nobody has looked inside since"
    assert after(held, powered_on(VM), well(VM, "boot", running=True)).proven


def test_what_was_paused_before_nobody_could_look_proves_nothing_until_its_hypervisor_tells_of_it():
    unsure = after(ran(), paused(VM)).in_doubt(NOON)
    assert not after(unsure, well(VM, "http")).proven
    assert after(unsure, powered_on(VM), well(VM, "http")).proven


def test_what_is_paused_to_be_saved_was_shut_down_by_whoever_saved_it():
    assert after(ran(running=True), paused(VM), off(VM, on_purpose=True)).standing is Standing.WANTED_OFF


def test_what_is_cut_off_while_it_is_paused_is_off():
    member = after(ran(running=True), paused(VM), off(VM))
    assert lacks(member, Target(VM), INSIDE) == "it is off, and it ran before"


def test_power_proves_nothing_of_what_is_inside():
    powered = after(ran(), powered_on(VM))
    assert not powered.proven
    assert after(powered, well(VM, "boot", running=True)).proven


def test_power_is_accepted_of_an_appliance_and_that_is_said():
    powered = after(ran(), powered_on(VM), needs=POWER_DOES)
    assert (powered.proven, powered.standing) == (True, Standing.ACCEPTED)


def test_an_appliance_of_which_nothing_is_known_to_run_is_not_accepted():
    unsure = replace(powered_on(VM), running=None)
    assert not after(ran(), unsure, needs=POWER_DOES).proven


def test_what_was_seen_inside_counts_until_it_fails_or_is_off():
    member = after(ran(), up(VM))
    assert after(member, powered_on(VM)).proven
    assert not after(member, crashed(VM), powered_on(VM)).proven
    assert not after(member, off(VM), powered_on(VM)).proven


def test_a_machine_that_starts_anew_has_to_be_seen_anew():
    started = replace(powered_on(VM), facts=MappingProxyType({"started": "now"}))
    again = after(ran(), up(VM), started)
    assert (again.proven, again.running) == (False, True)
    assert after(again, up(VM)).proven


RESET = replace(powered_on(VM), facts=MappingProxyType({"started": "now"}))
LASTING = requirement(Target(VM), frozenset(), SECOND, 600 * SECOND)


def test_what_starts_anew_by_itself_after_it_was_proven_has_to_stay_well_for_a_while():
    looping = after(ran(), at(1, up(VM)), at(9, RESET), at(30, up(VM)), at(40, RESET), needs=LASTING)
    assert lacks(looping, Target(VM), LASTING).endswith("; it has restarted 2 times since it was proven")
    shown = after(looping, at(50, up(VM)), at(649, up(VM)), needs=LASTING)
    words = "it has to stay well for 10 min; it has restarted 2 times since it was proven"
    assert (shown.proven, lacks(shown, Target(VM), LASTING)) == (False, words)
    assert after(shown, at(650, up(VM)), needs=LASTING).standing is Standing.PROVEN


def test_that_its_agent_is_silent_before_it_restarts_makes_it_no_start_that_was_due():
    silent = replace(powered_on(VM), facts={"started": "maybe"})
    assert after(ran(), up(VM), silent, RESET, needs=LASTING).restarts == 1


def test_the_first_start_after_the_power_was_back_proves_it_as_ever():
    began = after(ran(), RESET, up(VM), needs=LASTING)
    assert (began.standing, began.restarts) == (Standing.PROVEN, 0)
    assert began.asked_again(NOON, NOON) == began, "it was proven since"
    gone_off = began.asked_again(NOON + 2 * SECOND, NOON + SECOND)
    assert gone_off.restarts is None, "it may have gone off with what is over only now"
    assert after(began, RESET, needs=LASTING).asked_again(NOON, NOON).restarts is None


def test_what_it_was_asked_to_do_is_no_restart_by_itself():
    assert after(ran(), up(VM), RESET.not_by_itself(), up(VM), needs=LASTING).proven
    assert up(VM).not_by_itself() == up(VM)


def test_a_persons_word_stands_for_what_has_restarted():
    waits = after(ran(), up(VM), RESET, up(VM), needs=LASTING)
    assert after(waits.vouched("U1", "an answer", NOON), up(VM), needs=LASTING).standing is Standing.WORD


def test_what_was_seen_before_it_failed_and_is_heard_later_proves_nothing():
    back = after(ran(), at(5, crashed(VM)), at(6, powered_on(VM)))
    assert not after(back, at(4, well(VM, "boot", running=True))).proven
    assert after(back, at(7, well(VM, "boot", running=True))).proven


def test_a_member_is_proven_when_the_last_of_its_checks_no_longer_fails():
    hurt = after(ran(failing=frozenset({HTTP})), crashed(VM))
    assert hurt.failing == {"http", "state"}
    assert after(hurt, up(VM)).failing == {"http"}
    assert not after(hurt, up(VM)).proven
    assert after(hurt, up(VM), well(VM, "http")).proven


def test_each_check_that_lab_yaml_gives_it_has_to_pass():
    needs = Requirement(checks=frozenset({HTTP, CheckName("dns")}))
    booted = after(ran(), up(VM), well(VM, "http"), needs=needs)
    assert not booted.proven
    assert lacks(booted, Target(VM), needs) == "dns has not passed"
    assert after(booted, well(VM, "dns"), needs=needs).proven


def test_a_check_that_passed_before_it_failed_has_to_pass_again():
    needs = Requirement(checks=frozenset({HTTP}))
    again = after(ran(), well(VM, "http"), crashed(VM), up(VM), needs=needs)
    assert lacks(again, Target(VM), needs) == "http has not passed"
    assert after(again, well(VM, "http"), needs=needs).proven


def test_a_check_of_its_own_proves_a_guest_into_which_nobody_can_look():
    needs = Requirement(checks=frozenset({HTTP}))
    assert after(ran(), powered_on(VM), well(VM, "http"), needs=needs).proven


def test_that_its_ssh_port_is_open_passes_and_proves_nothing():
    needs = requirement(Target(ATLAS), frozenset({CheckName("door")}), SECOND)
    door = replace(well(ATLAS, "door"), evidence=Evidence.OUTSIDE)
    reached = after(Member(ATLAS, was_running=False), door, door, needs=needs)
    assert (reached.passed, reached.standing) == ({"door"}, Standing.UNPROVEN)
    assert lacks(reached, Target(ATLAS), needs).startswith("an answer from inside: SSH with its known host key")
    inside = after(reached, at(1, well(ATLAS, "inside")), needs=needs)
    assert (inside.standing, inside.ground.check) == (Standing.PROVEN, "inside")


def test_what_shows_it_well_counts_once_the_check_that_proves_nothing_has_passed_too():
    needs = requirement(Target(ATLAS), frozenset({CheckName("door")}), SECOND)
    door = replace(well(ATLAS, "door"), evidence=Evidence.OUTSIDE)
    inside = after(Member(ATLAS, was_running=False), well(ATLAS, "inside"), needs=needs)
    assert lacks(inside, Target(ATLAS), needs) == "door has not passed"
    proven = after(inside, at(1, door), needs=needs)
    assert (proven.standing, proven.ground.check) == (Standing.PROVEN, "inside")
    assert not after(inside, at(1, fails(ATLAS, None, check="inside")), at(2, door), needs=needs).proven


def test_an_open_ssh_port_is_accepted_of_a_host_whose_owner_accepts_power():
    needs = requirement(Target(ATLAS, proof=Proof.RUNNING), frozenset({CheckName("door")}), SECOND)
    door = replace(well(ATLAS, "door"), evidence=Evidence.OUTSIDE)
    assert after(Member(ATLAS, was_running=False), door, needs=needs).standing is Standing.ACCEPTED


def test_a_ups_has_to_stay_on_line_for_a_while():
    lost = after(Member(RACK, was_running=False), on_battery(), needs=STEADY)
    back = after(lost, at(10, on_mains()), at(39, on_mains()), needs=STEADY)
    assert not back.proven
    assert lacks(back, Target(RACK), STEADY) == "it has to stay well for 30 s"
    assert after(back, at(40, on_mains()), needs=STEADY).proven


def test_a_ups_that_flickers_begins_anew():
    back = after(Member(RACK, was_running=False), at(0, on_mains()), at(10, on_battery()), needs=STEADY)
    assert not after(back, at(11, on_mains()), at(40, on_mains()), needs=STEADY).proven


@pytest.mark.parametrize("needs", [INSIDE, POWER_DOES, STEADY])
def test_a_look_that_showed_nothing_proves_and_disproves_nothing(needs):
    for member in (ran(), after(ran(), up(VM)), after(ran(), crashed(VM))):
        assert member.after(unseen(VM), needs) is member


@pytest.mark.parametrize("evidence", [one for one in Evidence if one is not Evidence.INSIDE])
def test_only_what_was_seen_inside_proves(evidence):
    assert not after(ran(), replace(up(VM), evidence=evidence)).proven


def test_a_member_in_doubt_must_be_seen_anew_and_what_failed_still_fails():
    doubted = after(ran(), up(VM)).in_doubt(NOON)
    assert not doubted.proven
    assert after(doubted, up(VM)).proven
    assert after(ran(), crashed(VM)).in_doubt(NOON).failing == STATE


def test_it_is_unproven_since_it_was_first_in_doubt():
    hurt = after(ran(), up(VM), at(5, crashed(VM)), at(9, crashed(VM)))
    assert hurt.unproven_since == NOON + 5 * SECOND
    assert after(hurt, at(10, up(VM))).unproven_since is None


def test_what_is_known_to_fail_now_disproves_what_was_seen():
    well_before = after(ran(), up(VM))
    assert not well_before.failing_now(STATE, NOON).failing_now(frozenset(), NOON).proven
    assert well_before.failing_now(frozenset(), NOON).proven


def test_a_word_holds_until_it_fails_and_gives_way_to_proof():
    vouched = ran().settled(WORD)
    assert after(vouched, powered_on(VM)).standing is Standing.WORD
    assert after(vouched, up(VM)).standing is Standing.PROVEN
    assert not after(vouched, crashed(VM), powered_on(VM)).proven


def test_one_look_inside_is_enough_and_the_first_is_kept():
    seen = after(ran(), at(1, up(VM)), at(2, up(VM)))
    assert seen.ground.at == NOON + SECOND


def test_that_a_machine_answers_shows_nothing_of_what_differs_and_a_person_said_is_well():
    differs = ran().changed((Change("disk /img/data", "its disk /img/data is not there"),))
    vouched = differs.vouched("U1", "its disk", NOON)
    assert after(vouched, up(VM)).standing is Standing.WORD
    assert not after(vouched, crashed(VM)).proven


def test_power_does_not_take_the_place_of_a_persons_word():
    assert after(ran().settled(WORD), powered_on(VM), needs=POWER_DOES).standing is Standing.WORD


def test_what_its_host_no_longer_knows_is_missing_whatever_else_fails():
    lost = ran(failing=STATE | {INVENTORY})
    assert (lost.missing, lost.standing, lost.proven) == (True, Standing.MISSING, False)
    assert lacks(lost, Target(VM), INSIDE) == "its host no longer knows it"


def test_it_says_what_it_lacks():
    guest = Target(VM)
    assert lacks(after(ran(), up(VM)), guest, INSIDE) == ""
    assert lacks(after(ran(), crashed(VM)), guest, INSIDE) == "failing: state"
    assert lacks(after(ran(), off(VM)), guest, INSIDE) == "it is off, and it ran before"
    assert lacks(after(ran(), powered_on(VM)), guest, INSIDE).startswith("its agent's answer, a login prompt")
    assert lacks(ran(), Target(VM, proof=Proof.RUNNING), POWER_DOES) == "that it runs"


def test_a_stepped_clock_moves_all_its_times():
    member = after(ran(), at(1, crashed(VM)), at(2, up(VM))).shifted(60 * SECOND)
    assert (member.counts_from, member.well_since) == (NOON + 61 * SECOND, NOON + 62 * SECOND)
    assert (member.unproven_since, member.ground.at) == (None, NOON + 62 * SECOND)
    assert member.shown.at == NOON + 62 * SECOND
    assert ran().shifted(SECOND) == ran()


def test_each_is_counted_in_one_place_and_the_numbers_add_up():
    members = [
        after(ran(), up(VM)),
        replace(ran(failing=STATE), target=GUESTS[1]),
        replace(ran(failing=frozenset({INVENTORY})), target=GUESTS[2]),
        replace(ran(), target=GUESTS[3]),
        replace(ran().settled(WORD), target=GUESTS[4]),
        Member(ATLAS, was_running=False, ground=Ground(Standing.UNTOUCHED, "", NOON)),
    ]
    found = standings(members)
    assert list(found) == [
        Standing.PROVEN,
        Standing.UNTOUCHED,
        Standing.WORD,
        Standing.UNPROVEN,
        Standing.MISSING,
        Standing.FAILING,
    ]
    assert sum(map(len, found.values())) == len(members)


def test_an_outcome_claims_no_more_than_was_seen():
    proven, word = after(ran(), up(VM)), ran().settled(WORD)
    assert outcome([]) == "nothing is left to wait for"
    assert outcome([proven, proven]) == "all proven healthy"
    assert outcome([proven, word]) == "1 proven healthy, 1 on someone's word"


def test_a_failure_of_any_sort_is_a_failure():
    assert after(ran(), fails(VM, None, check="http")).standing is Standing.FAILING
    assert after(ran(), replace(up(VM), health=Health.FAIL)).standing is Standing.FAILING
