"""What becomes of machines that are missing, on a real database: deleted, rebuilt, expected back."""

from dataclasses import replace

import pytest

from bot import incidents, queries, sightings
from bot.config import Host
from bot.core.guest import GuestState, Power
from bot.core.health import Evidence, Kind, guest_id
from bot.core.incident import End, IllegalMove, IncidentId, Status, Way
from bot.core.incidents.blind_spots import WAYS_OUT
from bot.core.incidents.member import Standing
from bot.core.permit import NotAllowed
from bot.core.picture import ProofPicture
from bot.store import Store
from bot.usecases import missing as missing_guests
from bot.usecases import persons_word
from tests.core.labs import (
    ATLAS,
    VAULT,
    back,
    crashed,
    gone,
    missing,
    nowhere,
    off,
    on_battery,
    powered_on,
    up,
    well,
)
from tests.kept_lab import ALEX, ROBIN, STRANGER, KeptLab, config, info

WEB1, WEB2, NEW = guest_id("0001"), guest_id("0002"), guest_id("0003")
ONE = IncidentId(1)


def found(lab, **uuids):
    """The host has these guests now, by name."""
    infos = [replace(info(name), uuid=uuid) for name, uuid in uuids.items()]
    states = {one.uuid: GuestState(one.name, Power.RUNNING, uuid=one.uuid) for one in infos}
    lab.places = lab.places.heard("atlas", states)
    return lab.do(sightings.take_inventory, lab.config, "atlas", infos, lab.places)


@pytest.fixture
def lab(tmp_path):
    """A lab in which web1 is missing."""
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    found(lab, web1="0001", web2="0002")
    lab.see(back(ATLAS), back(VAULT), up(WEB1), up(WEB2))
    found(lab, web2="0002")
    lab.see(missing(WEB1))
    yield lab
    store.close()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_that_is_back_and_off_is_down_and_missing_no_longer(lab, order):
    found(lab, web1="0001", web2="0002")
    told = replace(well(WEB1, "inventory"), evidence=Evidence.OUTSIDE), off(WEB1)
    for at in order:
        lab.see(told[at])
    assert (lab.incident().kind, lab.incident().status) == (Kind.GUEST_DOWN, Status.OPEN)
    assert lab.incident().why == "its host knows it again, and it is off", "a card says what is so now"
    assert "This is guest-down: its host knows it again, and it is off" in lab.history()
    lab.see(missing(WEB1))
    assert lab.incident().kind is Kind.GUEST_MISSING


def test_one_that_is_back_and_off_and_should_run_is_down(lab):
    found(lab, web1="0001", web2="0002")
    lab.see(replace(well(WEB1, "inventory"), evidence=Evidence.OUTSIDE), crashed(WEB1))
    assert (lab.incident().kind, lab.incident().status) == (Kind.GUEST_DOWN, Status.OPEN)
    assert [one.check for one in lab.incident().failing] == ["state"]


def test_one_that_was_off_before_and_is_back_and_off_is_as_it_was(lab):
    found(lab, web1="0001", web2="0002", dc="0003")
    lab.see(off(guest_id("0003")))
    found(lab, web1="0001", web2="0002")
    lab.see(missing(guest_id("0003")))
    found(lab, web1="0001", web2="0002", dc="0003")
    lab.see(replace(well(guest_id("0003"), "inventory"), evidence=Evidence.OUTSIDE), off(guest_id("0003")))
    assert (lab.incident(2).end, lab.incident(2).kind) == (End(Way.PROVEN), Kind.GUEST_MISSING)
    assert lab.incident(2).resolution == "it is off, as before"


def test_hands_say_that_it_was_deleted_and_it_leaves_the_inventory_in_their_name(lab):
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    assert WEB1 not in lab.store.targets.inventory()
    assert (lab.incident().end, lab.incident().resolved_by) == (End(Way.CLOSED), ROBIN)
    assert "says that it was deleted on purpose: web1" in lab.history()
    assert WEB1 not in {known.fingerprint.target for known in lab.store.targets.health()}


def test_what_must_come_back_stays_and_is_remembered(lab):
    lab.do(missing_guests.must_return, lab.config, ONE, [WEB1], ROBIN)
    assert WEB1 in lab.store.targets.inventory()
    assert lab.incident().members[WEB1].must_return == ROBIN


@pytest.mark.parametrize("use_case", [missing_guests.let_go, missing_guests.must_return, persons_word.vouch])
def test_a_stranger_may_say_nothing_of_it(lab, use_case):
    with pytest.raises(NotAllowed, match="Alex or Robin"):
        lab.do(use_case, lab.config, ONE, [WEB1], STRANGER)
    assert lab.incident().members[WEB1].standing is Standing.MISSING


def test_nobody_can_vouch_for_what_is_missing(lab):
    with pytest.raises(IllegalMove, match="because it is missing"):
        lab.do(persons_word.vouch, lab.config, ONE, [WEB1], ALEX)


def test_a_word_of_hands_is_kept(lab):
    lab.see(crashed(WEB2))
    lab.see(powered_on(WEB2))
    lab.do(persons_word.vouch, lab.config, IncidentId(2), [WEB2], ROBIN)
    ground = lab.incident(2).members[WEB2].ground
    assert (ground.standing, ground.by) == (Standing.WORD, ROBIN)


def test_a_guest_made_anew_under_its_name_is_asked_about(lab):
    assert queries.lacking(lab.store, lab.config, lab.incident())[WEB1] == "its host no longer knows it"
    found(lab, web1="0003", web2="0002")
    assert queries.lacking(lab.store, lab.config, lab.incident())[WEB1] == queries.ANEW
    assert lab.store.targets.names()(WEB1) == "web1@atlas#0001"


def test_one_that_was_rebuilt_has_to_be_proven_in_the_place_of_the_old_one(lab):
    found(lab, web1="0003", web2="0002")
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    assert lab.incident().unproven == (NEW,)
    assert lab.incident().members[WEB1].standing is Standing.REBUILT
    assert "says that it was rebuilt: web1@atlas#0001" in lab.history()
    lab.see(up(NEW))
    assert (lab.incident().end, lab.incident().resolution) == (
        End(Way.PROVEN),
        "1 proven healthy, 1 rebuilt as another",
    )


def test_once_it_was_said_to_be_rebuilt_nobody_is_asked_again(lab):
    found(lab, web1="0003", web2="0002")
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    lab.see(up(NEW))
    found(lab, web1="0004", web2="0002")
    assert {t.name for t in lab.store.targets.inventory().values() if t.runs_on} == {"web1", "web2"}
    assert NEW not in lab.store.targets.inventory()
    assert lab.store.alive.journal(1)[0][1] == "web1 was rebuilt, as it is now and then."
    assert lab.store.incidents.next_id() == 2


def test_one_that_may_have_gone_to_a_host_that_cant_be_asked_was_not_rebuilt(lab):
    found(lab, web1="0003", web2="0002")
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    lab.see(up(NEW))
    borea = Host("borea", "127.0.0.1", hypervisor="test:///default")
    lab.config = config(hosts={**lab.config.hosts, "borea": borea})
    lab.places = lab.places.heard("borea", {}).lost("borea")
    lab.see(crashed(NEW))
    assert NEW in {t.id for t in found(lab, web1="0004", web2="0002")}
    lab.see(nowhere(NEW))
    assert lab.incident(2).unproven == (NEW,)
    assert queries.lacking(lab.store, lab.config, lab.incident(2))[NEW] != queries.ANEW
    lab.places = lab.places.heard("borea", {})
    found(lab, web1="0004", web2="0002")
    assert lab.incident(2).members[NEW].standing is Standing.REBUILT


def test_an_outage_that_waits_for_it_waits_for_the_rebuilt_one_instead(lab):
    found(lab, web1="0003", web2="0002")
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    lab.see(up(NEW))
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS))
    found(lab, web1="0004", web2="0002")
    outage = lab.incident(2)
    assert outage.kind is Kind.HOST_DOWN
    assert outage.members[NEW].standing is Standing.REBUILT
    assert {guest_id("0004"), WEB2} <= set(outage.unproven)


def test_that_a_name_is_rebuilt_says_nothing_of_a_guest_that_has_no_successor(lab):
    found(lab, web1="0003", web2="0002")
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    assert NEW in {t.id for t in found(lab, web2="0002")}
    assert NEW in lab.store.targets.inventory()


def test_several_are_let_go_of_together_some_deleted_and_some_rebuilt(lab):
    found(lab, web1="0003")
    lab.see(missing(WEB2))
    for number in (1, 2):
        target = {1: WEB1, 2: WEB2}[number]
        lab.do(missing_guests.let_go, lab.config, IncidentId(number), [target], ALEX)
    assert lab.incident(2).members[WEB2].standing is Standing.DELETED
    assert lab.incident(1).members[WEB1].standing is Standing.REBUILT


def proof(lab, number=1):
    return lab.do(queries.proof, IncidentId(number))


def test_all_proven_says_what_is_missing_and_what_rests_on_words(lab):
    assert proof(lab) == ProofPicture(ok=False, words=f"not proven yet: web1. {WAYS_OUT}")
    lab.do(missing_guests.let_go, lab.config, ONE, [WEB1], ROBIN)
    assert proof(lab) == ProofPicture(ok=True, words="1 deleted on purpose")


def test_that_a_person_closed_an_incident_proves_nothing_of_its_machines(lab):
    lab.do(incidents.resolve, lab.config, ONE, ALEX, "never mind")
    assert not proof(lab).ok


def test_of_an_incident_that_is_not_there_or_part_of_another_nothing_is_proven(lab):
    assert proof(lab, 9) == ProofPicture(ok=False, words="there is no incident 9")
    lab.see(crashed(WEB2))
    lab.see(gone(ATLAS))
    assert lab.incident(2).kind is Kind.HOST_DOWN
    lab.see(gone(VAULT))
    assert proof(lab, 2).words.startswith("not proven yet: atlas, ")


def test_what_became_part_of_another_is_followed_there(lab):
    lab.see(gone(ATLAS), gone(VAULT))
    lab.see(on_battery())
    assert proof(lab, 3) == ProofPicture(ok=False, words="incident 3 was moved to incident 2")


def test_many_that_are_missing_are_counted(lab):
    found(lab, **{f"vm{n:02}": f"1{n:03}" for n in range(12)})
    lab.see(*(missing(guest_id(f"1{n:03}")) for n in range(12)))
    assert proof(lab, 2).words.endswith(f"vm09 and 3 more. {WAYS_OUT}")
