"""How a target is now: only what is proven is well."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.health import (
    HYPERVISOR,
    INSIDE,
    ROOT,
    STATE,
    CheckName,
    Evidence,
    Health,
    Kind,
    Proof,
    Target,
    TargetId,
)
from bot.core.incidents.condition import Condition, Result, is_proven, old, state_of
from bot.core.incidents.evidence import Requirement
from bot.core.incidents.member import Ground, Member, Standing

NOW = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
WEB1, ATLAS, RACK = (Target(TargetId(name)) for name in ("guest:web1", "host:atlas", "ups:rack"))
BOOT, WEB = CheckName("boot"), CheckName("web")
POWER = Result(STATE, Health.OK, Evidence.OUTSIDE)
PAUSED = replace(POWER, running=None)
LOGIN = Result(BOOT, Health.OK, Evidence.INSIDE)
OLD_LOGIN = Result(BOOT, Health.OK, Evidence.OUTSIDE)
SILENT = Result(BOOT, Health.UNKNOWN, Evidence.NONE)
LET_IN = Result(CheckName("watching"), Health.OK, Evidence.NONE)
REFUSED = Result(HYPERVISOR, Health.FAIL, Evidence.NONE, Kind.CANNOT_WATCH)
ANYTHING = Requirement()
BY_POWER = Requirement(frozenset({Evidence.INSIDE, Evidence.OUTSIDE}))


@pytest.mark.parametrize(
    ("results", "running", "condition"),
    [
        ([POWER, LOGIN], True, Condition.WELL),
        ([POWER], True, Condition.UNPROVEN),
        ([POWER, SILENT], True, Condition.UNPROVEN),
        ([POWER, OLD_LOGIN], True, Condition.UNPROVEN),
        ([POWER, Result(BOOT, Health.FAIL, Evidence.INSIDE)], True, Condition.FAILING),
        ([POWER], False, Condition.OFF),
        ([Result(STATE, Health.UNKNOWN, Evidence.NONE), LOGIN], True, Condition.UNSEEN),
        ([], None, Condition.UNSEEN),
        ([LET_IN], None, Condition.UNSEEN),
        ([REFUSED], None, Condition.UNSEEN),
    ],
)
def test_a_guest_is_well_only_where_something_was_seen_inside(results, running, condition):
    assert state_of(WEB1, ANYTHING, results, running=running).condition is condition


@pytest.mark.parametrize("running", [True, None])
def test_what_was_well_inside_before_the_latest_start_is_not_known_to_be_now(running):
    before = old(Result(WEB, Health.OK, Evidence.INSIDE, running=running))
    assert state_of(WEB1, ANYTHING, [POWER, before], running=True).condition is Condition.UNPROVEN


def test_what_is_not_well_says_what_is_missing():
    assert "login prompt" in state_of(WEB1, ANYTHING, [POWER], running=True).lacks
    assert state_of(WEB1, ANYTHING, [POWER, LOGIN], running=True).lacks == ""
    assert state_of(WEB1, ANYTHING, [POWER], running=False).lacks == "it is off"
    failing = state_of(WEB1, ANYTHING, [Result(STATE, Health.FAIL, Evidence.INSIDE)], running=False)
    assert failing.lacks == "failing: state"


def test_each_check_of_its_own_has_to_pass():
    needs = Requirement(checks=frozenset({WEB}))
    waits = state_of(WEB1, needs, [POWER, LOGIN, Result(WEB, Health.UNKNOWN, Evidence.NONE)], running=True)
    assert (waits.condition, waits.lacks) == (Condition.UNPROVEN, "web has not passed")
    passed = [POWER, LOGIN, Result(WEB, Health.OK, Evidence.INSIDE)]
    assert state_of(WEB1, needs, passed, running=True).condition is Condition.WELL
    reached_alone = [POWER, Result(WEB, Health.OK, Evidence.OUTSIDE)]
    assert state_of(WEB1, needs, reached_alone, running=True).condition is Condition.UNPROVEN


def test_power_alone_is_accepted_where_the_owner_says_so_and_an_answer_from_inside_is_more():
    assert state_of(WEB1, BY_POWER, [POWER], running=True).condition is Condition.ACCEPTED
    assert state_of(replace(WEB1, proof=Proof.RUNNING), BY_POWER, [POWER, LOGIN], running=True).condition is (
        Condition.WELL
    )


def test_a_host_that_nobody_can_see_is_not_well_by_what_was_seen_of_it_before():
    needs = Requirement(checks=frozenset({HYPERVISOR, INSIDE}))
    dark = [Result(name, Health.UNKNOWN, Evidence.NONE) for name in (HYPERVISOR, INSIDE, ROOT)]
    assert state_of(ATLAS, needs, dark, running=None).condition is Condition.UNSEEN
    half = [Result(HYPERVISOR, Health.OK, Evidence.INSIDE), Result(INSIDE, Health.UNKNOWN, Evidence.NONE)]
    assert state_of(ATLAS, needs, half, running=None).condition is Condition.UNPROVEN
    root = [*dark[:2], Result(ROOT, Health.OK, Evidence.INSIDE)]
    assert state_of(ATLAS, needs, root, running=None).condition is Condition.UNPROVEN


@pytest.mark.parametrize(
    ("member", "results", "condition"),
    [
        (Member(WEB1.id, was_running=True), [POWER, LOGIN], Condition.UNPROVEN),
        (Member(WEB1.id, was_running=True), [], Condition.UNSEEN),
        (Member(WEB1.id, was_running=True, failing=frozenset({BOOT})), [POWER], Condition.FAILING),
        (
            Member(WEB1.id, was_running=True, ground=Ground(Standing.PROVEN, "", NOW)),
            [POWER, LOGIN],
            Condition.WELL,
        ),
        (Member(WEB1.id, was_running=True, ground=Ground(Standing.WORD, "", NOW)), [POWER], Condition.ACCEPTED),
        (
            Member(WEB1.id, was_running=True, ground=Ground(Standing.UNTOUCHED, "", NOW)),
            [POWER],
            Condition.UNPROVEN,
        ),
    ],
)
def test_what_an_incident_still_waits_for_is_not_well(member, results, condition):
    assert state_of(WEB1, ANYTHING, results, running=True, waited_for=member).condition is condition


def test_what_is_off_while_an_incident_waits_for_it_is_down_and_what_fails_meanwhile_fails():
    waited_for = Member(WEB1.id, was_running=True)
    assert state_of(WEB1, ANYTHING, [POWER], running=False, waited_for=waited_for).condition is Condition.DOWN
    fails = [Result(STATE, Health.FAIL, Evidence.INSIDE)]
    assert state_of(WEB1, ANYTHING, fails, running=False, waited_for=waited_for).condition is Condition.FAILING


def test_a_guest_that_is_paused_as_it_may_be_is_not_well_by_what_it_showed_before():
    paused = state_of(WEB1, ANYTHING, [PAUSED, LOGIN], running=True)
    assert (paused.condition, paused.lacks) == (Condition.PAUSED, "it is paused")
    assert not is_proven(ANYTHING, [PAUSED, LOGIN])


def test_what_is_paused_while_an_incident_waits_for_it_is_down():
    waited_for = Member(WEB1.id, was_running=True, running=False, paused=True)
    held = state_of(WEB1, ANYTHING, [PAUSED, LOGIN], running=True, waited_for=waited_for)
    assert (held.condition, held.lacks) == (Condition.DOWN, "it is paused, and it ran before")
