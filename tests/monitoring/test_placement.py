"""Where guests are: on two hosts at once, or on none any more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from bot.core.guest import GuestState, Power, Reason
from bot.core.health import Evidence, Fingerprint, Health, Kind, Target, TargetId, guest_id
from bot.core.incidents.member import INVENTORY, WHEREABOUTS
from bot.core.placements import Placements
from bot.monitoring.placement import PLACEMENT, Whereabouts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOTH = frozenset({"atlas", "borea"})
PATIENCE = timedelta(minutes=10)
WEB1 = Target(guest_id("u1"), runs_on=TargetId("host:atlas"), name="web1")
FLEETING = Target(guest_id("u2"), name="ci-1", ephemeral=True)
RUNS = {"u1": GuestState("web1", Power.RUNNING, uuid="u1")}


def known(places: Placements, *failing: Fingerprint, alone=MappingProxyType({}), **more) -> Whereabouts:
    return Whereabouts(places, BOTH, lambda check: check in failing, NOW, PATIENCE, alone=alone, **more)


def told(*, atlas=None, borea=None) -> Placements:
    """What two hosts told; None: nothing yet."""
    places = Placements()
    for host, states in (("atlas", atlas), ("borea", borea)):
        places = places if states is None else places.heard(host, states)
    return places


def test_a_guest_that_no_host_has_is_missing():
    [seen] = known(told(atlas={}, borea={})).missing([WEB1])
    assert (seen.health, seen.kind, seen.fingerprint) == (
        Health.FAIL,
        Kind.GUEST_MISSING,
        Fingerprint(INVENTORY, WEB1.id),
    )


@pytest.mark.parametrize("places", [told(atlas={}, borea={}).lost("borea"), told(atlas={})])
def test_while_a_host_can_not_be_asked_or_has_told_nothing_yet_that_is_told_if_it_lasts(places):
    [seen] = known(places).missing([WEB1])
    assert (seen.health, seen.kind, seen.steady) == (Health.FAIL, Kind.GUEST_MISSING, PATIENCE)
    assert seen.fingerprint == Fingerprint(WHEREABOUTS, WEB1.id)
    assert seen.why == "it is no longer on atlas; borea can't be asked whether it moved there"


def test_a_guest_that_has_left_its_host_is_not_missing_before_the_other_has_told_once_more():
    """It may have gone there since, and be running there while that can't be asked and nobody has noticed."""
    left = told(atlas=RUNS, borea={}).heard("atlas", {})
    assert known(left).missing([WEB1]) == []
    [seen] = known(left.lost("borea")).missing([WEB1])
    assert seen.fingerprint == Fingerprint(WHEREABOUTS, WEB1.id)
    [seen] = known(left.heard("borea", {})).missing([WEB1])
    assert (seen.fingerprint, seen.health) == (Fingerprint(INVENTORY, WEB1.id), Health.FAIL)


def test_nor_can_it_be_told_where_one_is_that_moved_to_a_host_that_cant_be_asked():
    left = told(atlas={"u1": GuestState("web1", Power.OFF, Reason.MIGRATED, uuid="u1")}, borea={}).lost("borea")
    assert known(left).missing([WEB1]) == [], "it moved long ago, and was let be"
    [seen] = known(left, moved={WEB1.id}).missing([WEB1])
    assert seen.fingerprint == Fingerprint(WHEREABOUTS, WEB1.id)
    [seen] = known(left.heard("borea", {}), seen.fingerprint).missing([WEB1])
    assert (seen.health, seen.why) == (Health.OK, "atlas knows it again")
    found = known(left.heard("borea", RUNS), seen.fingerprint)
    assert found.missing([WEB1]) == [], "that it moved is yet to be noted"
    [seen] = found.missing([replace(WEB1, runs_on=TargetId("host:borea"))])
    assert seen.why == "borea knows it again"


def test_what_is_known_to_be_missing_stays_so_while_a_host_can_not_be_asked():
    assert known(told(atlas={}, borea={}).lost("borea"), Fingerprint(INVENTORY, WEB1.id)).missing([WEB1]) == []


def test_it_can_be_told_again_where_it_is_once_its_own_host_has_it():
    check = Fingerprint(WHEREABOUTS, WEB1.id)
    [seen] = known(told(atlas=RUNS), check).missing([WEB1])
    assert (seen.fingerprint, seen.health, seen.why) == (check, Health.OK, "atlas knows it again")
    assert known(told(atlas={}, borea=RUNS), check).missing([WEB1]) == [], "that is a move, and noted as one"


def test_a_guest_that_another_host_has_is_not_missing():
    assert known(told(atlas={}, borea=RUNS)).missing([WEB1]) == []


def test_what_comes_and_goes_is_never_missing():
    assert known(told(atlas={})).missing([FLEETING]) == []
    assert known(told(atlas={}, borea={})).missing([FLEETING]) == []


def test_a_guest_that_its_host_knows_again_is_said_to_be_there_and_no_more():
    [seen] = known(told(atlas=RUNS, borea={}), Fingerprint(INVENTORY, WEB1.id)).missing([WEB1])
    assert (seen.health, seen.evidence, seen.why) == (Health.OK, Evidence.OUTSIDE, "atlas knows it again")


def test_of_a_guest_that_runs_twice_it_is_told_what_to_do_and_where_it_ran_before_if_that_is_known():
    twice = "it runs on atlas and borea at once: two copies write to the same disks. Shut it down on one of them"
    places = told(atlas=RUNS, borea=RUNS)
    assert [seen.why for seen in known(places).twice([WEB1])] == [twice]
    [seen] = known(places, alone={WEB1.id: "borea"}).twice([WEB1])
    assert seen.why == f"{twice}; it ran on borea alone before"


def test_a_guest_that_runs_on_two_hosts_runs_twice_until_both_say_that_it_does_not():
    check = Fingerprint(PLACEMENT, WEB1.id)
    [seen] = known(told(atlas=RUNS, borea=RUNS)).twice([WEB1])
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.GUEST_TWICE)
    assert known(told(atlas=RUNS, borea={})).twice([WEB1]) == []
    assert known(told(atlas=RUNS, borea=RUNS).lost("borea"), check).twice([WEB1]) == [], "it may run there still"
    [once] = known(told(atlas=RUNS, borea={}), check).twice([WEB1])
    assert (once.health, once.why) == (Health.OK, "it runs on atlas alone")
    [nowhere] = known(told(atlas={}, borea={}), check).twice([WEB1])
    assert nowhere.why == "it runs nowhere"


def test_a_second_copy_that_is_paused_still_holds_the_disks():
    paused = told(atlas=RUNS, borea={"u1": GuestState("web1", Power.PAUSED, uuid="u1")})
    assert known(paused).twice([WEB1]) == [], "as while it migrates"
    twice, believed = Fingerprint(PLACEMENT, WEB1.id), frozenset({WEB1.id})
    assert known(paused, twice, were_twice=believed).twice([WEB1]) == []
    untold = paused.heard("borea", {"u1": GuestState("web1", Power.UNKNOWN, uuid="u1")})
    assert known(untold, twice, were_twice=believed).twice([WEB1]) == [], "who knows what borea has"
    off = paused.heard("borea", {"u1": GuestState("web1", Power.OFF, uuid="u1")})
    [seen] = known(off, twice, were_twice=believed).twice([WEB1])
    assert (seen.health, seen.why) == (Health.OK, "it runs on atlas alone")


def test_a_guest_that_only_seemed_to_run_twice_while_it_migrated_does_not_once_one_copy_waits():
    """What seems so in its next move, back, is counted from the first."""
    migrates = told(atlas={"u1": GuestState("web1", Power.PAUSED, Reason.IN_HAND, uuid="u1")}, borea=RUNS)
    [seen] = known(migrates, Fingerprint(PLACEMENT, WEB1.id)).twice([WEB1])
    assert (seen.health, seen.why) == (Health.OK, "it runs on borea alone")
