"""Where guests live, by what their hosts tell."""

import pytest

from bot.core.guest import GuestState, Power, Reason
from bot.core.placements import Placements

OFF, RUNS, PAUSED = Power.OFF, Power.RUNNING, Power.PAUSED


def places(**hosts: Power | None) -> Placements:
    """Each host with what it tells of the one guest; None: it has none."""
    all_of_them = Placements()
    for host, power in hosts.items():
        states = {} if power is None else {"u": GuestState("web1", power, uuid="u")}
        all_of_them = all_of_them.heard(host, states)
    return all_of_them


@pytest.mark.parametrize(
    ("told", "was", "home"),
    [
        (places(atlas=RUNS), None, "atlas"),
        (places(atlas=OFF, borea=RUNS), None, "borea"),
        (places(atlas=OFF, borea=RUNS), "atlas", "borea"),
        (places(atlas=RUNS, borea=OFF), "atlas", "atlas"),
        (places(atlas=RUNS, borea=PAUSED), "atlas", "atlas"),
        (places(atlas=RUNS, borea=RUNS), "borea", "borea"),
        (places(atlas=OFF, borea=OFF), "borea", "borea"),
        (places(atlas=None, borea=OFF), "atlas", "borea"),
        (places(atlas=None, borea=None), "atlas", None),
        (places(atlas=OFF), "borea", "borea"),
        (places(atlas=OFF, borea=OFF).lost("borea"), "borea", "borea"),
        (places(atlas=RUNS, borea=RUNS).lost("borea"), "borea", "atlas"),
        (places(atlas=RUNS, borea=PAUSED).lost("atlas"), "atlas", "atlas"),
        (places(borea=PAUSED), "atlas", "atlas"),
        (places(atlas=None, borea=PAUSED), "atlas", "borea"),
        (places(), None, None),
    ],
)
def test_a_guest_lives_where_it_runs_and_stays_where_it_was_in_doubt(told, was, home) -> None:
    assert told.home_of("u", was) == home


def test_the_definition_that_a_migration_left_behind_is_no_home_while_another_host_has_the_guest() -> None:
    moved = {"u": GuestState("web1", OFF, Reason.MIGRATED, uuid="u")}
    assert places(borea=OFF).heard("atlas", moved).home_of("u", "atlas") == "borea"
    assert places(borea=None).heard("atlas", moved).home_of("u", "atlas") == "atlas"


def test_a_guest_that_runs_on_two_hosts_is_told_and_one_that_cant_be_asked_tells_nothing() -> None:
    both = places(atlas=RUNS, borea=RUNS)
    assert both.running_on("u") == ("atlas", "borea")
    assert both.all_told("u")
    assert both.lost("borea").running_on("u") == ("atlas",)
    assert not both.lost("borea").all_told("u")
    assert both.lost("borea").heard("borea", {}).hosts_of("u") == ("atlas",)


def test_what_a_host_told_before_a_guest_left_the_other_does_not_say_that_it_is_nowhere() -> None:
    left = places(atlas=RUNS, borea=None).heard("atlas", {})
    assert left.sought == {"u": {"atlas"}}
    assert left.heard("borea", {}).sought == {}
    assert left.lost("borea").heard("atlas", {}).sought == {"u": {"atlas"}}


def test_a_guest_is_nowhere_once_every_host_has_said_so_since_and_can_still_be_asked() -> None:
    both, left = {"atlas", "borea"}, places(atlas=RUNS, borea=None).heard("atlas", {})
    assert not left.nowhere("u", both)
    assert left.heard("borea", {}).nowhere("u", both)
    assert not left.heard("borea", {}).lost("borea").nowhere("u", both)
    assert not left.heard("borea", {}).nowhere("u", {*both, "cedar"})


def test_what_has_gone_from_a_host_with_two_names_may_be_where_the_second_was_meant_to_lead() -> None:
    left = places(atlas=RUNS, borea=RUNS).doubled({"borea"}).heard("atlas", {})
    assert (left.hosts_of("u"), left.unasked({"atlas", "borea"})) == ((), ["borea"])
    assert not left.heard("borea", {}).nowhere("u", {"atlas", "borea"})
    assert left.doubled(set()).heard("borea", {}).nowhere("u", {"atlas", "borea"})


def test_a_host_that_is_none_of_the_others_after_all_has_told_nothing_before_it_does() -> None:
    both = {"atlas", "borea"}
    left = places(atlas=RUNS, borea=RUNS).doubled({"borea"}).heard("atlas", {}).heard("borea", {})
    assert left.doubled(set()).unasked(both) == ["borea"]
    assert not left.doubled(set()).nowhere("u", both)
    assert left.doubled(set()).heard("borea", {}).nowhere("u", both)


MIGRATED = {"u": GuestState("web1", OFF, Reason.MIGRATED, uuid="u")}


def test_a_guest_that_migrated_has_arrived_nowhere_once_every_host_has_said_so_since() -> None:
    both = {"atlas", "borea"}
    left = places(atlas=RUNS, borea=None).heard("atlas", MIGRATED)
    assert not left.arrived_nowhere("u", both), "borea told before it left"
    assert not left.heard("atlas", MIGRATED).arrived_nowhere("u", both)
    told = left.heard("borea", {})
    assert told.arrived_nowhere("u", both)
    assert told.heard("atlas", MIGRATED).arrived_nowhere("u", both), "what was left behind is sought once"
    assert not told.lost("borea").arrived_nowhere("u", both)
    paused = left.heard("borea", {"u": GuestState("web1", PAUSED, uuid="u")})
    assert not paused.arrived_nowhere("u", both), "it is on its way"
    off = left.heard("borea", {"u": GuestState("web1", OFF, Reason.SHUTDOWN, uuid="u")})
    assert not off.arrived_nowhere("u", both), "it arrived, and was shut down there"


def test_what_a_host_told_before_a_migration_is_first_heard_of_proves_nothing() -> None:
    both = {"atlas", "borea"}
    started = Placements().heard("borea", {}).heard("atlas", MIGRATED)
    assert not started.arrived_nowhere("u", both), "it may have left after borea was asked"
    assert started.heard("borea", {}).arrived_nowhere("u", both)
    assert Placements().heard("atlas", MIGRATED).arrived_nowhere("u", {"atlas"}), "there is no other to ask"


def test_a_guest_that_a_host_has_again_is_sought_no_more() -> None:
    left = places(atlas=RUNS, borea=None).heard("atlas", {})
    assert left.heard("borea", {"u": GuestState("web1", RUNS, uuid="u")}).sought == {}
