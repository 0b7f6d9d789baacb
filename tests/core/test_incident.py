"""The incident: its table of moves, its members, and what an observation changes."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.core.health import CheckName, Fingerprint, Kind
from bot.core.incident import TRANSITIONS, End, IllegalMove, Incident, IncidentId, Member, Move, Status, Way
from bot.core.incidents.evidence import Requirement
from bot.core.incidents.lifecycle import OF_WHO_IS_ON_IT
from bot.core.incidents.member import Standing
from bot.core.incidents.spans import Spans
from tests.core.labs import ATLAS, GUESTS, NOON, back, crashed, gone, unseen, up

LATER = NOON + timedelta(minutes=5)
VM = GUESTS[0]
PRINT = Fingerprint(CheckName("hypervisor"), ATLAS)
STATE = frozenset({CheckName("state")})
INSIDE = Requirement()
ENDS = {Move.RESOLVE: Way.PROVEN, Move.CLOSE: Way.CLOSED, Move.MOVE: Way.MOVED, Move.WITHDRAW: Way.WITHDRAWN}


def incident(status=Status.OPEN, **parts):
    own = frozenset({PRINT})
    made = Incident(IncidentId(7), Kind.HOST_DOWN, ATLAS, "no answer", NOON, NOON, status, own, own)
    return replace(made, **parts)


@pytest.mark.parametrize(("status", "move"), [pair for pair in product(Status, Move) if pair not in TRANSITIONS])
def test_what_is_not_in_the_table_raises_and_says_why(status, move):
    taken_by = {"acknowledged_by": "U2"} if move in OF_WHO_IS_ON_IT else {}
    with pytest.raises(IllegalMove, match=f"^cannot {move} incident 7: because it is {status}$"):
        incident(status, **taken_by).move(move, LATER, by="U1")


@pytest.mark.parametrize(("status", "move"), TRANSITIONS)
def test_what_is_in_the_table_leads_where_it_says_and_is_progress(status, move):
    taken_by = {"acknowledged_by": "U2"} if move in OF_WHO_IS_ON_IT else {}
    moved = incident(status, **taken_by).move(move, LATER, by="U1", why="new disk")
    assert (moved.status, moved.progress_at) == (TRANSITIONS[status, move], LATER)


@pytest.mark.parametrize("move", ENDS)
def test_every_unresolved_status_can_end_in_each_way(move):
    assert all((status, move) in TRANSITIONS for status in Status if status is not Status.RESOLVED)


@pytest.mark.parametrize(("move", "way"), ENDS.items())
def test_an_end_says_of_which_kind_it_is(move, way):
    assert incident().move(move, LATER).end.way is way


def test_what_was_moved_or_withdrawn_never_reopens_and_says_why():
    moved = incident().move(Move.MOVE, LATER, into=IncidentId(3))
    assert moved.end == End(Way.MOVED, IncidentId(3))
    with pytest.raises(IllegalMove, match="cannot reopen incident 7: because it was moved to incident 3"):
        moved.move(Move.REOPEN, LATER)
    with pytest.raises(IllegalMove, match="because it was withdrawn"):
        incident().move(Move.WITHDRAW, LATER).move(Move.REOPEN, LATER)


@pytest.mark.parametrize("move", [Move.RESOLVE, Move.CLOSE])
def test_what_was_proven_or_closed_may_reopen_and_has_no_end_then(move):
    assert incident().move(move, LATER).move(Move.REOPEN, LATER).end is None


def test_an_acknowledgement_names_who_and_when_and_goes_when_it_is_taken_back():
    held = incident().move(Move.ACKNOWLEDGE, LATER, by="U1")
    assert (held.acknowledged_by, held.acknowledged_at) == ("U1", LATER)
    freed = held.move(Move.TAKE_BACK, LATER)
    assert (freed.acknowledged_by, freed.acknowledged_at) == (None, None)


def test_while_it_recovers_one_person_takes_it_on_and_no_second_one():
    held = incident(Status.RECOVERING).move(Move.ACKNOWLEDGE, LATER, by="U1")
    assert held.status is Status.RECOVERING
    with pytest.raises(IllegalMove, match=r"<@U1> is already on incident"):
        held.move(Move.ACKNOWLEDGE, LATER, by="U2")


@pytest.mark.parametrize("move", sorted(OF_WHO_IS_ON_IT))
@pytest.mark.parametrize("status", [Status.OPEN, Status.RECOVERING])
def test_what_nobody_is_on_can_neither_be_handed_back_nor_taken_over(status, move):
    with pytest.raises(IllegalMove, match=r"^nobody is on incident 7$"):
        incident(status).move(move, LATER, by="U1")


def test_it_is_taken_over_from_who_is_on_it_and_by_nobody_twice():
    held = incident().move(Move.ACKNOWLEDGE, NOON, by="U1")
    with pytest.raises(IllegalMove, match=r"<@U1> is already on incident 7.* `/lab take-over 7`"):
        held.move(Move.ACKNOWLEDGE, LATER, by="U2")
    taken = held.move(Move.TAKE_OVER, LATER, by="U2")
    assert (taken.status, taken.acknowledged_by, taken.acknowledged_at) == (Status.ACKNOWLEDGED, "U2", LATER)
    with pytest.raises(IllegalMove, match="you are already on incident 7"):
        taken.move(Move.TAKE_OVER, LATER, by="U2")


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
    told = {"reopened_at": LATER, "told_at": LATER, "spans": Spans().began(LATER)}
    assert again == incident(progress_at=LATER, **told)


def test_what_a_person_reopened_says_who_did_and_does_not_fail_since_then_unless_it_does():
    over = incident(failing=frozenset()).move(Move.RESOLVE, LATER)
    again = over.move(Move.REOPEN, LATER, by="U1")
    assert (again.reopened_by, again.reopened_at, again.spans) == ("U1", LATER, Spans())
    failing = incident().move(Move.CLOSE, NOON, by="U1").move(Move.REOPEN, LATER, by="U1")
    assert failing.spans == Spans().began(LATER)


def test_what_fails_again_fails_since_then():
    again = incident().move(Move.RECOVER, NOON).move(Move.RELAPSE, LATER)
    assert (again.spans, again.reopened_at) == (Spans().began(LATER), None)


def test_an_incident_knows_which_of_its_own_checks_fail():
    assert incident().after(back(ATLAS), INSIDE).failing == frozenset()
    assert incident(failing=frozenset()).after(gone(ATLAS), INSIDE).failing == {PRINT}
    assert incident().after(unseen(ATLAS, "hypervisor"), INSIDE) == incident()


def test_an_incident_that_followed_nothing_for_a_while_is_brought_up_to_what_fails_now():
    held = incident(failing=frozenset()).with_member(Member(VM, was_running=True, failing=STATE))
    assert held.brought_up_to([PRINT], [ATLAS, VM], LATER).failing == {PRINT}
    assert held.brought_up_to([crashed(VM).fingerprint], [ATLAS, VM], LATER).members[VM].failing == STATE
    assert held.brought_up_to([], [ATLAS, VM], LATER).members[VM].failing == frozenset()
    assert held.brought_up_to([], [ATLAS], LATER).members[VM].standing is Standing.UNWATCHED
    assert held.brought_up_to([PRINT], [VM], LATER).own == frozenset()


def test_an_incident_takes_note_of_members_and_of_nobody_else():
    held = incident().with_member(Member(VM, was_running=True))
    assert held.unproven == (VM,)
    assert held.after(up(VM), INSIDE).unproven == ()
    assert held.after(crashed(GUESTS[1]), INSIDE) == held


def test_a_stepped_clock_shifts_what_is_planned():
    step = timedelta(hours=3)
    held = incident().move(Move.RECOVER, LATER).with_member(Member(VM, was_running=True).after(up(VM), INSIDE))
    moved = held.shifted(step)
    assert (moved.progress_at, moved.recovering_since) == (LATER + step, LATER + step)
    assert moved.opened_at == held.opened_at + step
    assert moved.members[VM].ground.at == NOON + step
    assert incident().shifted(step).recovering_since is None
