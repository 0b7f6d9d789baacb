"""What lab.yaml no longer has: a renamed host keeps its guests, and what is dropped is named."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import incidents, queries
from bot.config import Check, Guest, Host, Ssh, Ups
from bot.core.guest import GuestState, Power
from bot.core.health import Kind, TargetId
from bot.core.incident import IncidentId, Status
from bot.core.picture import ProofPicture
from bot.core.placements import Placements
from bot.probes.tcp import Params
from bot.sightings import take_inventory
from bot.store import Store
from bot.usecases import left_off, unwatched
from tests.core.labs import ATLAS, VAULT, crashed, fails, gone, off, on_battery, on_mains, up, well
from tests.kept_lab import ALEX, KeptLab, config, info

WEB1, LAB1, LAB2 = (TargetId(f"guest:{name}") for name in ("web1", "lab1", "lab2"))
RENAMED = {"atlas1": Host("atlas1", "127.0.0.1", hypervisor="test:///default"), "vault": Host("vault")}


@pytest.fixture
def lab(tmp_path):
    """web1 runs; lab1 and lab2 ran, and are off: lab1's incident was closed by a person, lab2's is open."""
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1", "lab1", "lab2")
    lab.see(up(WEB1), up(LAB1), up(LAB2))
    lab.see(crashed(LAB1))
    lab.see(crashed(LAB2))
    lab.see(off(LAB1), off(LAB2))
    lab.do(incidents.resolve, lab.config, IncidentId(1), ALEX, "enough")
    lab.deliver()
    assert lab.store.left_off.all().keys() == {LAB1}
    yield lab
    store.close()


def start(lab, **changes):
    """The bot starts anew with a changed lab.yaml."""
    lab.now += timedelta(seconds=10)
    lab.config, lab.places = config(**changes), Placements()
    lab.begin()


def has(lab, host, *names):
    """A hypervisor has these guests, none of which runs but web1; what is let go of by that."""
    states = {n: GuestState(n, Power.RUNNING if n == "web1" else Power.OFF, uuid=n) for n in names}
    lab.places = lab.places.heard(host, states)
    lab.do(take_inventory, lab.config, host, [info(name) for name in names], lab.places)
    return lab.do(unwatched.settle, lab.config, lab.places)


def told(lab):
    return [w.parcel.text for w in lab.outbox if w.parcel.subject == "unwatched"]


def test_the_guests_of_a_renamed_host_are_the_same_machines_and_what_waits_for_them_goes_on(lab):
    start(lab, hosts=RENAMED)
    assert {WEB1, LAB1, LAB2} <= lab.store.targets.inventory().keys()
    assert has(lab, "atlas1", "web1", "lab1", "lab2") == []
    assert {t.runs_on for t in lab.store.targets.inventory().values() if t.runs_on} == {"host:atlas1"}
    assert lab.store.left_off.all().keys() == {LAB1}
    assert lab.incident(2).status is not Status.RESOLVED
    assert left_off.ran_before(lab.store, lab.config.zone).keys() == {LAB1, LAB2}
    assert told(lab) == ["⚪ No longer watched, as lab.yaml has it, or its host, no more: atlas."]
    assert "lab2 is no longer on atlas; atlas1 has it, off." in lab.history(2)


def test_nothing_is_let_go_of_until_every_hypervisor_has_told_what_it_has(lab):
    borea = Host("borea", "127.0.0.1", hypervisor="test:///default")
    atlas = Host("atlas", "127.0.0.1", hypervisor="test:///default")
    start(lab, hosts={**RENAMED, "borea": borea, "atlas": atlas})
    start(lab, hosts={**RENAMED, "borea": borea})
    assert has(lab, "borea") == []
    lab.places = lab.places.lost("borea")
    assert has(lab, "atlas1", "web1", "lab1") == []
    lab.places = lab.places.heard("borea", {})
    assert LAB1 in lab.store.targets.inventory()
    assert has(lab, "atlas1", "web1", "lab1") == [LAB2]
    assert (
        told(lab)[-1]
        == "⚪ No longer watched, as lab.yaml has it, or its host, no more: lab2, which is off and ran before."
    )
    assert lab.incident(2).ended
    assert has(lab, "atlas1", "web1", "lab1") == []


def test_a_guest_that_a_renamed_host_has_no_more_is_missing_there_also_when_the_host_is_renamed_back(lab):
    for names in (RENAMED, None, RENAMED):
        start(lab, **({"hosts": names} if names else {}))
        host = "atlas1" if names else "atlas"
        assert has(lab, host, "web1", "lab1") == []
        lab2 = lab.store.targets.inventory()[LAB2]
        assert lab2.runs_on == f"host:{host}"
        assert lab.places.nowhere("lab2", {host})
        assert not lab.incident(2).ended
    assert not [line for line in told(lab) if "lab2" in line]


def test_what_is_dropped_with_its_host_is_named_once_and_known_again_when_it_is_back(lab):
    start(lab, hosts={"vault": Host("vault")})
    said = "atlas, web1; lab1, lab2, which are off and ran before."
    assert told(lab) == [f"⚪ No longer watched, as lab.yaml has it, or its host, no more: {said}"]
    assert left_off.ran_before(lab.store, lab.config.zone) == {}
    start(lab, hosts={"vault": Host("vault")})
    assert len(told(lab)) == 1
    start(lab)
    has(lab, "atlas", "web1", "lab1", "lab2")
    assert left_off.ran_before(lab.store, lab.config.zone).keys() == {LAB1, LAB2}


def test_many_are_counted_but_for_those_that_are_off_and_ran_before(lab):
    lab.inventory(*(f"vm{number}" for number in range(1, 11)), "lab1", "lab2")
    start(lab, hosts={"vault": Host("vault")})
    assert told(lab)[0].endswith(
        "atlas, vm1, vm10, vm2, vm3, vm4, vm5, vm6 and 4 more; lab1, lab2, which are off and ran before."
    )


def test_those_that_come_and_go_are_dropped_in_silence(lab):
    lab.inventory("web1", "lab1", "lab2", "ci-1")
    start(lab, hosts=RENAMED)
    before = told(lab)
    assert has(lab, "atlas1", "web1", "lab1", "lab2") == []
    assert TargetId("guest:ci-1") not in lab.store.targets.inventory()
    assert told(lab) == before


def test_a_guest_of_a_host_whose_guests_nobody_looks_at_lives_where_it_is_found(lab):
    nobody_looks = {**RENAMED, "atlas": Host("atlas", "127.0.0.1")}
    start(lab, hosts=nobody_looks, guests={"web1": Guest("web1")})
    has(lab, "atlas1", "web1", "lab1")
    inventory = lab.store.targets.inventory()
    assert (inventory[LAB1].runs_on, inventory[LAB2].runs_on) == ("host:atlas1", ATLAS)
    assert unwatched.home_before(lab.config, replace(inventory[LAB1], runs_on=None)) is None
    assert unwatched.home_before(lab.config, None) is None


def test_a_power_failure_whose_ups_is_renamed_is_no_more_over_for_that(tmp_path):
    lab = KeptLab(Store(tmp_path / "small.db"))
    start(lab, services={}, hosts={"vault": Host("vault", "127.0.0.1", powered_by="rack")})
    lab.see(well(VAULT, "tcp"))
    lab.see(on_battery())
    vault = Host("vault", "127.0.0.1", powered_by="cabinet")
    start(lab, services={}, hosts={"vault": vault}, ups={"cabinet": Ups("cabinet", "127.0.0.1")})
    assert (lab.incident().status, lab.incident().unproven) == (Status.OPEN, (VAULT,))
    assert "nobody can see whether that is over" in lab.history()[-1]
    lab.see(on_battery(TargetId("ups:cabinet")))
    assert (lab.incident().subject, len(lab.store.incidents.live())) == ("ups:cabinet", 1)
    lab.store.close()


def test_of_a_machine_that_is_let_go_of_nobody_can_say_that_it_is_proven(tmp_path):
    lab = KeptLab(Store(tmp_path / "small.db"))
    hosts = {name: Host(name, "127.0.0.1", powered_by="rack") for name in ("nas", "vault")}
    start(lab, services={}, hosts=hosts)
    lab.see(on_battery())
    lab.see(gone(VAULT))
    lab.see(on_mains())
    start(lab, services={}, hosts={"nas": hosts["nas"]})
    assert lab.incident().let_go == (VAULT,)
    for _ in range(2):
        lab.see(well(TargetId("host:nas"), "tcp"), on_mains())
        lab.wait(timedelta(hours=1))
    assert str(lab.incident().end) == "closed"
    assert lab.incident().resolution.startswith("no longer watched: vault; the others: ")
    assert lab.do(queries.proof, IncidentId(1)) == ProofPicture(ok=False, words="no longer watched: vault")
    lab.store.close()


def looked_at(*checks, **more):
    """The host vault, with these checks."""
    vault = Host("vault", "127.0.0.1", checks={one: Check(one, "tcp", Params(80)) for one in checks}, **more)
    return {**config().hosts, "vault": vault}


@pytest.mark.parametrize("check", ["web", "watching web"])
def test_what_a_check_showed_that_lab_yaml_has_no_more_is_forgotten_and_another_has_to_prove_its_host(lab, check):
    start(lab, hosts=looked_at("web", "mail"))
    lab.see(fails(VAULT, Kind.SERVICE_DOWN, "no answer", check=check), well(VAULT, "mail"))
    start(lab, hosts=looked_at("web", "mail"))
    assert lab.incident(3).failing
    start(lab, hosts=looked_at("mail"))
    assert f"No longer checked: {check} of vault;" in lab.history(3)[-1]
    known = [one.fingerprint for one in lab.store.targets.health()]
    assert [one.check for one in known if one.target == VAULT] == ["mail"]
    assert not lab.incident(3).ended
    lab.see(well(VAULT, "mail"))
    assert (str(lab.incident(3).end), lab.incident(3).resolution) == (
        "closed",
        f"no longer checked: {check} of vault",
    )


def test_a_host_that_is_looked_into_no_more_is_not_held_to_what_that_showed(lab):
    start(lab, hosts=looked_at(ssh=Ssh()))
    lab.see(fails(VAULT, Kind.FILESYSTEM_READONLY, "3 errors", check="root"))
    start(lab, hosts=looked_at())
    assert not lab.incident(3).failing
    assert "No longer checked: root of vault;" in lab.history(3)[-1]


def test_a_guests_check_is_known_by_its_name(lab):
    web = Check("web", "tcp", Params(80))
    start(lab, guests={"web1": Guest("web1", checks={"web": web})})
    lab.see(fails(WEB1, Kind.SERVICE_DOWN, "no answer", check="web"))
    start(lab)
    assert "No longer checked: web of web1;" in lab.history(3)[-1]
