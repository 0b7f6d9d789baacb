"""The incident: its table of moves, its members, and what an observation changes."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.core.health import CheckName, Fingerprint, Kind
from bot.core.incident import TRANSITIONS, IllegalMove, Incident, IncidentId, Member, Move, Status
from tests.core.labs import ATLAS, GUESTS, NOON, back, crashed, gone, off, powered_on, unseen, up, well

LATER = NOON + timedelta(minutes=5)
VM = GUESTS[0]
PRINT = Fingerprint(CheckName("hypervisor"), ATLAS)
STATE = frozenset({CheckName("state")})


def incident(status=Status.OPEN, **parts):
    own = frozenset({PRINT})
    made = Incident(IncidentId(7), Kind.HOST_DOWN, ATLAS, "no answer", NOON, NOON, status, own, own)
    return replace(made, **parts)


@pytest.mark.parametrize(("status", "move"), [pair for pair in product(Status, Move) if pair not in TRANSITIONS])
def test_what_is_not_in_the_table_raises_and_says_why(status, move):
    with pytest.raises(IllegalMove, match=f"^cannot {move} incident 7: because it is {status}$"):
        incident(status).move(move, LATER)


@pytest.mark.parametrize(("status", "move"), TRANSITIONS)
def test_what_is_in_the_table_leads_where_it_says_and_is_progress(status, move):
    moved = incident(status).move(move, LATER, by="U1", why="new disk")
    assert (moved.status, moved.progress_at) == (TRANSITIONS[status, move], LATER)


def test_every_unresolved_status_can_be_resolved():
    assert all((status, Move.RESOLVE) in TRANSITIONS for status in Status if status is not Status.RESOLVED)


def test_an_acknowledgement_names_who_and_when_and_goes_when_it_is_taken_back():
    held = incident().move(Move.ACKNOWLEDGE, LATER, by="U1")
    assert (held.acknowledged_by, held.acknowledged_at) == ("U1", LATER)
    freed = held.move(Move.TAKE_BACK, LATER)
    assert (freed.acknowledged_by, freed.acknowledged_at) == (None, None)


def test_while_it_recovers_one_person_takes_it_on_and_no_second_one():
    held = incident(Status.RECOVERING).move(Move.ACKNOWLEDGE, LATER, by="U1")
    assert held.status is Status.RECOVERING
    with pytest.raises(IllegalMove, match="because <@U1> has it already"):
        held.move(Move.ACKNOWLEDGE, LATER, by="U2")


def test_what_fails_again_is_open_or_acknowledged_as_it_was_before():
    recovering = incident().move(Move.RECOVER, LATER)
    assert recovering.recovering_since == LATER
    again = recovering.move(Move.RELAPSE, LATER)
    assert (again.status, again.recovering_since) == (Status.OPEN, None)
    held = incident().move(Move.ACKNOWLEDGE, NOON, by="U1").move(Move.RECOVER, LATER).move(Move.RELAPSE, LATER)
    assert (held.status, held.acknowledged_by) == (Status.ACKNOWLEDGED, "U1")


def test_a_resolution_says_who_when_and_why():
    over = incident().move(Move.RESOLVE, LATER, by="U1", why="new disk")
    assert (over.ended, over.resolved_at, over.resolved_by, over.resolution) == (True, LATER, "U1", "new disk")


def test_reopening_forgets_the_acknowledgement_and_the_resolution():
    over = incident().move(Move.ACKNOWLEDGE, NOON, by="U1").move(Move.RESOLVE, LATER, by="U1", why="new disk")
    again = over.move(Move.REOPEN, LATER)
    assert again == incident(progress_at=LATER)


def test_a_member_is_proven_once_it_is_seen_well():
    assert not Member(VM, was_running=True).proven
    assert Member(VM, was_running=True).after(up(VM)).proven


def test_a_member_that_ran_is_not_proven_by_being_off():
    assert not Member(VM, was_running=True).after(off(VM)).proven


def test_a_member_that_someone_shut_down_is_as_that_person_wanted_it():
    assert Member(VM, was_running=True).after(off(VM, on_purpose=True)).proven


def test_power_proves_nothing_of_what_is_inside():
    powered = Member(VM, was_running=True).after(powered_on(VM))
    assert not powered.proven
    assert powered.after(well(VM, "boot", running=True)).proven


def test_what_was_seen_inside_counts_until_it_fails_or_is_off():
    member = Member(VM, was_running=True).after(up(VM))
    assert member.after(powered_on(VM)).proven
    assert not member.after(crashed(VM)).after(powered_on(VM)).proven
    assert not member.after(off(VM)).after(powered_on(VM)).proven


def test_a_member_is_proven_when_the_last_of_its_checks_no_longer_fails():
    hurt = Member(VM, was_running=True, failing=frozenset({CheckName("http")})).after(crashed(VM))
    assert hurt.failing == {"http", "state"}
    assert hurt.after(up(VM)).failing == {"http"}
    assert not hurt.after(up(VM)).proven


def test_a_look_that_showed_nothing_proves_and_disproves_nothing():
    member = Member(VM, was_running=True).after(up(VM))
    assert member.after(unseen(VM)) is member


def test_a_member_in_doubt_must_be_seen_anew_and_what_failed_still_fails():
    doubted = Member(VM, was_running=True).after(up(VM)).in_doubt()
    assert not doubted.proven
    assert doubted.after(up(VM)).proven
    assert Member(VM, was_running=True).after(crashed(VM)).in_doubt().failing == STATE


def test_an_incident_knows_which_of_its_own_checks_fail():
    assert incident().after(back(ATLAS)).failing == frozenset()
    assert incident(failing=frozenset()).after(gone(ATLAS)).failing == {PRINT}
    assert incident().after(unseen(ATLAS, "hypervisor")) == incident()


def test_an_incident_that_followed_nothing_for_a_while_is_brought_up_to_what_fails_now():
    held = incident(failing=frozenset()).with_member(Member(VM, was_running=True, failing=STATE))
    assert held.brought_up_to([PRINT], [ATLAS, VM]).failing == {PRINT}
    assert held.brought_up_to([crashed(VM).fingerprint], [ATLAS, VM]).members[VM].failing == STATE
    assert held.brought_up_to([], [ATLAS, VM]).members[VM].failing == frozenset()
    assert held.brought_up_to([], [ATLAS]).members == {}
    assert held.brought_up_to([PRINT], [VM]).own == frozenset()


def test_an_incident_takes_note_of_members_and_of_nobody_else():
    held = incident().with_member(Member(VM, was_running=True))
    assert held.unproven == (VM,)
    assert held.after(up(VM)).unproven == ()
    assert held.after(crashed(GUESTS[1])) == held
