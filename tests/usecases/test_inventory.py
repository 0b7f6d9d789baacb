"""A host's inventory is kept while all is well, and compared with that once an outage of it is live."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.health import BOOT, HYPERVISOR, Fingerprint, Health, Kind, TargetId
from bot.core.incident import End, IncidentId, Status, Way
from bot.core.incidents.asked import may_be_well
from bot.core.incidents.inventory import DiskFacts, GuestFacts, HostFacts, ThingFacts, ThingKind
from bot.core.mute import Silence
from bot.incidents import resolve
from bot.store import Store
from bot.store.inventory_json import facts_in, facts_out
from bot.usecases.inventory import Inventory, take_facts
from bot.usecases.persons_word import vouch
from tests.core.labs import ATLAS, VAULT, back, gone, off, up
from tests.kept_lab import ALEX, KeptLab

WEB1 = TargetId("guest:web1")
MINUTE = timedelta(minutes=1)
DISK = DiskFacts("/img/web1", present=True, capacity=100)
FACTS = HostFacts("atlas", (GuestFacts("web1", "web1", True, True, disks=(DISK,)),), (), (), whole=True)
LOST = replace(FACTS, guests=(replace(FACTS.guests[0], disks=(replace(DISK, present=False),)),))


@pytest.fixture
def lab(tmp_path):
    """A lab that has been well for a while, and whose inventory is known."""
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1")
    lab.see(back(ATLAS), back(VAULT), up(WEB1))
    take(lab, FACTS, {"web1"})
    lab.now += 10 * MINUTE
    yield lab
    store.close()


def take(lab, facts, running, missed=None):
    """Take an inventory; whether the next look should come soon."""
    lab.taken = lab.do(take_facts, lab.config, Inventory(facts, running), missed)
    return lab.taken.soon


def live(lab):
    return lab.store.incidents.live()


def kept(lab):
    return lab.store.inventory.good(ATLAS)


def test_the_first_inventory_is_kept_at_once(lab):
    assert kept(lab) == FACTS


def test_while_all_is_well_the_last_one_is_the_good_one(lab):
    take(lab, LOST, ())
    assert kept(lab) == LOST


def test_one_that_was_not_wholly_read_is_no_good_one(lab):
    take(lab, replace(LOST, whole=False), ())
    assert kept(lab) == FACTS


def test_what_is_found_just_after_a_start_or_after_the_host_came_back_may_be_what_an_outage_left(lab):
    lab.begin()
    take(lab, LOST, ())
    assert kept(lab) == FACTS
    lab.now += 10 * MINUTE
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(WEB1))
    lab.wait(11 * MINUTE)
    assert lab.incident().ended
    lab.see(gone(ATLAS))
    take(lab, LOST, ())
    assert kept(lab) == FACTS


def test_what_an_outage_changed_holds_it_open(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(WEB1))
    take(lab, LOST, {"web1"})
    lab.wait(10 * MINUTE)
    assert lab.incident().unproven == (WEB1,)
    assert "web1: its disk /img/web1 is not there" in lab.history()
    take(lab, FACTS, {"web1"})
    assert lab.incident().ended


def test_while_the_host_does_not_answer_there_is_nothing_to_compare(lab):
    lab.see(gone(ATLAS))
    take(lab, LOST, ())
    assert lab.incident().members[WEB1].changes == ()


def test_without_an_inventory_from_before_nothing_can_be_compared(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    take(lab, replace(LOST, host="vault"), ())
    assert lab.store.inventory.good(VAULT) is None


def test_what_changed_while_nobody_could_look_is_an_incident_of_its_own_until_it_is_mended(lab):
    lab.now += 10 * MINUTE
    lab.begin()
    assert take(lab, LOST, {"web1"}), "it may be there in a moment"
    assert not live(lab)
    lab.now += 11 * MINUTE
    assert take(lab, LOST, {"web1"})
    changed = lab.incident()
    assert (changed.kind, changed.subject, changed.status) == (Kind.HOST_CHANGED, ATLAS, Status.OPEN)
    assert changed.why == "it has changed while I could not look: web1: its disk /img/web1 is not there"
    assert changed.unproven == (WEB1,)
    lab.see(up(WEB1))
    lab.wait(MINUTE)
    take(lab, LOST, {"web1"})
    assert not lab.incident().ended
    assert kept(lab) == FACTS
    take(lab, FACTS, {"web1"})
    assert (lab.incident().end, lab.incident().resolution) == (End(Way.PROVEN), "all is as before")
    assert not take(lab, FACTS, {"web1"})


def test_or_until_a_person_says_that_it_is_meant_so_and_then_it_is_not_asked_again(lab):
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"})
    lab.do(vouch, lab.config, IncidentId(1), [WEB1], ALEX)
    assert lab.incident().ended
    assert not take(lab, LOST, {"web1"})
    assert kept(lab) == LOST
    lab.begin()
    lab.now += 11 * MINUTE
    assert not take(lab, LOST, {"web1"})
    assert len(live(lab)) == 0


@pytest.mark.parametrize("check", [HYPERVISOR, BOOT])
def test_a_host_that_could_not_be_asked_or_has_booted_anew_is_compared_too(lab, check):
    seen = replace(back(ATLAS), fingerprint=Fingerprint(check, ATLAS))
    lab.see(replace(seen, health=Health.UNKNOWN))
    lab.now += MINUTE
    lab.see(seen)
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"})
    assert [one.kind for one in live(lab)] == [Kind.HOST_CHANGED]


def test_what_someone_changes_after_the_first_look_is_no_question(lab):
    lab.begin()
    assert not take(lab, FACTS, {"web1"})
    lab.now += 11 * MINUTE
    assert not take(lab, LOST, {"web1"}, lab.taken.missed)
    assert (live(lab), kept(lab)) == ([], LOST)


def test_what_could_not_be_looked_at_first_is_one(lab):
    untold = replace(FACTS, guests=(replace(FACTS.guests[0], disks=None),))
    lab.begin()
    assert take(lab, untold, {"web1"})
    lab.now += 11 * MINUTE
    assert take(lab, LOST, {"web1"}, lab.taken.missed)
    assert live(lab)


def test_a_further_gap_begins_the_question_anew(lab):
    lab.begin()
    take(lab, FACTS, {"web1"})
    before = lab.taken.missed
    lab.now += 5 * MINUTE
    lab.begin()
    assert take(lab, LOST, {"web1"}, before)
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"}, lab.taken.missed)
    assert live(lab)


def test_what_someone_changes_while_it_is_open_is_not_told_in_it_unless_nobody_could_look(lab):
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"})
    edited = replace(LOST, guests=(replace(LOST.guests[0], autostart=False),))
    take(lab, edited, {"web1"})
    assert [one.key for one in lab.incident().members[WEB1].changes] == ["disk /img/web1"]
    lab.now += MINUTE
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, edited, {"web1"})
    assert [one.key for one in lab.incident().members[WEB1].changes] == ["autostart", "disk /img/web1"]


def test_one_that_reopens_asks_about_what_is_new_alone(lab):
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"})
    lab.do(resolve, lab.config, IncidentId(1), ALEX, "meant so")
    lab.now += MINUTE
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, replace(LOST, guests=(replace(LOST.guests[0], autostart=False),)), {"web1"})
    (again,) = live(lab)
    assert (again.id, again.unproven) == (1, (WEB1,))
    assert [one.key for one in again.members[WEB1].changes] == ["autostart"]


def test_of_a_guest_that_is_off_one_word_is_enough(lab):
    lab.see(off(WEB1, on_purpose=True))
    lab.wait(10 * MINUTE)
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, LOST, ())
    lab.see(off(WEB1, on_purpose=True))
    assert may_be_well(lab.incident().members[WEB1])
    lab.do(vouch, lab.config, IncidentId(1), [WEB1], ALEX)
    assert lab.incident().resolution == "1 on someone's word"


def test_a_word_is_remembered_over_a_restart_at_once(lab):
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"})
    lab.now += MINUTE
    lab.do(vouch, lab.config, IncidentId(1), [WEB1], ALEX)
    lab.begin()
    lab.now += 11 * MINUTE
    assert not take(lab, LOST, {"web1"})
    assert (live(lab), kept(lab)) == ([], LOST)


def test_what_an_outage_has_asked_of_already_is_not_asked_again_after_it(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(WEB1))
    take(lab, LOST, {"web1"})
    lab.do(vouch, lab.config, IncidentId(1), [WEB1], ALEX)
    lab.wait(10 * MINUTE)
    assert lab.incident().ended
    assert not take(lab, LOST, {"web1"})
    assert kept(lab) == LOST
    assert not live(lab)


def test_of_a_silenced_host_it_is_asked_once_that_is_over(lab):
    lab.begin()
    lab.now += 11 * MINUTE
    with lab.store.transaction() as store:
        store.silences.add(Silence(ATLAS, lab.now, lab.now + 5 * MINUTE, ALEX, "moving disks"))
    take(lab, LOST, {"web1"})
    assert not live(lab)
    assert kept(lab) == FACTS
    lab.now += 6 * MINUTE
    take(lab, LOST, {"web1"})
    assert [one.kind for one in live(lab)] == [Kind.HOST_CHANGED]


def test_a_host_that_goes_down_meanwhile_is_an_incident_beside_it(lab):
    lab.begin()
    lab.now += 11 * MINUTE
    take(lab, LOST, {"web1"})
    lab.see(gone(ATLAS))
    assert {one.kind for one in live(lab)} == {Kind.HOST_CHANGED, Kind.HOST_DOWN}


texts = st.text(max_size=9)
maybe = st.none() | st.booleans()
disks = st.builds(DiskFacts, texts, maybe, st.none() | st.integers(0, 2**50))
guests = st.builds(
    GuestFacts,
    texts,
    texts,
    st.booleans(),
    st.booleans(),
    maybe,
    st.none() | texts,
    st.none() | texts,
    st.none() | st.lists(disks, max_size=2).map(tuple),
)
things = st.builds(
    ThingFacts, st.sampled_from(ThingKind), texts, texts, st.booleans(), st.booleans(), st.booleans()
)
several = st.none() | st.lists(things, max_size=2).map(tuple)


@given(st.builds(HostFacts, texts, st.lists(guests, max_size=2).map(tuple), several, several, st.booleans()))
def test_an_inventory_is_read_as_it_was_written(facts):
    assert facts_in(facts_out(facts)) == facts
