"""What an incident leaves off: that it ran before stays so after the incident is over."""

from datetime import timedelta

import pytest

from bot.core.health import Kind
from bot.core.incident import End, IllegalMove, IncidentId, Status, Way
from bot.core.incidents import people, persons_word
from bot.core.incidents.asked import demand_unchanged, may_be_well, may_stay_off, state_shown
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.left_off import is_left_off, left_off
from bot.core.incidents.member import Standing
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    VAULT,
    Desk,
    back,
    crashed,
    fails,
    gone,
    off,
    on_battery,
    paused,
    powered_on,
    unbootable,
    up,
)

MINUTE = timedelta(minutes=1)
VM, OTHER = GUESTS[0], GUESTS[1]
ONE = IncidentId(1)


@pytest.fixture
def outage():
    """A host was gone and is back; the guest that ran on it is off, and its time to come back is over."""
    lab = Desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT), off(FILES))
    lab.wait(10 * MINUTE)
    return lab


def left(lab, word, *parts):
    before = lab.situation.incidents
    decision = lab.take(word(lab.situation, ONE, *parts, lab.now))
    return left_off(before, decision.incidents)


def test_what_ran_and_is_off_when_its_incident_is_closed_is_remembered(outage):
    [one] = left(outage, people.resolve, "U1", "the power is back")
    assert (one.member.target, one.incident, one.at) == (FILES, ONE, outage.now)


def test_that_someone_closed_it_is_told_where_its_beginning_was(outage):
    outage.take(people.resolve(outage.situation, ONE, "U1", "the power is back", outage.now))
    assert outage.broadcasts()[-1] == "☑️ <@U1> closed this: vault down. the power is back"


def test_an_incident_that_goes_on_leaves_nothing_and_neither_does_one_that_was_over_before(outage):
    assert left(outage, people.acknowledge, "U1") == []
    left(outage, people.resolve, "U1", "x")
    assert left_off(outage.situation.incidents, outage.incidents.values()) == []


def test_what_runs_or_was_off_before_is_not_left_off():
    lab = Desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT), powered_on(FILES))
    lab.wait(10 * MINUTE)
    assert left(lab, people.resolve, "U1", "x") == []


def test_what_is_part_of_another_incident_is_waited_for_there():
    lab = Desk()
    for guest in (VM, OTHER):
        lab.see(crashed(guest))
        lab.see(off(guest))
    before = lab.situation.incidents
    decision = lab.see(gone(ATLAS))
    part = lab.incidents[IncidentId(2)]
    assert part.end == End(Way.MOVED, into=ONE)
    assert is_left_off(part.members[OTHER])
    assert OTHER in lab.incidents[ONE].unproven
    assert left_off(before, decision.incidents) == []


def test_what_is_off_may_stay_so_by_a_persons_word_and_the_outage_waits_for_it_no_longer(outage):
    outage.see(crashed(VM))
    outage.take(persons_word.stays_off(outage.situation, [FILES], "U1", outage.now))
    member = outage.incidents[ONE].members[FILES]
    assert (member.standing, member.ground.by) == (Standing.STAYS_OFF, "U1")
    assert [incident.subject for incident in outage.live] == [VM]
    assert "⚪ files may stay off, says <@U1>." in [notice.text for notice in outage.notices]


def test_nobody_gives_their_word_that_what_is_off_is_well(outage):
    with pytest.raises(IllegalMove, match="cannot vouch for files: because it is off"):
        persons_word.vouch(outage.situation, ONE, [FILES], "U1", outage.now)


def test_what_may_stay_off_has_to_be_proven_once_someone_starts_it():
    lab = Desk()
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), off(VM), powered_on(OTHER))
    lab.take(persons_word.stays_off(lab.situation, [VM], "U1", lab.now))
    lab.see(off(VM))
    assert lab.only.members[VM].standing is Standing.STAYS_OFF
    lab.see(powered_on(VM))
    assert lab.only.members[VM].standing is Standing.UNPROVEN
    lab.see(up(VM))
    assert lab.only.members[VM].standing is Standing.PROVEN


def test_what_runs_fails_or_is_not_known_to_be_off_may_not_stay_off():
    lab = Desk()
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), powered_on(VM))
    with pytest.raises(IllegalMove, match="because it runs"):
        persons_word.stays_off(lab.situation, [VM], "U1", lab.now)
    lab.running.discard(OTHER)
    with pytest.raises(IllegalMove, match="because it is not known to be off"):
        persons_word.stays_off(lab.situation, [OTHER], "U1", lab.now)
    lab.see(unbootable(OTHER))
    lab.see(crashed(OTHER))
    with pytest.raises(IllegalMove, match="because it fails: boot, state"):
        persons_word.stays_off(lab.situation, [OTHER], "U1", lab.now)


def test_what_was_shut_down_because_of_an_outage_is_not_settled_by_being_seen_off_once_more():
    lab = Desk()
    lab.see(gone(VAULT))
    lab.see(off(FILES, on_purpose=True))
    lab.see(back(VAULT))
    lab.see(off(FILES, on_purpose=True))
    assert lab.only.members[FILES].standing is Standing.UNPROVEN


def test_of_what_is_off_it_is_asked_whether_it_may_stay_so_and_of_what_runs_whether_it_is_well(outage):
    member = outage.only.members[FILES]
    assert (may_stay_off(member), may_be_well(member)) == (True, False)
    running = member.after(powered_on(FILES), outage.situation.needs(FILES))
    assert (may_stay_off(running), may_be_well(running)) == (False, True)


def test_what_is_paused_after_an_outage_is_named_so_until_it_goes_on_or_a_person_lets_it_be():
    lab = Desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT), up(FILES))
    assert lab.only.members[FILES].proven
    lab.see(paused(FILES))
    lab.wait(10 * MINUTE)
    assert lab.only.status is Status.RECOVERING
    assert lab.broadcasts()[-1].endswith("Still paused: files.")
    why = "it is paused; say that it may stay off, or resume it"
    with pytest.raises(IllegalMove, match=why):
        persons_word.vouch(lab.situation, ONE, [FILES], "U1", lab.now)
    left = persons_word.stays_off(lab.situation, [FILES], "U1", lab.now)
    assert left.incidents[0].members[FILES].standing is Standing.STAYS_OFF
    lab.see(powered_on(FILES))
    assert lab.only.members[FILES].standing is Standing.UNPROVEN
    lab.see(up(FILES))
    assert lab.only.end == End(Way.PROVEN)


def test_what_is_paused_when_an_outage_begins_is_not_taken_for_well():
    lab = Desk()
    lab.see(up(FILES))
    lab.see(paused(FILES))
    lab.see(on_battery())
    member = lab.only.members[FILES]
    assert (member.standing, member.running, member.paused) == (Standing.UNPROVEN, False, True)


def test_of_what_may_stay_off_and_differs_from_before_it_is_asked_whether_that_is_well_and_nothing_else(outage):
    outage.take(persons_word.stays_off(outage.situation, [FILES], "U1", outage.now))
    member = outage.only.members[FILES].changed((Change("disk", "its disk is gone"),))
    assert (member.running, member.standing) == (False, Standing.UNPROVEN)
    assert (may_stay_off(member), may_be_well(member)) == (False, True)
    assert member.vouched("U1", "", outage.now).standing is Standing.STAYS_OFF


def test_a_word_is_about_what_a_person_was_shown(outage):
    shown = {FILES: state_shown(outage.only.members[FILES])}
    demand_unchanged(outage.situation, ONE, shown)
    demand_unchanged(outage.situation, IncidentId(9), shown)  # who records the word refuses that
    outage.see(powered_on(FILES))
    with pytest.raises(IllegalMove, match="it has changed since you were asked, and is unproven and running now"):
        demand_unchanged(outage.situation, ONE, shown)


@pytest.fixture
def found_off():
    """A guest that ran before nobody could look is off afterwards: told once as failed, and as it may be since."""
    lab = Desk()
    lab.see(fails(VM, Kind.GUEST_DOWN, "it ran until atlas was out of reach, and is off", running=False))
    lab.now += MINUTE
    lab.see(off(VM))
    return lab


def test_what_was_found_off_is_down_for_as_long_as_it_is_off(found_off):
    found_off.wait(10 * MINUTE)
    assert (found_off.only.status, found_off.only.spans.lasts) == (Status.OPEN, True)
    found_off.see(powered_on(VM))
    assert found_off.only.status is Status.RECOVERING
    assert found_off.only.spans.total(found_off.now) == 11 * MINUTE


def test_and_over_once_someone_says_that_it_may_stay_so(found_off):
    found_off.take(persons_word.stays_off(found_off.situation, [VM], "U1", found_off.now))
    assert found_off.only.end == End(Way.CLOSED)
