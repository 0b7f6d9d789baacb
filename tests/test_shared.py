"""What the rounds of all hypervisors know together."""

from datetime import UTC, datetime, timedelta

from bot.core.guest import GuestState, Power, Reason
from bot.core.health import STATE, Fingerprint, Health, Observation, Target, TargetId, guest_id
from bot.core.incidents.member import WHEREABOUTS
from bot.monitoring.last_seen import LastSeen
from bot.rounds.shared import Shared

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB1 = Target(guest_id("u1"), runs_on=TargetId("host:atlas"), name="web1")
RUNS = {"u1": GuestState("web1", Power.RUNNING, uuid="u1")}


def test_of_a_guest_that_left_a_machine_with_two_names_it_is_told_that_the_second_may_be_where_it_went():
    """By its URI it is the first; where lab.yaml means another machine by it, that can't be asked."""
    shared = Shared({}, lambda: None, LastSeen(lambda: NOW, timedelta(minutes=5)))
    shared.release = dict.fromkeys(("atlas", "borea"), lambda _guests: None)
    shared.places = shared.places.doubled({"borea"})
    shared.heard("atlas", RUNS)
    shared.heard("borea", RUNS)
    shared.lost("borea")
    shared.heard("atlas", {})
    shared.lost("borea")
    [seen] = shared.whereabouts(lambda _check: False, NOW, timedelta(0)).missing([WEB1])
    assert (seen.health, seen.fingerprint.check) == (Health.FAIL, WHEREABOUTS)
    assert "borea can't be asked whether it moved there" in seen.why


def test_a_guest_that_migrated_is_down_once_the_host_it_may_have_gone_to_has_not_got_it_either():
    shared = Shared({}, lambda: None, LastSeen(lambda: NOW, timedelta(minutes=5)))
    shared.release = dict.fromkeys(("atlas", "borea"), lambda _guests: None)
    shared.heard("atlas", RUNS)
    shared.heard("borea", {})
    shared.after(power(running=True), "atlas")
    shared.lost("borea")
    shared.heard("atlas", {"u1": GuestState("web1", Power.OFF, Reason.MIGRATED, uuid="u1")})
    gone = power(running=False, stopped="moved away")
    assert shared.after(gone, "atlas").health is Health.UNKNOWN
    [seen] = shared.whereabouts(lambda _check: False, NOW, timedelta(0)).missing([WEB1])
    assert "borea can't be asked whether it moved there" in seen.why
    shared.heard("borea", {})
    assert shared.after(gone, "atlas").health is Health.FAIL


def power(*, running: bool, **facts: str) -> Observation:
    """What a hypervisor tells of that guest's power."""
    return Observation(Fingerprint(STATE, WEB1.id), Health.OK, NOW, "so it is", running=running, facts=facts)
