"""What is wrong with a UPS itself, beside what it says of the power."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from bot.core.health import CONDITION, Fingerprint, Health, Kind, Observation
from bot.core.incident import Status, Tell
from bot.core.incidents.on_battery import is_noticeable
from tests.core.labs import ATLAS, NOON, RACK, Desk, back, gone, inventory, mains_stay, on_battery, on_mains


def bad(kind: Kind = Kind.UPS_BATTERY) -> Observation:
    return Observation(Fingerprint(CONDITION, RACK), Health.FAIL, NOON, "battery to be replaced", kind)


FINE = Observation(Fingerprint(CONDITION, RACK), Health.OK, NOON, "in order")


@pytest.fixture
def lab() -> Desk:
    return Desk(inventory())


def kinds(lab: Desk) -> set[Kind]:
    return {incident.kind for incident in lab.live}


def test_a_battery_to_be_replaced_is_an_incident_until_it_is_replaced(lab) -> None:
    lab.see(bad())
    assert kinds(lab) == {Kind.UPS_BATTERY}
    lab.see(FINE)
    assert kinds(lab) == set()


def test_a_power_failure_is_an_incident_of_its_own_beside_it_and_ends_without_it(lab) -> None:
    lab.see(bad())
    lab.see(on_battery())
    assert kinds(lab) == {Kind.UPS_BATTERY, Kind.POWER_LOSS}
    mains_stay(lab)
    lab.wait(timedelta(minutes=10))
    assert kinds(lab) == {Kind.UPS_BATTERY}


def test_what_is_wrong_with_the_ups_after_an_outage_does_not_hold_it_open(lab) -> None:
    lab.see(on_battery())
    lab.see(bad())
    assert kinds(lab) == {Kind.UPS_BATTERY, Kind.POWER_LOSS}
    mains_stay(lab)
    lab.wait(timedelta(minutes=10))
    assert kinds(lab) == {Kind.UPS_BATTERY}


def test_that_the_ups_is_in_order_proves_nothing_of_the_power(lab) -> None:
    lab.see(on_battery())
    lab.see(FINE)
    (outage,) = lab.live
    assert outage.status is Status.OPEN


def test_a_host_that_is_lost_has_nothing_to_do_with_the_battery(lab) -> None:
    lab.see(bad())
    lab.see(gone(ATLAS))
    assert kinds(lab) == {Kind.UPS_BATTERY, Kind.HOST_DOWN}
    lab.see(back(ATLAS))


def told(lab: Desk, seen: Observation) -> list[str]:
    return [n.text for n in lab.see(seen).notices if n.tell is Tell.BROADCAST]


def test_that_the_battery_becomes_low_is_told_once(lab) -> None:
    lab.see(on_battery())
    low = replace(
        on_battery(), why="on battery, battery low, 4 min left", facts=MappingProxyType({"battery": "low"})
    )
    assert told(lab, low) == ["rack: on battery, battery low, 4 min left"]
    assert lab.live[0].why == "on battery, battery low, 4 min left"
    assert told(lab, replace(low, why="on battery, battery low, 3 min left")) == []


def test_what_its_alarm_says_is_not_taken_for_what_the_ups_is_like(lab) -> None:
    alarm = ", alarm: battery low limit not set, 3 min left"
    lab.see(replace(told_of(80, 40), why=f"on battery{alarm}"))
    low = replace(told_of(30, 15, said=", battery low"), why=f"on battery, battery low{alarm}")
    assert told(lab, low) == [f"rack: {low.why}"]
    assert told(lab, replace(told_of(20, 4, said=", battery low"), why=low.why)) == [f"rack: {low.why}"]


def test_nor_are_words_of_its_alarm_for_those_of_a_card_that_it_can_not_be_asked(lab) -> None:
    odd = replace(told_of(80, 31), why="on battery, alarm: self test; last heard: never")
    lab.see(odd)
    lab.see(ASKED_IN_VAIN)
    assert lab.live[0].why == f"{LAST_HEARD.partition('; ')[0]}; last heard: {odd.why}"
    lab.see(on_mains())
    assert lab.live[0].why == odd.why


def told_of(charge: int, minutes: int, *, said: str = "") -> Observation:
    words = f"on battery{said}, {charge} % charged, {minutes} min left"
    facts = {"charge": str(charge), "runtime": str(60 * minutes), "battery": "low" if said else "enough"}
    return replace(on_battery(), why=words, facts=MappingProxyType(facts))


ASKED_IN_VAIN = Observation(
    on_battery().fingerprint,
    Health.FAIL,
    NOON,
    "cannot ask 10.9.0.30:3493 for 'rack': because Connection refused",
    Kind.UPS_UNREACHABLE,
)
LAST_HEARD = (
    "rack can't be asked since 12:00 UTC (Connection refused); last heard: on battery, 80 % charged, 31 min left"
)


def test_a_change_of_the_charge_is_an_edit_of_the_card_and_a_line_of_history(lab) -> None:
    lab.see(told_of(80, 31))
    assert {notice.tell for notice in lab.see(told_of(70, 25)).notices} == {Tell.CARD}
    assert lab.live[0].why == "on battery, 70 % charged, 25 min left"
    assert lab.history(1)[-1] == "on battery, 70 % charged, 25 min left"


def test_that_few_minutes_are_left_is_told_once_and_mentions_the_owner(lab) -> None:
    lab.owner = "U1"
    lab.see(told_of(80, 31))
    assert told(lab, told_of(20, 5)) == ["rack: on battery, 20 % charged, 5 min left <@U1>"]
    assert told(lab, told_of(15, 4)) == []
    assert told(lab, told_of(10, 3, said=", battery low")) == [
        "rack: on battery, battery low, 10 % charged, 3 min left <@U1>"
    ]
    assert told(lab, told_of(5, 1, said=", battery low")) == []


def test_that_the_ups_can_not_be_asked_any_more_is_told_in_the_thread_and_on_the_card_once(lab) -> None:
    lab.see(told_of(80, 31))
    first = lab.see(ASKED_IN_VAIN)
    assert lab.live[0].why == LAST_HEARD
    assert [n.text for n in first.notices if n.tell is Tell.LINE] == [LAST_HEARD]
    lab.now += timedelta(minutes=1)
    again = lab.see(replace(ASKED_IN_VAIN, why="cannot ask: because it does not answer"))
    assert [n.text for n in again.notices if n.tell is Tell.LINE] == []
    assert lab.live[0].why == LAST_HEARD


def test_a_ups_that_can_not_be_seen_is_said_to_be_so_and_the_outage_stays(lab) -> None:
    lab.see(told_of(80, 31))
    lab.see(replace(ASKED_IN_VAIN, health=Health.UNKNOWN, kind=None, why="can't be seen: eth0 has no carrier"))
    (outage,) = lab.live
    assert outage.status is Status.OPEN
    assert lab.history(1)[-1] == "rack can't be asked since 12:00 UTC (can't be seen: eth0 has no carrier)"
    assert outage.why.startswith("rack can't be asked since 12:00 UTC (can't be seen: eth0 has no carrier)")


def test_a_ups_that_is_asked_again_tells_what_is_now(lab) -> None:
    lab.see(told_of(80, 31))
    lab.see(ASKED_IN_VAIN)
    lab.see(told_of(60, 20))
    assert lab.live[0].why == "on battery, 60 % charged, 20 min left"
    assert lab.history(1)[-1] == "on battery, 60 % charged, 20 min left"
    lab.see(ASKED_IN_VAIN)
    mains_stay(lab)
    assert lab.incidents[1].why == "on battery, 60 % charged, 20 min left"


def test_of_a_ups_that_was_on_mains_again_that_is_what_was_heard_last(lab) -> None:
    lab.see(told_of(80, 31))
    lab.see(on_mains())
    lab.see(replace(ASKED_IN_VAIN, health=Health.UNKNOWN, kind=None, why="can't be seen"))
    assert lab.live[0].why == "on battery, 80 % charged, 31 min left"
    lab.see(ASKED_IN_VAIN)
    assert lab.live[0].why.endswith("; last heard: on mains; before that: on battery, 80 % charged, 31 min left")
    lab.see(on_mains())
    assert lab.live[0].why == "on battery, 80 % charged, 31 min left"


def test_a_ups_of_which_no_outage_tells_changes_no_card(lab) -> None:
    lab.see(gone(ATLAS))
    lab.see(ASKED_IN_VAIN)
    assert lab.incidents[1].why == "no answer"


@pytest.mark.parametrize(
    ("before", "now", "noticed"),
    [
        ((80, 31), (80, 31), False),
        ((80, 31), (77, 29), False),
        ((80, 31), (75, 30), True),
        ((80, 31), (79, 25), True),
        ((20, 6), (19, 5), True),
    ],
)
def test_a_change_worth_an_edit_is_of_five_per_cent_or_a_fifth_of_the_minutes(before, now, noticed) -> None:
    assert is_noticeable(told_of(*before).facts, told_of(*now)) is noticed


def test_of_a_ups_that_tells_no_charge_and_of_what_is_not_on_battery_there_is_no_change_to_notice() -> None:
    assert not is_noticeable({}, told_of(80, 31))
    assert not is_noticeable(told_of(80, 31).facts, replace(on_battery(), facts={}))
    assert not is_noticeable(told_of(80, 31).facts, ASKED_IN_VAIN)
