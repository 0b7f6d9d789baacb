"""What people do to incidents: their word for what nothing proves, and what becomes of what is missing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import Health, Kind, TargetId
from bot.core.incident import End, EventKind, IllegalMove, IncidentId, Status, Tell, Way
from bot.core.incidents import engine, persons_word, withdrawal
from bot.core.incidents.member import Ground, Standing
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    RACK,
    VAULT,
    Desk,
    back,
    crashed,
    fails,
    gone,
    known_again,
    missing,
    nowhere,
    on_battery,
    powered_on,
    unbootable,
    up,
)

MINUTE = timedelta(minutes=1)
VM, OTHER = GUESTS[0], GUESTS[1]
ONE, TWO = IncidentId(1), IncidentId(2)


@pytest.fixture
def lab():
    return Desk()


@pytest.fixture
def powered(lab):
    """A guest has crashed, and has power again."""
    lab.see(crashed(VM))
    lab.see(powered_on(VM))
    return lab


@pytest.fixture
def outage(lab):
    """A host was gone, and is back; of its guest only its power is known."""
    lab.see(gone(VAULT))
    lab.see(back(VAULT), powered_on(FILES))
    lab.wait(10 * MINUTE)
    return lab


def say(lab, word, *targets, incident=ONE, by="U1"):
    return lab.take(word(lab.situation, incident, targets, by, lab.now))


# A person's word.


def test_a_word_is_recorded_by_name_with_what_was_not_seen(outage):
    say(outage, persons_word.vouch, FILES)
    member = outage.only.members[FILES]
    assert member.ground == Ground(
        Standing.WORD, outage.events[-2].text.partition("not seen: ")[2], outage.now, by="U1"
    )
    line = outage.events[-2]
    assert (line.kind, line.by) == (EventKind.BETTER, "U1")
    assert line.text.startswith("says that files is well; not seen: its agent's answer, a login prompt")
    assert "<@U1> says that it is well: files" in [n.text for n in outage.notices]


def test_an_outage_of_which_all_else_is_proven_is_resolved_with_it_and_says_so(outage):
    say(outage, persons_word.vouch, FILES)
    assert outage.only.end == End(Way.PROVEN)
    assert (
        outage.broadcasts()[-1] == "🟢 Resolved: vault down, after 10 min. 1 proven healthy, 1 on someone's word."
    )


def test_what_rests_on_words_alone_was_closed_by_the_last_of_them(powered):
    say(powered, persons_word.vouch, VM, by="U7")
    assert (powered.only.end, powered.only.resolved_by) == (End(Way.CLOSED), "U7")
    assert powered.broadcasts()[-1] == "☑️ Closed: vm01 down. 1 on someone's word."


def test_a_word_for_one_of_two_ends_nothing(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), powered_on(VM), powered_on(OTHER))
    say(lab, persons_word.vouch, VM)
    assert (lab.only.status, OTHER in lab.only.unproven) == (Status.RECOVERING, True)


def test_several_are_each_named_in_the_history(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS))
    say(lab, persons_word.vouch, VM, OTHER)
    said = [e.text for e in lab.events if e.by == "U1"]
    assert [text.partition(" is well")[0] for text in said] == ["says that vm01", "says that vm02"]


def test_no_word_covers_what_fails_or_is_missing(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), crashed(VM), missing(OTHER))
    for target, why in ((VM, "cannot vouch for vm01: because it fails: state"), (OTHER, "because it is missing")):
        with pytest.raises(IllegalMove, match=why):
            say(lab, persons_word.vouch, target)
        assert target in lab.only.unproven


def test_a_word_covers_what_failed_and_can_not_look_any_more(lab):
    lab.see(gone(ATLAS))
    with pytest.raises(IllegalMove, match="because it fails: hypervisor"):
        say(lab, persons_word.vouch, ATLAS)
    lab.see(replace(gone(ATLAS), health=Health.UNKNOWN, kind=None))
    say(lab, persons_word.vouch, ATLAS)
    assert (lab.only.failing, lab.only.members[ATLAS].standing) == (frozenset(), Standing.WORD)
    lab.see(gone(ATLAS))
    assert (lab.only.status, ATLAS in lab.only.unproven) == (Status.OPEN, True)


def test_it_does_not_cover_what_fails_beside_that(lab):
    web = fails(ATLAS, Kind.SERVICE_DOWN, "no answer", check="web")
    lab.see(gone(ATLAS), web)
    lab.see(replace(gone(ATLAS), health=Health.UNKNOWN, kind=None))
    with pytest.raises(IllegalMove, match="because it fails: hypervisor, web"):
        say(lab, persons_word.vouch, ATLAS)


def test_no_word_covers_what_is_settled_or_is_nobodys_concern(outage):
    with pytest.raises(IllegalMove, match="cannot vouch for vault: because it is settled: proven healthy"):
        say(outage, persons_word.vouch, VAULT)
    with pytest.raises(IllegalMove, match="cannot vouch for vm01: because incident 1 does not wait for it"):
        say(outage, persons_word.vouch, VM)


def test_no_word_is_taken_for_what_is_over(powered):
    powered.see(up(VM))
    for word in (persons_word.vouch, persons_word.must_return, persons_word.deleted):
        with pytest.raises(IllegalMove, match="incident 1: because it is resolved"):
            say(powered, word, VM)


def test_what_was_vouched_for_and_fails_again_has_to_be_proven_again(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), powered_on(VM))
    say(lab, persons_word.vouch, VM)
    lab.see(crashed(VM))
    lab.see(powered_on(VM))
    assert VM in lab.only.unproven


# What is missing.


def test_a_guest_that_no_incident_waits_for_opens_one_of_its_own_when_it_is_missing(lab):
    lab.see(missing(VM))
    assert (lab.only.kind, lab.only.subject, lab.only.unproven) == (Kind.GUEST_MISSING, VM, (VM,))


def test_a_guest_that_crashed_and_vanished_stays_open_as_missing(lab):
    lab.see(crashed(VM))
    lab.see(missing(VM))
    assert (lab.only.kind, lab.only.status) == (Kind.GUEST_MISSING, Status.OPEN)
    assert lab.only.members[VM].standing is Standing.MISSING


def test_a_guest_whose_disk_was_damaged_stays_that_when_it_is_missing(lab):
    lab.see(unbootable(VM))
    lab.see(missing(VM))
    assert lab.only.kind is Kind.BOOT_DISK


def test_what_an_outage_waits_for_and_is_missing_holds_it_open(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT), missing(FILES))
    lab.wait(10 * MINUTE)
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (FILES,))
    assert "files: its host no longer knows it" in lab.history(1)


def test_what_was_off_and_is_missing_after_its_hosts_outage_joins_that(lab):
    lab.running -= {FILES}
    lab.see(gone(VAULT))
    assert FILES not in lab.only.members
    lab.see(back(VAULT), missing(FILES))
    assert lab.only.members[FILES].standing is Standing.MISSING


def test_many_that_are_missing_together_are_one_incident_of_their_host(lab):
    lab.see(*map(missing, GUESTS))
    assert (lab.only.kind, lab.only.subject) == (Kind.GUESTS_DOWN, ATLAS)
    assert lab.only.why == f"{len(GUESTS)} guests of atlas are missing"
    assert lab.only.unproven == GUESTS


def test_a_guest_that_its_host_knows_again_needs_proof(lab):
    lab.see(missing(VM))
    lab.see(known_again(VM))
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (VM,))
    lab.see(up(VM))
    assert lab.only.end == End(Way.PROVEN)


def test_a_power_failure_later_does_not_swallow_what_was_missing_before(lab):
    lab.see(missing(VM))
    lab.see(on_battery())
    assert [i.kind for i in lab.live] == [Kind.GUEST_MISSING, Kind.POWER_LOSS]


def test_what_was_deleted_on_purpose_closes_its_incident_in_that_persons_name(lab):
    lab.see(missing(VM))
    say(lab, persons_word.deleted, VM, by="U7")
    assert (lab.only.end, lab.only.resolved_by) == (End(Way.CLOSED), "U7")
    assert (lab.only.resolution, lab.only.failing) == ("1 deleted on purpose", frozenset())
    assert [e.by for e in lab.events if "deleted on purpose: vm01" in e.text] == ["U7"]


def test_an_outage_goes_on_without_what_was_deleted_and_still_counts_it(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT), missing(FILES))
    lab.wait(10 * MINUTE)
    say(lab, persons_word.deleted, FILES)
    assert (lab.only.end, lab.only.resolution) == (End(Way.PROVEN), "1 proven healthy, 1 deleted on purpose")


def test_of_several_missing_those_that_are_not_deleted_stay(lab):
    lab.see(*map(missing, GUESTS[:5]))
    say(lab, persons_word.deleted, *GUESTS[:4])
    assert (lab.only.ended, lab.only.unproven) == (False, (GUESTS[4],))


def test_what_was_deleted_is_waited_for_by_no_other_incident(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), unbootable(VM), missing(VM))
    assert {i.kind for i in lab.live} == {Kind.HOST_DOWN, Kind.BOOT_DISK}
    say(lab, persons_word.deleted, VM)
    other = lab.incidents[TWO]
    assert (other.end, other.resolved_by, other.resolution) == (End(Way.CLOSED), "U1", "1 deleted on purpose")
    assert VM not in lab.incidents[ONE].unproven


def test_what_must_come_back_stays_open_and_says_who_said_so(lab):
    lab.see(missing(VM))
    say(lab, persons_word.must_return, VM, by="U7")
    assert (lab.only.status, lab.only.members[VM].must_return) == (Status.OPEN, "U7")
    assert lab.notices[-1].text == "<@U7> says that it must come back: vm01"


def test_that_it_was_deleted_takes_back_that_it_must_return(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), missing(VM))
    say(lab, persons_word.must_return, VM)
    say(lab, persons_word.deleted, VM)
    member = lab.only.members[VM]
    assert (member.standing, member.must_return) == (Standing.DELETED, None)


@pytest.mark.parametrize("word", [persons_word.deleted, persons_word.must_return])
def test_only_what_is_missing_was_deleted_or_must_come_back(powered, word):
    with pytest.raises(IllegalMove, match="vm01: because it is not missing"):
        say(powered, word, VM)


# The bot's own blindness.


def test_what_was_the_bots_own_blindness_is_withdrawn_and_everyone_is_told(lab):
    lab.see(gone(VAULT))
    lab.take(withdrawal.withdraw(lab.situation, ONE, "my own network was down", lab.now))
    assert (lab.only.end, lab.only.resolution) == (End(Way.WITHDRAWN), "my own network was down")
    assert lab.history(1)[-1] == "withdrawn: my own network was down"
    assert (lab.notices[-1].tell, lab.notices[-1].text) == (Tell.LINE, "Withdrawn: my own network was down")


def test_a_guest_that_turns_out_to_be_elsewhere_was_never_missing(lab):
    lab.see(nowhere(VM))
    lab.take(withdrawal.found_elsewhere(lab.situation, OTHER, "vm02 moved", lab.now))
    assert lab.only.status is Status.OPEN
    lab.take(withdrawal.found_elsewhere(lab.situation, VM, "vm01 moved from atlas to borea", lab.now))
    assert (lab.only.end, lab.only.resolution) == (End(Way.WITHDRAWN), "vm01 moved from atlas to borea")


def test_a_guest_that_no_host_has_after_all_is_missing_as_its_card_says_and_must_be_proven_once_found(lab):
    lab.see(nowhere(VM))
    assert lab.only.members[VM].missing
    lab.see(missing(VM))
    assert (lab.only.why, len(lab.incidents)) == ("its host no longer knows it", 1)
    lab.take(withdrawal.found_elsewhere(lab.situation, VM, "vm01 moved from atlas to borea", lab.now))
    assert lab.only.status is Status.OPEN
    lab.see(known_again(VM), known_again(VM, "whereabouts"))
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (VM,))


def test_what_really_fails_afterwards_is_an_incident_of_its_own(lab):
    lab.see(gone(VAULT))
    lab.take(withdrawal.withdraw(lab.situation, ONE, "my own network was down", lab.now))
    lab.see(gone(VAULT))
    assert [(i.id, i.kind) for i in lab.live] == [(TWO, Kind.HOST_DOWN)]


def test_what_had_become_part_of_what_never_happened_and_fails_still_is_an_incident_again(lab):
    lab.see(crashed(VM), crashed(OTHER))
    lab.see(gone(ATLAS))
    assert lab.incidents[TWO].end == End(Way.MOVED, ONE)
    lab.take(withdrawal.withdraw(lab.situation, ONE, "my own network was down", lab.now))
    lab.see(crashed(OTHER))
    assert [(i.id, i.kind, i.subject) for i in lab.live] == [(3, Kind.GUEST_DOWN, OTHER)]


def test_what_is_not_there_cant_be_withdrawn(lab):
    with pytest.raises(IllegalMove, match="cannot withdraw incident 1: because there is none"):
        withdrawal.withdraw(lab.situation, ONE, "blind", lab.now)


def test_what_an_outage_showed_before_nobody_looked_is_no_proof_any_more(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(VM), missing(OTHER))
    say(lab, persons_word.deleted, OTHER)
    lab.see(crashed(FILES))
    lab.take(engine.doubt(lab.situation, "Nobody was looking", lab.now))
    assert {VM, ATLAS} <= set(lab.incidents[ONE].unproven)
    assert lab.incidents[ONE].members[OTHER].standing is Standing.DELETED
    assert lab.history(1)[-1] == "Nobody was looking: what was seen before is no proof any more."
    assert "no proof" not in str(lab.history(2))


def test_what_a_battery_carried_through_while_nobody_looked_has_to_be_seen(lab):
    lab.see(on_battery())
    assert lab.only.unproven == (RACK,)
    lab.take(engine.doubt(lab.situation, "Nobody was looking", lab.now))
    assert set(lab.only.unproven) == set(lab.only.members)


def test_a_stranger_is_called_by_its_id(lab):
    lab.see(crashed(VM))
    with pytest.raises(IllegalMove, match="cannot vouch for nobody"):
        say(lab, persons_word.vouch, TargetId("guest:nobody"))
