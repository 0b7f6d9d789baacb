"""A clean shutdown: someone's wish, or because of an outage, and then it has to return with it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import TargetId
from bot.core.incident import IncidentId
from bot.core.incidents import people
from bot.core.incidents.member import Standing
from bot.core.incidents.reboots import Boots, power_was_lost
from bot.core.incidents.shutdowns import just_before
from bot.core.incidents.situation import Gap
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    HOSTS,
    NOON,
    VAULT,
    Desk,
    back,
    gone,
    look_at_all,
    mains_stay,
    off,
    on_battery,
    on_mains,
    powered_on,
    up,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NEW = TargetId("guest:new")


@pytest.fixture
def lab():
    return Desk()


def shut_down(guest=FILES):
    return off(guest, on_purpose=True)


def all_else_is_well(lab):
    """Whatever else an outage waits for is proven, and its time to come back is over."""
    lab.see(*map(back, HOSTS), *map(up, GUESTS))
    lab.now += MINUTE
    lab.see(on_mains(), *map(back, HOSTS))
    lab.wait(15 * MINUTE)


def holds(lab):
    (held,) = lab.live
    return (held.unproven, held.members[FILES].was_running) == ((FILES,), True)


def test_what_is_shut_down_on_battery_has_to_return(lab):
    lab.see(on_battery())
    lab.see(shut_down())
    mains_stay(lab)
    lab.see(shut_down())
    all_else_is_well(lab)
    assert holds(lab)


def test_so_has_what_a_shutdown_that_nobody_calls_back_takes_down_after_the_power_is_back(lab):
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(shut_down())
    lab.see(gone(VAULT))
    lab.now += MINUTE
    lab.see(back(VAULT), off(FILES))
    all_else_is_well(lab)
    assert holds(lab)


def test_what_someone_shuts_down_once_the_power_has_been_back_for_a_while_may_stay_off(lab):
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(*map(back, HOSTS), *map(up, (*GUESTS, FILES)))
    lab.now += 6 * MINUTE
    lab.see(shut_down())
    assert lab.only.members[FILES].standing is Standing.WANTED_OFF


def test_what_stands_in_no_outage_is_shut_down_by_someone(lab):
    lab.see(gone(VAULT))
    lab.see(shut_down(GUESTS[0]))
    assert GUESTS[0] not in lab.only.members


def test_what_was_shut_down_just_before_its_host_went_has_to_return(lab):
    lab.see(shut_down())
    lab.now += 5 * SECOND
    lab.see(gone(VAULT))
    lab.now += 2 * MINUTE
    lab.see(back(VAULT), off(FILES))
    lab.wait(11 * MINUTE)
    assert holds(lab)


def test_so_has_what_was_shut_down_in_the_moment_its_host_went(lab):
    lab.see(shut_down(), gone(VAULT))
    lab.see(back(VAULT), off(FILES))
    lab.wait(11 * MINUTE)
    assert holds(lab)


def test_what_was_shut_down_long_before_may_stay_off(lab):
    lab.see(shut_down())
    lab.now += 6 * MINUTE
    lab.see(gone(VAULT))
    assert FILES not in lab.only.members


def test_what_someone_had_shut_down_during_an_outage_may_stay_off_when_the_host_goes_once_more(lab):
    lab.rules = replace(lab.rules, shutdown_within=2 * MINUTE)
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(*map(back, HOSTS), *map(up, (*GUESTS, FILES)))
    lab.now += 3 * MINUTE
    lab.see(shut_down())
    lab.now += 3 * MINUTE
    lab.see(gone(VAULT))
    assert lab.only.members[FILES].standing is Standing.WANTED_OFF


def test_what_had_just_been_shut_down_then_is_asked_about(lab):
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(*map(back, HOSTS), *map(up, (*GUESTS, FILES)))
    lab.now += 6 * MINUTE
    lab.see(shut_down())
    lab.now += MINUTE
    lab.see(gone(VAULT))
    assert (lab.only.members[FILES].standing, lab.only.members[FILES].was_running) == (Standing.UNPROVEN, True)


def test_a_host_that_was_only_dark_proves_no_shutdown_to_be_wanted(lab):
    lab.see(on_battery())
    lab.see(shut_down())
    lab.see(gone(VAULT))
    lab.now += MINUTE
    lab.see(on_mains())
    lab.see(back(VAULT), shut_down())
    lab.now += 6 * MINUTE
    lab.see(back(VAULT), shut_down())
    all_else_is_well(lab)
    assert holds(lab)


def test_what_is_off_when_a_person_reopens_the_outage_is_waited_for_again(lab):
    lab.see(on_battery())
    lab.see(shut_down())
    mains_stay(lab)
    all_else_is_well(lab)
    lab.take(people.resolve(lab.situation, IncidentId(1), "U1", "done", lab.now))
    lab.unseen.add(FILES)
    lab.now += MINUTE
    lab.take(people.reopen(lab.situation, IncidentId(1), "U1", lab.now))
    lab.see(shut_down())
    assert holds(lab)


def test_what_started_during_an_outage_and_is_shut_down_by_it_has_to_return(lab):
    lab.running.discard(FILES)
    lab.see(on_battery())
    assert FILES not in lab.only.members
    lab.see(powered_on(FILES))
    lab.see(shut_down())
    assert lab.only.members[FILES].standing is Standing.UNPROVEN


def test_what_comes_and_goes_by_design_need_not(lab):
    lab.targets = {**lab.targets, FILES: replace(lab.targets[FILES], ephemeral=True)}
    lab.see(on_battery())
    lab.see(shut_down())
    assert FILES not in lab.only.members


def test_what_was_shut_down_just_before_its_host_booted_anew_in_an_outage_has_to_return(lab):
    lab.running.discard(FILES)
    lab.see(on_battery())
    lab.shut_down[FILES] = lab.now
    mains_stay(lab)
    lab.see(replace(back(VAULT), facts={"started": "now"}))
    assert lab.only.members[FILES].was_running


def test_what_was_shut_down_just_before_all_hosts_booted_unseen_has_to_return(lab):
    lab.see(shut_down())
    lab.now += 5 * MINUTE
    booted = {ATLAS: lab.now, VAULT: lab.now}
    gap = Gap(NOON, lab.now)
    lab.take(power_was_lost(lab.situation, Boots(gap, booted), lab.now))
    look_at_all(lab)
    assert lab.only.members[FILES].was_running


def test_of_guests_that_are_shut_down_one_after_the_other_all_may_have_been_by_their_host():
    shut_down = {TargetId(f"guest:{at}"): NOON - at * MINUTE for at in (1, 5, 9, 15)}
    within = timedelta(minutes=5)
    found = just_before(shut_down, NOON, within)
    assert found == {TargetId("guest:1"), TargetId("guest:5"), TargetId("guest:9")}
    assert just_before(shut_down, NOON + 5 * MINUTE, within) == frozenset()
    assert just_before(shut_down, NOON - 12 * MINUTE, within) == set(shut_down), "they were seen off after it went"
