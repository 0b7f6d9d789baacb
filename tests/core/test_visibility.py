"""Whether the bot itself can see: what follows from its witnesses, in all their combinations."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import CheckName, Fingerprint, Health, Target, TargetId
from bot.core.incidents.visibility import (
    LOCAL,
    Cause,
    Finding,
    Lost,
    Path,
    Sight,
    Witness,
    seen_through,
    verdict,
)
from tests.core.labs import NOON

OK, FAIL, UNKNOWN = Health.OK, Health.FAIL, Health.UNKNOWN
SECOND = timedelta(seconds=1)
ATLAS = Fingerprint(CheckName("tcp"), TargetId("host:atlas"))
ON_LINK = Path(address="10.0.0.10", link="eth0")
BEYOND = Path(address="192.0.2.7", link="eth0", gateway="10.0.0.1")
BY_NAME = Path(address="10.0.0.10", name="atlas", link="eth0")


def finds(witness: Witness, health: Health, about: str = "", link: str = "") -> Finding:
    return Finding(witness, health, f"{witness} {health}", NOON, about, link)


def link(health: Health) -> Finding:
    return finds(Witness.LINK, health, "eth0")


def gateway(health: Health, address: str = "10.0.0.1", over: str = "eth0") -> Finding:
    return finds(Witness.GATEWAY, health, address, over)


def ups(health: Health) -> Finding:
    return finds(Witness.UPS, health, "ups:rack")


def resolver(health: Health) -> Finding:
    return finds(Witness.RESOLVER, health, "atlas")


STOPPED = finds(Witness.PROCESS, FAIL)
SHORT = finds(Witness.LIMITS, FAIL)
NO_ROUTE = finds(Witness.ROUTE, FAIL, "10.0.0.10")


def judged(*findings: Finding, path: Path = ON_LINK, answered: dict | None = None, **more: Path):
    others = {Fingerprint(CheckName("tcp"), TargetId(name)): Lost(other, NOON) for name, other in more.items()}
    return verdict(Sight(findings, answered or {}), {ATLAS: Lost(path, NOON)} | others)


@pytest.mark.parametrize(
    ("says_link", "says_gateway", "says_ups", "cause", "seen"),
    [
        (OK, OK, OK, Cause.DOWN, True),
        (OK, OK, UNKNOWN, Cause.DOWN, True),
        (OK, OK, FAIL, Cause.POWER, True),
        (OK, FAIL, OK, Cause.NETWORK, False),
        (OK, FAIL, UNKNOWN, Cause.NETWORK, False),
        (OK, FAIL, FAIL, Cause.POWER, False),
        (OK, UNKNOWN, OK, Cause.UNCLEAR, True),
        (OK, UNKNOWN, UNKNOWN, Cause.UNCLEAR, True),
        (OK, UNKNOWN, FAIL, Cause.POWER, True),
        (FAIL, OK, OK, Cause.NETWORK, False),
        (FAIL, OK, UNKNOWN, Cause.NETWORK, False),
        (FAIL, OK, FAIL, Cause.POWER, False),
        (FAIL, FAIL, OK, Cause.NETWORK, False),
        (FAIL, FAIL, UNKNOWN, Cause.NETWORK, False),
        (FAIL, FAIL, FAIL, Cause.POWER, False),
        (FAIL, UNKNOWN, OK, Cause.NETWORK, False),
        (FAIL, UNKNOWN, UNKNOWN, Cause.NETWORK, False),
        (FAIL, UNKNOWN, FAIL, Cause.POWER, False),
        (UNKNOWN, OK, OK, Cause.DOWN, True),
        (UNKNOWN, OK, UNKNOWN, Cause.DOWN, True),
        (UNKNOWN, OK, FAIL, Cause.POWER, True),
        (UNKNOWN, FAIL, OK, Cause.NETWORK, False),
        (UNKNOWN, FAIL, UNKNOWN, Cause.NETWORK, False),
        (UNKNOWN, FAIL, FAIL, Cause.POWER, False),
        (UNKNOWN, UNKNOWN, OK, Cause.UNCLEAR, True),
        (UNKNOWN, UNKNOWN, UNKNOWN, Cause.UNCLEAR, True),
        (UNKNOWN, UNKNOWN, FAIL, Cause.POWER, True),
    ],
)
@pytest.mark.parametrize("path", [ON_LINK, BEYOND], ids=["on the link", "beyond the gateway"])
def test_link_gateway_and_ups_in_all_combinations(says_link, says_gateway, says_ups, cause, seen, path) -> None:
    found = judged(link(says_link), gateway(says_gateway), ups(says_ups), path=path)
    told = Cause.UNCLEAR if path is BEYOND and cause is Cause.DOWN else cause  # it is there; what lies beyond?
    assert (found.cause, ATLAS not in found.unseen) == (told, seen)
    assert (ATLAS in found.unsure) == (told is Cause.UNCLEAR)


@pytest.mark.parametrize("findings", [*itertools.product((OK, FAIL, UNKNOWN), repeat=3)])
def test_whatever_the_network_says_what_is_within_this_machine_is_seen(findings) -> None:
    says_link, says_gateway, says_name = findings
    found = judged(link(says_link), gateway(says_gateway), resolver(says_name), NO_ROUTE, path=LOCAL)
    assert (found.cause, found.unseen) == (Cause.DOWN, {})


@pytest.mark.parametrize("path", [LOCAL, ON_LINK, BEYOND])
def test_of_a_process_that_was_stopped_nothing_is_believed(path) -> None:
    found = judged(STOPPED, link(OK), gateway(OK), ups(FAIL), path=path)
    assert (found.cause, found.unseen) == (Cause.OWN_HOST, {ATLAS: "own process fail"})


@pytest.mark.parametrize("path", [LOCAL, ON_LINK, BEYOND])
def test_of_a_process_that_has_run_out_of_something_nothing_is_believed(path) -> None:
    found = judged(SHORT, link(OK), gateway(FAIL), ups(FAIL), path=path)
    assert (found.cause, found.unseen) == (Cause.OWN_HOST, {ATLAS: "own limits fail"})
    assert (Sight((SHORT,)).short, Sight((STOPPED,)).short) == (SHORT, None)


def test_a_route_that_went_hides_what_it_led_to_and_nothing_else() -> None:
    found = judged(link(OK), NO_ROUTE, path=ON_LINK, site=BEYOND)
    assert (found.cause, set(found.unseen)) == (Cause.NETWORK, {ATLAS})


MOVED = finds(Witness.WAY, FAIL, "10.0.0.10")


def test_a_way_that_moved_hides_what_has_not_answered_over_the_new_one_and_nothing_else() -> None:
    now = Path(address="10.0.0.10", link="wlan0", gateway="10.6.0.254")
    found = judged(link(OK), MOVED, path=now, site=BEYOND)
    assert (found.cause, set(found.unseen)) == (Cause.NETWORK, {ATLAS})
    elsewhere = {"wlan0": NOON + SECOND, "10.6.0.254": NOON + SECOND}
    assert set(judged(link(OK), MOVED, path=now, answered=elsewhere).unseen) == {ATLAS}, "as on the internet"


def test_a_way_that_moved_hides_nothing_on_a_link_where_something_answers_after_the_failure() -> None:
    now, before, after = replace(ON_LINK, link="wlan0"), {"wlan0": NOON - SECOND}, {"wlan0": NOON + SECOND}
    assert set(judged(MOVED, path=now, answered=before).unseen) == {ATLAS}
    assert judged(MOVED, path=now, answered=after).unseen == {}


def test_a_dead_resolver_hides_what_is_known_by_name_alone() -> None:
    assert set(judged(link(OK), resolver(FAIL), path=BY_NAME).unseen) == {ATLAS}
    assert judged(link(OK), resolver(FAIL), path=ON_LINK).unseen == {}


def test_another_link_without_a_carrier_says_nothing_of_this_one() -> None:
    found = judged(link(OK), finds(Witness.LINK, FAIL, "eth1"), gateway(OK))
    assert (found.cause, found.unseen) == (Cause.DOWN, {})


def test_a_gateway_that_is_gone_hides_nothing_on_the_link_once_something_there_answers_after_the_failure() -> None:
    before, after = {"eth0": NOON - SECOND}, {"eth0": NOON + SECOND}
    assert judged(link(OK), gateway(FAIL), answered=before).cause is Cause.NETWORK
    assert judged(link(OK), gateway(FAIL), answered=after).cause is Cause.DOWN
    assert judged(link(OK), gateway(FAIL), path=BEYOND, answered=after).cause is Cause.NETWORK


def test_what_still_answers_through_a_gateway_shows_that_it_is_there() -> None:
    after = {"10.0.0.1": NOON + SECOND}
    assert judged(link(OK), gateway(FAIL), path=BEYOND, answered=after).unseen == {}


def test_what_answers_beyond_the_gateway_shows_that_one_sees_there_and_an_interface_without_a_witness_does_not():
    there = replace(gateway(OK, "192.0.2.1"), via="10.0.0.1")
    assert judged(link(OK), gateway(OK), there, path=BEYOND).cause is Cause.DOWN
    tunnel = Path(address="10.66.0.2", link="wg0")
    found = judged(link(OK), gateway(OK), finds(Witness.LINK, OK, "wg0"), path=tunnel)
    assert found.facts(ATLAS)["unsure"] == "no witness can tell"
    assert "unsure" not in judged(link(OK), gateway(OK)).facts(ATLAS)


def test_a_further_witness_that_answers_shows_that_the_link_works_and_not_the_gateway() -> None:
    switch = gateway(OK, "10.0.0.2")
    assert judged(link(OK), gateway(FAIL), switch).cause is Cause.DOWN
    assert judged(link(OK), gateway(FAIL), switch, path=BEYOND).cause is Cause.NETWORK


def test_what_is_known_beyond_a_gateway_tells_of_all_that_is_beyond_it() -> None:
    """As in a container: its own gateway is the machine it runs on, and answers whatever becomes of the rest."""
    router = replace(gateway(FAIL, "10.0.0.254"), via="10.0.0.1")
    beside = replace(gateway(OK, "10.0.0.9"), via="10.0.0.1")
    assert judged(link(OK), gateway(OK), router, path=BEYOND).cause is Cause.NETWORK
    assert judged(link(OK), gateway(OK), router, beside, path=BEYOND).cause is Cause.DOWN
    assert judged(link(OK), gateway(OK), router, path=ON_LINK).cause is Cause.DOWN
    answered = {"10.0.0.1": NOON + SECOND}
    assert judged(link(OK), gateway(OK), router, path=BEYOND, answered=answered).cause is Cause.DOWN


def line(health: Health, address: str = "10.0.0.1", via: str | None = None) -> Finding:
    return replace(finds(Witness.LINE, health, address, "eth0"), via=via)


def test_over_a_bad_line_nothing_is_believed_to_be_gone() -> None:
    for path in (ON_LINK, BEYOND):
        found = judged(link(OK), gateway(OK), line(FAIL), path=path)
        assert (found.cause, found.unseen) == (Cause.NETWORK, {ATLAS: "line fail"})
        assert judged(link(OK), gateway(OK), line(OK), path=path).unseen == {}
        assert judged(link(OK), gateway(OK), line(UNKNOWN), path=path).unseen == {}
    assert judged(line(FAIL), path=LOCAL).unseen == {}


def test_a_gateway_that_is_heard_badly_while_its_neighbour_is_heard_well_is_no_bad_line() -> None:
    assert judged(gateway(OK), line(FAIL), line(OK, "10.0.0.2")).cause is Cause.DOWN


def test_a_bad_line_beyond_a_gateway_hides_what_is_there_alone() -> None:
    far = line(FAIL, "192.0.2.1", via="10.0.0.1")
    assert judged(gateway(OK), line(OK), far, path=BEYOND).cause is Cause.NETWORK
    assert judged(gateway(OK), line(OK), far, path=ON_LINK).cause is Cause.DOWN


def test_a_gateway_of_another_link_says_nothing_of_this_one() -> None:
    assert judged(link(OK), gateway(FAIL, over="wlan0")).unseen == {}


def test_something_with_no_known_way_is_seen_as_well_as_anything() -> None:
    found = judged(link(FAIL), gateway(FAIL), path=Path(name="atlas"))
    assert (found.cause, found.unseen) == (Cause.UNCLEAR, {})


def test_without_a_witness_nothing_can_be_told_and_nothing_is_hidden() -> None:
    found = judged()
    assert (found.cause, found.why, found.evidence, found.unseen) == (Cause.UNCLEAR, "no witness can tell", (), {})


def test_the_evidence_names_what_fails_first_and_nothing_twice() -> None:
    found = judged(link(OK), gateway(FAIL), replace(gateway(FAIL), about="10.0.0.9"), ups(UNKNOWN))
    assert found.evidence == ("gateway fail", "link ok")


def test_a_disk_that_is_full_explains_no_machine_that_is_gone_but_is_told() -> None:
    full = finds(Witness.DISK, FAIL)
    assert judged(full, gateway(OK)).cause is Cause.DOWN
    assert judged(full, path=ON_LINK).cause is Cause.UNCLEAR
    alone = verdict(Sight((full,)), {})
    assert (alone.cause, alone.why) == (Cause.OWN_HOST, "own disk fail")


def test_with_nothing_lost_there_is_nothing_to_explain() -> None:
    assert verdict(Sight((link(OK),)), {}).cause is Cause.UNCLEAR


# --- what stands between -----------------------------------------------------------------------------------------

GATE, SWITCH, RACK = (TargetId(f"service:{name}") for name in ("gate", "switch", "rack"))
HOST, GUEST = TargetId("host:atlas"), TargetId("guest:web1")


def test_a_guest_is_behind_what_its_host_is_behind_and_that_behind_its_own() -> None:
    known = {
        GUEST: Target(GUEST, runs_on=HOST),
        HOST: Target(HOST, behind=GATE, powered_by=TargetId("ups:rack")),
        GATE: Target(GATE, behind=SWITCH),
        SWITCH: Target(SWITCH),
    }
    assert seen_through(known[GUEST], known.get) == (GATE, SWITCH)
    assert seen_through(known[HOST], known.get) == (GATE, SWITCH)
    assert seen_through(known[SWITCH], known.get) == ()


def test_what_is_behind_itself_or_unknown_ends_the_chain() -> None:
    circle = {GATE: Target(GATE, behind=SWITCH), SWITCH: Target(SWITCH, behind=GATE)}
    assert seen_through(circle[GATE], circle.get) == (SWITCH,)
    assert seen_through(Target(GUEST, runs_on=HOST, behind=RACK), {}.get) == (RACK,)


def test_a_process_that_was_stopped_is_told_from_what_is_in_the_way():
    assert Sight((link(OK), STOPPED)).stopped is STOPPED
    assert Sight((link(FAIL),)).stopped is None
