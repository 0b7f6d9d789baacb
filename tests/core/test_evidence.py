"""What proves what, per kind of target; power proves nothing but where the owner accepts it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import CheckName, Evidence, Health, Proof, Target, TargetId, TargetKind
from bot.core.incidents.evidence import RULES, requirement, shows, wanted
from tests.core.labs import ATLAS, GUESTS, RACK, fails, off, powered_on, unseen, up

STEADY = timedelta(seconds=30)
VM = Target(GUESTS[0])
BOX = replace(VM, proof=Proof.RUNNING)


def target(kind: TargetKind) -> Target:
    return Target(TargetId(f"{kind}:x"))


@pytest.mark.parametrize("kind", TargetKind)
def test_every_kind_of_target_has_its_rule_in_words(kind):
    assert RULES[kind].wants
    assert wanted(target(kind)) == RULES[kind].wants


@pytest.mark.parametrize("kind", TargetKind)
@pytest.mark.parametrize("evidence", Evidence)
def test_only_an_answer_from_inside_proves(kind, evidence):
    seen = replace(up(target(kind).id), evidence=evidence)
    needs = requirement(target(kind), frozenset(), STEADY)
    assert needs.accepted(seen) is (evidence is Evidence.INSIDE)


def test_no_failure_and_no_blind_look_is_accepted_whatever_it_rests_on():
    for needs in (requirement(VM, frozenset(), STEADY), requirement(BOX, frozenset(), STEADY)):
        assert not needs.accepted(unseen(VM.id))
        assert not needs.accepted(fails(VM.id, None, check="x", running=True))
        assert not needs.accepted(off(VM.id))


def test_power_is_accepted_where_lab_yaml_says_so_and_only_of_what_runs():
    assert not requirement(VM, frozenset(), STEADY).accepted(powered_on(VM.id))
    needs = requirement(BOX, frozenset(), STEADY)
    assert needs.accepted(powered_on(VM.id))
    assert not needs.accepted(replace(powered_on(VM.id), running=None))


def test_a_ups_must_stay_well_and_nothing_else_has_to():
    steady = {kind: requirement(target(kind), frozenset(), STEADY).steady for kind in TargetKind}
    assert {kind for kind, time in steady.items() if time} == {TargetKind.UPS}
    assert steady[TargetKind.UPS] == STEADY


def test_its_own_checks_are_required():
    checks = frozenset({CheckName("http")})
    assert requirement(VM, checks, STEADY).checks == checks


def test_what_a_result_shows_is_said_in_words():
    inside, outside = Evidence.INSIDE, Evidence.OUTSIDE
    assert shows(VM, Health.UNKNOWN, inside, running=None) == ""
    assert shows(VM, Health.FAIL, inside, running=True) == ""
    assert shows(VM, Health.OK, inside, running=False) == ""
    assert shows(VM, Health.OK, inside, running=True) == ""
    assert shows(VM, Health.OK, outside, running=True) == "proves only that it is powered on"
    assert shows(BOX, Health.OK, outside, running=True) == "accepted, not looked inside"
    host = Target(ATLAS)
    assert shows(host, Health.OK, outside, running=None) == "proves only that it is reachable"
    accepted = replace(host, proof=Proof.RUNNING)
    assert shows(accepted, Health.OK, outside, running=None) == "accepted, not looked inside"
    assert shows(Target(RACK), Health.OK, outside, running=None) == "shows nothing of what is inside"
