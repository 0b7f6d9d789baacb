"""The words of observing."""

from bot.core.health import CheckName, Fingerprint, Health, Target, TargetId, TargetKind, name_of, target_id
from tests.core.labs import ATLAS, NOON, RACK, VAULT, up


def test_a_target_is_named_by_its_kind_and_what_people_call_it():
    web1 = Target(target_id(TargetKind.GUEST, "web1"))
    assert (web1.id, web1.kind, web1.name) == ("guest:web1", TargetKind.GUEST, "web1")


def test_a_name_may_hold_a_colon():
    assert name_of(TargetId("service:http://files:8080")) == "http://files:8080"


def test_a_target_has_as_parents_what_it_cant_do_without_nearest_first():
    assert Target(TargetId("guest:web1"), runs_on=ATLAS, powered_by=RACK, behind=VAULT).parents == (
        ATLAS,
        RACK,
        VAULT,
    )
    assert Target(TargetId("ups:rack")).parents == ()


def test_a_fingerprint_reads_as_check_at_target():
    assert str(Fingerprint(CheckName("ssh"), ATLAS)) == "ssh@host:atlas"


def test_an_observation_is_about_its_fingerprints_target_and_has_no_facts_unless_told():
    seen = up(TargetId("guest:web1"))
    assert (seen.target, seen.health, seen.at, dict(seen.facts)) == ("guest:web1", Health.OK, NOON, {})
