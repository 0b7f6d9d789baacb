"""What an outage changed of its hosts' inventories holds it open, by name, until it is mended or accepted."""

from datetime import timedelta

import pytest

from bot.core.incident import End, IncidentId, Status, Tell, Way
from bot.core.incidents import aftermath, people, persons_word
from bot.core.incidents.aftermath import held_by, outage_of
from bot.core.incidents.condition import lacks
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.member import Standing
from tests.core.labs import ATLAS, FILES, GUESTS, NOOK, VAULT, Desk, back, crashed, gone, up

MINUTE = timedelta(minutes=1)
ONE = IncidentId(1)
DISK = Change("disk /img/data", "its disk /img/data is not there")
POOL = Change("storage pool default", "the storage pool default is not started")


@pytest.fixture
def lab():
    """A host was gone, and is back with its guest; of another guest that was off nothing was heard."""
    lab = Desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT), up(FILES))
    return lab


def compared(lab, changes):
    return lab.take(aftermath.inventory_compared(lab.situation, ONE, changes, lab.now))


def test_a_difference_holds_the_outage_open_and_is_named(lab):
    compared(lab, {FILES: (DISK,)})
    lab.wait(10 * MINUTE)
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (FILES,))
    assert "files: its disk /img/data is not there" in lab.history(1)
    told = [n.text for n in lab.notices if n.tell is Tell.LINE]
    assert told == ["Not as before: files: its disk /img/data is not there"]
    member = lab.only.members[FILES]
    assert lacks(member, lab.situation.target(FILES), lab.situation.needs(FILES)) == DISK.words


def test_it_is_told_once(lab):
    compared(lab, {FILES: (DISK,)})
    before = (len(lab.events), len(lab.notices))
    compared(lab, {FILES: (DISK,)})
    assert (len(lab.events), len(lab.notices)) == before


def test_a_machine_that_is_held_by_a_difference_alone_is_not_told_again_with_each_look(lab):
    compared(lab, {FILES: (DISK,)})
    lab.see(up(FILES))
    before = len(lab.notices)
    for _ in range(3):
        lab.now += MINUTE / 60
        lab.see(up(FILES))
    assert len(lab.notices) == before
    assert lab.only.unproven == (FILES,)


def test_what_is_as_before_again_holds_it_no_longer(lab):
    compared(lab, {FILES: (DISK,), VAULT: (POOL,)})
    lab.wait(10 * MINUTE)
    compared(lab, {FILES: (), VAULT: (POOL,)})
    assert lab.only.unproven == (VAULT,)
    compared(lab, {FILES: (), VAULT: ()})
    assert lab.only.end == End(Way.PROVEN)
    assert "files: as before again, no longer so: its disk /img/data is not there" in lab.history(1)


def test_a_guest_that_was_off_shows_it_too(lab):
    compared(lab, {GUESTS[0]: (DISK,), GUESTS[1]: (), NOOK: (POOL,)})
    assert set(lab.only.unproven) == {GUESTS[0], NOOK}
    assert GUESTS[1] not in lab.only.members
    compared(lab, {GUESTS[0]: (), NOOK: ()})
    assert lab.only.members[GUESTS[0]].standing is Standing.WANTED_OFF
    assert lab.only.members[NOOK].standing is Standing.UNTOUCHED


def test_a_person_may_say_that_it_is_well_so(lab):
    compared(lab, {FILES: (DISK,)})
    was = lab.only
    lab.take(persons_word.vouch(lab.situation, ONE, [FILES], "U1", lab.now))
    assert f"says that files is well; not seen: {DISK.words}" in lab.history(1)
    assert aftermath.accepted(was, lab.only) == {FILES: (DISK,)}
    compared(lab, {FILES: ()})
    lab.wait(10 * MINUTE)
    assert lab.only.end == End(Way.PROVEN)
    assert lab.only.resolution == "1 proven healthy, 1 on someone's word"


def test_whoever_closes_it_accepts_what_differs_and_who_does_not_has_accepted_nothing(lab):
    compared(lab, {FILES: (DISK,)})
    was = lab.only
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    assert aftermath.accepted(was, lab.only) == {FILES: ()}
    lab.take(people.resolve(lab.situation, ONE, "U1", "meant so", lab.now))
    assert aftermath.accepted(was, lab.only) == {FILES: (DISK,)}
    assert aftermath.accepted(None, lab.only) == aftermath.accepted(lab.only, lab.only) == {}


def test_what_differs_after_a_word_is_asked_about_anew(lab):
    compared(lab, {FILES: (DISK,)})
    lab.take(persons_word.vouch(lab.situation, ONE, [FILES], "U1", lab.now))
    compared(lab, {FILES: (Change("nvram", "new"),)})
    assert lab.only.members[FILES].changes == (Change("nvram", "new"),)


def test_a_machine_that_fails_is_failing_whatever_else_differs(lab):
    compared(lab, {FILES: (DISK,)})
    lab.see(crashed(FILES))
    assert lab.only.members[FILES].standing is Standing.FAILING


def test_one_that_fails_already_and_differs_too_is_both(lab):
    lab.see(crashed(GUESTS[0]))
    compared(lab, {GUESTS[0]: (DISK,)})
    assert lab.incidents[ONE].members[GUESTS[0]].failing == {"state"}


def test_many_differences_are_told_as_a_few_and_how_many_more(lab):
    compared(lab, dict.fromkeys(GUESTS[:10], (DISK,)))
    assert lab.notices[-1].text.endswith("vm08: its disk /img/data is not there and 2 more")


def test_the_outage_that_took_a_host_along_is_found(lab):
    assert outage_of(lab.situation, VAULT) == lab.only
    assert outage_of(lab.situation, ATLAS) is None
    compared(lab, {FILES: (DISK,)})
    assert held_by(lab.only) == {FILES: (DISK,)}
