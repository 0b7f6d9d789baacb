"""What is wrong with a UPS itself, beside what it says of the power."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from bot.core.health import CONDITION, Fingerprint, Health, Kind, Observation
from bot.core.incident import Status, Tell
from tests.core.labs import ATLAS, NOON, RACK, Desk, back, gone, inventory, mains_stay, on_battery


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
