"""Many failures, one incident."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import ANSWERED, CheckName, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incident import Rules, Status, Tell
from bot.core.incidents.situation import Heard
from bot.core.incidents.visibility import UNSURE
from bot.core.mute import Silence
from tests.core.labs import (
    ATLAS,
    EPHEMERAL,
    FILES,
    GUESTS,
    HOSTS,
    NOOK,
    RACK,
    VAULT,
    Desk,
    back,
    crashed,
    fails,
    gone,
    inventory,
    mains_stay,
    nowhere,
    off,
    on_battery,
    on_mains,
    unbootable,
    unseen,
    up,
    well,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FIVE = GUESTS[:5]


def desk(*, powered=True):
    return Desk(targets=inventory(powered=powered))


def cards(desk):
    return {n.incident for n in desk.notices if n.tell is Tell.CARD}


# The power event.


def test_a_power_failure_is_one_incident_of_all_that_the_ups_powers():
    lab = desk()
    lab.see(on_battery())
    assert (lab.only.kind, lab.only.subject, lab.only.why) == (Kind.POWER_LOSS, RACK, "on battery")
    assert set(lab.only.members) == {RACK, *HOSTS, *GUESTS, FILES}


def test_what_the_battery_carries_through_is_not_in_doubt():
    lab = desk()
    lab.see(on_battery())
    assert lab.only.unproven == (RACK,)


def test_what_nothing_looks_at_is_not_carried_through_by_the_battery():
    lab = desk()
    lab.unseen = {NOOK}
    lab.see(on_battery())
    assert lab.only.unproven == (NOOK, RACK)


def test_ephemeral_guests_and_those_that_were_off_are_not_waited_for():
    lab = desk()
    lab.running -= {GUESTS[0]}
    lab.see(on_battery())
    assert not {GUESTS[0], *EPHEMERAL} & set(lab.only.members)


def test_the_dark_after_the_battery_stays_in_that_incident():
    lab = desk()
    lab.see(on_battery())
    lab.see(*map(gone, HOSTS), *map(unseen, GUESTS))
    assert set(lab.only.unproven) == {RACK, *HOSTS, *GUESTS, FILES}
    assert cards(lab) == {1}


def test_a_guest_started_on_battery_is_adopted_when_its_host_goes():
    lab = desk()
    lab.running -= {GUESTS[0]}
    lab.see(on_battery())
    lab.see(up(GUESTS[0]))
    lab.see(gone(ATLAS))
    assert GUESTS[0] in lab.only.unproven


def test_a_guest_that_went_off_in_the_same_instant_is_adopted_and_not_taken_for_well():
    lab = desk()
    lab.see(off(GUESTS[0]), on_battery())
    assert lab.only.unproven == (GUESTS[0], RACK)


def test_a_guest_that_went_off_a_moment_before_is_adopted():
    lab = desk()
    lab.see(off(GUESTS[0]))
    lab.now += MINUTE
    lab.see(on_battery())
    assert lab.only.unproven == (GUESTS[0], RACK)


def test_a_guest_that_went_off_long_before_is_nobodys_concern():
    lab = desk()
    lab.see(off(GUESTS[0]))
    lab.now += 3 * MINUTE
    lab.see(on_battery())
    assert GUESTS[0] not in lab.only.members


def test_guests_that_failed_first_become_part_of_the_power_event_in_the_same_message():
    lab = desk()
    lab.see(crashed(GUESTS[0]))
    lab.now += SECOND
    lab.see(on_battery())
    assert (lab.only.kind, lab.only.subject, lab.only.own) == (Kind.POWER_LOSS, RACK, {on_battery().fingerprint})
    assert lab.only.unproven == (GUESTS[0], RACK)
    assert lab.broadcasts() == ["🔴 Power failure (rack): on battery. It began as: vm01 down."]


def test_several_first_signs_go_on_in_the_oldest_message_and_the_others_say_where():
    lab = desk()
    lab.see(fails(GUESTS[0], Kind.SERVICE_DOWN))
    lab.see(crashed(GUESTS[1]))
    lab.see(gone(VAULT))
    lab.see(on_battery())
    assert [i.id for i in lab.live] == [1]
    assert set(lab.incidents[1].unproven) == {GUESTS[0], GUESTS[1], VAULT, FILES, RACK}
    assert lab.history(2)[-1] == "Part of incident 1: what is still unproven is followed there."


def test_a_failure_of_long_ago_is_no_sign_of_the_power_event():
    lab = desk()
    lab.see(crashed(GUESTS[0]))
    lab.now += 3 * MINUTE
    lab.see(on_battery())
    assert [i.kind for i in lab.live] == [Kind.GUEST_DOWN, Kind.POWER_LOSS]


def test_damage_found_before_the_power_event_keeps_its_own_incident():
    lab = desk()
    lab.see(unbootable(GUESTS[0]))
    lab.see(on_battery())
    assert [i.kind for i in lab.live] == [Kind.BOOT_DISK, Kind.POWER_LOSS]


def test_a_ups_that_could_not_be_reached_and_then_is_on_battery_is_one_incident():
    lab = desk()
    lab.see(fails(RACK, Kind.UPS_UNREACHABLE))
    assert set(lab.only.members) == {RACK}
    lab.see(on_battery())
    assert lab.only.kind is Kind.POWER_LOSS
    assert ATLAS in lab.only.members
    assert lab.history(1)[1:] == ["This is power-loss: on battery"]


def test_what_was_out_already_is_not_taken_for_well():
    lab = desk()
    lab.see(gone(VAULT))
    lab.now += 10 * MINUTE
    lab.see(on_battery())
    assert lab.incidents[2].unproven == (FILES, VAULT, RACK)
    lab.see(back(VAULT), up(FILES))
    assert lab.incidents[2].unproven == (RACK,)


def test_what_fails_unheard_is_not_taken_for_well_either():
    lab = desk()
    lab.silences = (Silence(VAULT, lab.now, lab.now + MINUTE, "U1", "new fans"),)
    lab.see(gone(VAULT))
    assert lab.incidents == {}
    lab.now += MINUTE
    lab.see(on_battery())
    assert VAULT in lab.only.unproven


def test_what_fails_unheard_by_one_check_is_not_proven_by_another_when_the_power_is_back():
    lab = desk()
    lab.silences = (Silence(VAULT, lab.now, lab.now + MINUTE, "U1", "new fans"),)
    lab.see(fails(VAULT, Kind.SERVICE_DOWN))
    lab.now += MINUTE
    lab.silences = ()
    lab.see(on_battery())
    lab.see(on_mains(), back(VAULT))
    assert lab.only.members[VAULT].failing == {"http"}
    assert VAULT in lab.only.unproven


def test_an_outage_that_reopens_knows_what_failed_of_its_members_in_the_same_instant():
    lab = desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT), up(FILES))
    lab.wait(10 * MINUTE)
    assert lab.only.ended
    lab.see(gone(VAULT), crashed(FILES))
    assert lab.only.members[FILES].failing == {"state"}


def test_a_ups_that_falls_silent_on_battery_has_not_brought_the_power_back():
    lab = desk()
    lab.see(on_battery())
    lab.see(fails(RACK, Kind.UPS_UNREACHABLE, "no answer from upsd"))
    assert (lab.only.kind, lab.only.status) == (Kind.POWER_LOSS, Status.OPEN)
    assert lab.history(1)[:2] == ["on battery", "no answer from upsd"]


def test_a_recovering_first_sign_fails_again_as_the_outage_it_was():
    lab = desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    assert lab.only.status is Status.RECOVERING
    lab.see(on_battery())
    assert (lab.only.kind, lab.only.status) == (Kind.POWER_LOSS, Status.OPEN)


def test_power_lost_again_adopts_what_was_started_meanwhile():
    lab = desk()
    lab.running -= {GUESTS[0]}
    lab.see(on_battery())
    lab.see(on_mains())
    lab.see(up(GUESTS[0]))
    lab.see(on_battery())
    assert GUESTS[0] in lab.only.members
    assert lab.broadcasts()[-1] == "🔴 Power failure (rack) again before all was well: on battery."


# Three hosts.


def test_three_hosts_gone_at_once_are_one_power_loss_in_one_message():
    lab = desk(powered=False)
    lab.see(*map(gone, HOSTS))
    assert (lab.only.kind, lab.only.subject) == (Kind.POWER_LOSS, ATLAS)
    assert lab.only.why == "3 hosts gone within 1 s: atlas, nook, vault"
    assert set(lab.only.unproven) == {ATLAS, VAULT, NOOK, FILES, *GUESTS}


def unsure(host):
    """It fell silent, and no witness tells whether it could be seen."""
    return replace(gone(host), facts={UNSURE: "no witness can tell"})


def test_hosts_at_the_far_end_of_a_way_that_no_witness_knows_are_suspected_alone():
    lab = desk()
    lab.see(*map(unsure, HOSTS))
    assert (lab.only.kind, lab.only.suspected) == (Kind.HOSTS_DOWN, True)
    assert "as rack is on line; or only the way to them: no witness tells" in lab.only.why
    lab.see(on_battery())
    assert lab.only.suspected is False, "now its UPS says so"


def test_that_is_said_also_where_the_third_comes_later_or_never():
    lab = desk(powered=False)
    lab.see(unsure(ATLAS), unsure(VAULT))
    assert [line for line in lab.history(1) if line.startswith("It may be only the way there: no witness tells")]
    lab.now += MINUTE
    lab.see(unsure(NOOK))
    assert lab.broadcasts()[-1].startswith("🔴 Suspected: Power failure (atlas): 3 hosts gone within 60 s")


def test_the_third_host_within_minutes_makes_a_power_loss_of_the_first_message():
    lab = desk(powered=False)
    for host in (VAULT, NOOK, ATLAS):
        lab.see(gone(host))
        lab.now += 30 * SECOND
    assert [(i.kind, i.subject) for i in lab.live] == [(Kind.POWER_LOSS, VAULT)]
    assert lab.incidents[1].why == "3 hosts gone within 60 s: atlas, nook, vault"
    assert len(lab.incidents[1].failing) == 3


def test_hosts_whose_ups_is_on_line_have_not_lost_their_power():
    lab = desk()
    lab.see(on_mains())
    lab.see(*map(gone, HOSTS))
    assert (lab.only.kind, lab.only.subject) == (Kind.HOSTS_DOWN, ATLAS)
    assert lab.only.why == "3 hosts gone within 1 s: atlas, nook, vault; no power failure, as rack is on line"
    assert set(lab.only.unproven) == {ATLAS, VAULT, NOOK, FILES, *GUESTS}
    lab.see(on_battery())
    assert (lab.only.kind, lab.only.subject) == (Kind.POWER_LOSS, RACK), "its UPS has noticed later"


def heard(lab, **answered):
    """All hosts fell silent just now; seconds after that, these have answered from inside."""
    inside = {TargetId(one.replace("_", ":")): lab.now + seconds * SECOND for one, seconds in answered.items()}
    return Heard(dict.fromkeys(HOSTS, lab.now), inside)


def test_hosts_whose_guests_or_other_checks_answer_after_they_fell_silent_have_not_lost_their_power():
    lab = desk(powered=False)
    lab.heard = heard(lab, host_nook=1, guest_files=1, guest_vm01=1)
    lab.see(*map(gone, HOSTS))
    assert (lab.only.kind, lab.only.subject) == (Kind.HOSTS_DOWN, ATLAS)
    assert lab.only.why.endswith("; no power failure, as files, nook, vm01 answered meanwhile")


def test_of_three_hosts_one_that_is_shown_to_have_power_leaves_too_few_for_a_power_failure():
    lab = desk(powered=False)
    lab.heard = heard(lab, guest_files=1)
    lab.see(*map(gone, HOSTS))
    assert (lab.only.kind, lab.only.why[-46:]) == (
        Kind.HOSTS_DOWN,
        "; vault has power, as files answered meanwhile",
    )


@pytest.mark.parametrize(("later", "incidents"), [(MINUTE, 1), (10 * MINUTE, 2)])
def test_a_host_without_a_ups_that_goes_with_those_of_one_is_part_of_the_same_power_failure(later, incidents):
    lab, dev = desk(), TargetId("host:dev")
    lab.targets = {**lab.targets, dev: Target(dev)}
    lab.see(on_battery())
    lab.now += later
    lab.see(gone(dev))
    assert len(lab.live) == incidents
    assert (dev in lab.incidents[1].unproven) is (incidents == 1)
    lab.see(on_mains())
    assert lab.incidents[1].status is not Status.RESOLVED


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(("later", "incidents"), [(MINUTE, 1), (10 * MINUTE, 2)])
def test_hosts_without_a_ups_that_went_before_one_told_of_it_are_part_of_its_power_failure(later, incidents, many):
    lab = desk()
    dark = [TargetId(f"host:dev{number}") for number in range(3 if many else 1)]
    lab.targets = {**lab.targets, **{dev: Target(dev) for dev in dark}}
    lab.see(*map(gone, dark))
    lab.now += later
    lab.see(on_battery())
    assert len(lab.live) == incidents
    assert (lab.incidents[1].subject in dark) is (incidents == 2)
    lab.see(on_mains())
    assert not lab.incidents[1].ended
    assert {*dark} <= {*lab.incidents[1].unproven, lab.incidents[1].subject}


def test_the_power_was_gone_from_when_the_ups_told_and_not_from_when_such_a_host_went():
    lab, dev = desk(), TargetId("host:dev")
    lab.targets = {**lab.targets, dev: Target(dev)}
    lab.see(gone(dev))
    lab.now += MINUTE
    told = lab.now
    lab.see(on_battery())
    assert [one.since for one in lab.only.spans.latest] == [told]


@pytest.mark.parametrize("fed", [False, True])
def test_what_a_ups_feeds_went_for_another_reason_before_that_told_of_a_power_failure(fed):
    lab, dev = desk(), TargetId("host:dev")
    lab.targets = {**lab.targets, dev: Target(dev, powered_by=TargetId("ups:other") if fed else None)}
    lab.see(gone(dev))
    lab.see(on_battery())
    assert len(lab.live) == (2 if fed else 1)


def test_where_another_host_without_a_ups_stays_on_it_is_a_suspicion():
    lab, dev = desk(powered=False), TargetId("host:dev")
    lab.targets = {**lab.targets, dev: Target(dev)}
    lab.heard = heard(lab, host_dev=1)
    lab.see(*map(gone, HOSTS))
    assert (lab.only.kind, lab.only.suspected) == (Kind.POWER_LOSS, True)
    assert lab.only.why.endswith("; or someone restarted them: dev, without a UPS, stayed on")
    for untold in (heard(lab, host_dev=-1), replace(heard(lab, host_dev=1), silent={})):
        sure = desk(powered=False)
        sure.targets, sure.heard = lab.targets, untold
        sure.see(*map(gone, HOSTS))
        assert not sure.only.suspected


def test_what_answered_last_before_its_host_fell_silent_tells_nothing_of_its_power():
    lab = desk(powered=False)
    lab.heard = heard(lab, host_nook=0, guest_files=-1, guest_vm01=-5)
    lab.see(*map(gone, HOSTS))
    assert lab.only.kind is Kind.POWER_LOSS
    lab = desk(powered=False)
    lab.heard = replace(heard(lab, guest_files=1), silent={})
    lab.see(*map(gone, HOSTS))
    assert lab.only.kind is Kind.POWER_LOSS, "nobody knows since when its host is silent"


def test_a_ups_on_line_speaks_for_none_but_the_hosts_that_it_feeds():
    gate, shed = TargetId("host:gate"), TargetId("host:shed")
    unfed = {one: Target(one) for one in (VAULT, gate, shed)}
    lab = Desk(targets={**inventory(), **unfed})
    lab.see(on_mains())
    lab.see(gone(ATLAS))
    lab.see(*map(gone, (VAULT, gate)))
    assert (lab.only.kind, lab.only.subject) == (Kind.HOSTS_DOWN, ATLAS)
    assert lab.only.why.endswith("; atlas has power, as rack is on line")
    lab.see(gone(shed))
    assert (lab.only.kind, lab.only.subject) == (Kind.POWER_LOSS, shed)
    assert {one.target for one in lab.only.own} == {VAULT, gate, shed}
    lab.see(*map(back, (VAULT, gate, shed)))
    assert lab.only.status is Status.RECOVERING, "the power is back"
    assert ATLAS in lab.only.unproven


def test_a_host_that_goes_after_them_is_part_of_that():
    shed = TargetId("host:shed")
    lab = Desk(targets={**inventory(), shed: Target(shed)})
    lab.see(on_mains())
    lab.see(*map(gone, HOSTS))
    lab.see(*map(back, HOSTS))
    lab.now += SECOND
    lab.see(*map(gone, HOSTS), gone(shed))
    assert (lab.only.id, lab.only.kind, shed in lab.only.unproven) == (1, Kind.HOSTS_DOWN, True)


def test_two_hosts_gone_are_an_incident_each():
    lab = desk(powered=False)
    lab.see(gone(ATLAS), gone(NOOK))
    assert [(i.kind, i.subject) for i in lab.live] == [(Kind.HOST_DOWN, ATLAS), (Kind.HOST_DOWN, NOOK)]


def test_hosts_that_go_hours_apart_are_an_incident_each():
    lab = desk(powered=False)
    for host in HOSTS:
        lab.see(gone(host))
        lab.now += 3 * MINUTE
    assert [i.kind for i in lab.live] == [Kind.HOST_DOWN] * 3


def silent(host, lab, *, since):
    """A host is gone; it answered last, be it by a refusal, so long ago."""
    return replace(gone(host), facts={ANSWERED: (lab.now - since).isoformat()})


def test_a_host_that_refused_for_long_is_gone_with_the_others_only_once_it_is_silent():
    lab = desk(powered=False)
    lab.see(fails(ATLAS, Kind.SERVICE_DOWN, "refused", check="hypervisor"))
    lab.now += 60 * MINUTE
    lab.see(silent(ATLAS, lab, since=SECOND))
    went = lab.now - SECOND
    lab.now += 5 * SECOND
    lab.see(silent(VAULT, lab, since=6 * SECOND), silent(NOOK, lab, since=6 * SECOND))
    assert (lab.only.kind, lab.only.since) == (Kind.POWER_LOSS, went)
    assert lab.only.why == "3 hosts gone within 6 s: atlas, nook, vault"


def test_a_host_that_had_failed_before_went_with_the_others_when_it_failed_again():
    lab = desk(powered=False)
    lab.see(gone(ATLAS))
    lab.now += MINUTE
    lab.see(back(ATLAS))
    lab.now += 5 * MINUTE
    lab.see(gone(ATLAS))
    again = lab.now
    lab.now += SECOND
    lab.see(gone(VAULT), gone(NOOK))
    assert (lab.only.kind, lab.only.since, lab.only.spans.count) == (Kind.POWER_LOSS, again, 1)


def test_a_fourth_host_soon_after_joins_without_a_message_of_its_own():
    shed = TargetId("host:shed")
    lab = Desk(targets={**inventory(powered=False), shed: Target(shed)})
    lab.see(*map(gone, HOSTS))
    lab.now += SECOND
    lab.see(gone(shed))
    assert shed in lab.only.unproven
    assert "4 hosts gone within 1 s: atlas, nook, shed, vault" in lab.history(1)


def test_a_power_loss_whose_first_host_is_back_already_is_part_of_the_greater_one():
    gate, shed = TargetId("host:gate"), TargetId("host:shed")
    lab = Desk(targets={**inventory(powered=False), gate: Target(gate), shed: Target(shed)})
    lab.see(gone(gate))
    lab.see(back(gate))
    lab.see(*map(gone, HOSTS))
    lab.see(back(ATLAS), gone(gate))
    lab.see(gone(shed))
    assert [(i.id, len(i.failing)) for i in lab.live] == [(1, 4)]


def test_two_checks_of_one_host_are_not_two_hosts():
    lab = desk(powered=False)
    lab.see(gone(ATLAS), fails(ATLAS, Kind.HOST_DOWN, check="ping"), gone(NOOK))
    assert [(i.subject, len(i.own)) for i in lab.live] == [(ATLAS, 2), (NOOK, 1)]


def test_the_ups_heard_of_after_three_hosts_takes_over_however_late():
    lab = desk()
    lab.see(fails(RACK, Kind.UPS_UNREACHABLE, check="ups"))
    lab.see(*map(gone, HOSTS))
    assert [one.kind for one in lab.live] == [Kind.UPS_UNREACHABLE, Kind.POWER_LOSS]
    lab.now += 10 * MINUTE
    lab.see(on_battery())
    (left,) = lab.live
    assert (left.subject, left.own) == (RACK, {on_battery().fingerprint})
    assert set(left.unproven) == {RACK, *HOSTS, *GUESTS, FILES}


def test_a_guest_of_any_of_the_three_hosts_is_covered():
    lab = desk(powered=False)
    lab.running -= {FILES}
    lab.see(*map(gone, HOSTS))
    lab.see(crashed(FILES))
    assert FILES in lab.only.unproven


def test_three_hosts_recover_only_when_the_last_of_them_is_back():
    lab = desk(powered=False)
    lab.see(*map(gone, HOSTS))
    lab.see(back(ATLAS), back(VAULT))
    assert lab.only.status is Status.OPEN
    lab.see(back(NOOK))
    assert lab.only.status is Status.RECOVERING


def seen_by(words, host):
    """The host is gone, and this told that the bot itself could see."""
    return replace(gone(host), facts={"witnesses": words})


def test_what_told_that_the_bot_itself_could_see_is_on_record_with_a_host_that_is_gone():
    lab = desk(powered=False)
    lab.see(seen_by("eth0 is up", ATLAS))
    assert lab.history(1) == ["no answer", "My own sight: eth0 is up"]


def test_of_hosts_that_go_together_each_word_of_the_bots_own_sight_is_on_record_once():
    lab = desk(powered=False)
    lab.see(seen_by("eth0 is up", ATLAS), seen_by("eth0 is up", VAULT), seen_by("eth1 is up", NOOK))
    assert lab.only.kind is Kind.POWER_LOSS
    assert [line for line in lab.history(1) if "My own sight" in line] == [
        "My own sight: eth0 is up",
        "My own sight: eth1 is up",
    ]


def test_three_hosts_gone_again_soon_reopen_whichever_goes_first():
    lab = desk(powered=False)
    lab.running.clear()
    lab.see(*map(gone, HOSTS))
    lab.see(*map(back, HOSTS))
    lab.wait(10 * MINUTE)
    assert lab.only.ended
    lab.see(gone(VAULT), gone(NOOK), fails(ATLAS, Kind.HOST_DOWN, check="ping"))
    assert (lab.only.status, lab.only.kind) == (Status.OPEN, Kind.POWER_LOSS)


def test_what_hangs_on_the_lost_in_two_ways_is_adopted_once():
    twice = Target(FILES, runs_on=VAULT, powered_by=RACK, behind=ATLAS)
    lab = Desk(targets={**inventory(), FILES: twice})
    lab.see(on_battery())
    assert list(lab.only.members).count(FILES) == 1


def test_whatever_came_with_a_power_event_is_in_its_history_once():
    lab = desk(powered=False)
    lab.see(*map(gone, HOSTS), fails(VAULT, Kind.SERVICE_DOWN, "refused", check="ssh"))
    assert sorted(lab.history(1)[1:]) == [
        "atlas: no answer",
        "nook: no answer",
        "vault: no answer",
        "vault: refused",
    ]


# A host.


def test_a_host_that_goes_takes_along_what_ran_on_it():
    lab = desk()
    lab.see(gone(VAULT))
    assert (lab.only.kind, lab.only.unproven) == (Kind.HOST_DOWN, (FILES, VAULT))


def test_a_guest_of_a_dead_host_is_closed_only_by_its_own_check():
    lab = desk()
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    lab.wait(10 * MINUTE)
    assert lab.only.status is Status.RECOVERING
    lab.see(up(FILES))
    assert lab.only.ended


def test_what_was_seen_in_the_instant_its_host_went_does_not_count():
    lab = desk()
    lab.see(up(FILES), gone(VAULT))
    assert lab.only.unproven == (FILES, VAULT)


def test_a_failure_behind_a_dead_host_is_written_down_there_and_told_nobody():
    lab = desk()
    lab.running -= {FILES}
    lab.see(gone(VAULT))
    told = len(lab.notices)
    lab.see(crashed(FILES))
    assert lab.only.unproven == (FILES, VAULT)
    assert {n.tell for n in lab.notices[told:]} == {Tell.CARD}
    assert lab.history(1)[-1] == "files: crashed"


def test_a_host_behind_a_dead_host_is_part_of_its_outage():
    gate = TargetId("host:gate")
    targets = {**inventory(powered=False), gate: Target(gate), VAULT: Target(VAULT, behind=gate)}
    lab = Desk(targets=targets)
    lab.see(gone(VAULT))
    lab.see(gone(gate))
    assert (lab.only.subject, lab.only.unproven) == (gate, (FILES, gate, VAULT))
    assert lab.only.own == {gone(gate).fingerprint}


def test_what_else_fails_of_a_host_that_is_down_belongs_to_its_incident():
    lab = desk()
    lab.see(gone(VAULT))
    lab.see(fails(VAULT, Kind.SERVICE_DOWN, check="ssh"))
    lab.see(fails(VAULT, Kind.HOST_DOWN, check="ping"))
    lab.see(back(VAULT), well(VAULT, "ping"))
    assert (lab.only.kind, lab.only.status) == (Kind.HOST_DOWN, Status.OPEN)
    lab.see(well(VAULT, "ssh"))
    assert lab.only.status is Status.RECOVERING


def test_a_service_of_a_host_that_failed_first_still_holds_the_hosts_incident_open():
    lab = desk()
    lab.see(fails(VAULT, Kind.SERVICE_DOWN, check="ssh"))
    lab.now += 10 * MINUTE
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    assert (lab.only.kind, lab.only.status) == (Kind.HOST_DOWN, Status.OPEN)


def test_a_host_that_goes_after_the_grace_of_a_power_event_has_an_incident_of_its_own():
    lab = desk()
    lab.running -= {FILES}
    lab.see(on_battery())
    lab.see(gone(NOOK))
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    lab.see(gone(VAULT))
    assert [(i.kind, i.subject) for i in lab.live] == [(Kind.POWER_LOSS, RACK), (Kind.HOST_DOWN, VAULT)]


def test_what_never_came_back_needs_no_second_message_after_grace():
    lab = desk()
    lab.see(on_battery())
    lab.see(gone(VAULT))
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    lab.see(fails(VAULT, Kind.HOST_DOWN, check="ping"))
    assert lab.only.unproven == (FILES, VAULT)


# A storm of guests.


def test_five_guests_of_a_host_that_fail_together_are_one_incident_of_the_host():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    assert (lab.only.kind, lab.only.subject) == (Kind.GUESTS_DOWN, ATLAS)
    assert lab.only.why == "5 guests of atlas failed together: crashed"
    assert lab.only.unproven == FIVE


def test_guests_that_failed_for_several_reasons_are_told_without_one():
    lab = desk()
    lab.see(*map(crashed, FIVE[1:]), fails(FIVE[0], Kind.GUEST_DAMAGED, "I/O error"))
    assert lab.only.why == "5 guests of atlas failed together"


def test_four_guests_that_fail_together_are_four_incidents():
    lab = desk()
    lab.see(*map(crashed, FIVE[:4]))
    assert [i.kind for i in lab.live] == [Kind.GUEST_DOWN] * 4


def test_five_guests_of_which_it_cant_be_told_where_they_went_are_not_said_to_be_missing():
    lab = desk()
    lab.see(*(nowhere(guest) for guest in FIVE))
    assert lab.only.why == "5 guests of atlas are gone: borea can't be asked"


def test_many_checks_of_one_guest_are_no_storm_and_one_incident():
    lab = desk()
    lab.see(crashed(FIVE[0]), *(fails(FIVE[0], Kind.SERVICE_DOWN, check=f"tcp{n}") for n in range(6)))
    assert (lab.only.kind, len(lab.only.failing)) == (Kind.GUEST_DOWN, 7)


def test_five_guests_of_two_hosts_are_no_storm():
    lab = desk()
    lab.see(crashed(FILES), *map(crashed, FIVE[:4]))
    assert len(lab.live) == 5


def test_boot_disks_are_restored_one_by_one():
    lab = desk()
    lab.see(*map(unbootable, FIVE))
    assert [i.kind for i in lab.live] == [Kind.BOOT_DISK] * 5


def test_ephemeral_guests_make_no_storm():
    lab = desk()
    lab.see(*map(crashed, EPHEMERAL))
    assert lab.incidents == {}


def test_a_storm_takes_along_the_guests_that_went_off_with_it():
    lab = desk()
    lab.see(*map(crashed, FIVE), off(GUESTS[7]))
    assert lab.only.unproven == (*FIVE, GUESTS[7])
    assert GUESTS[8] not in lab.only.members


def test_a_sixth_guest_joins_the_storm_and_holds_it_open():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    lab.see(crashed(GUESTS[6]))
    lab.see(*map(up, FIVE))
    assert (lab.only.status, lab.only.unproven) == (Status.OPEN, (GUESTS[6],))
    lab.see(up(GUESTS[6]))
    assert lab.only.ended


def test_a_storm_knows_no_grace():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    lab.see(*map(up, FIVE))
    assert (lab.only.ended, lab.only.resolution) == (True, "all proven healthy")
    assert "recovering" not in lab.history(1)


def test_the_same_storm_soon_again_reopens_and_one_of_its_guests_does_not():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    lab.see(*map(up, FIVE))
    lab.see(crashed(FIVE[0]))
    assert [i.kind for i in lab.live] == [Kind.GUEST_DOWN]
    lab.see(up(FIVE[0]))
    lab.see(*map(crashed, FIVE))
    assert [i.kind for i in lab.live] == [Kind.GUESTS_DOWN]
    assert set(lab.incidents) == {1, 2}


def test_a_boot_disk_found_in_a_storm_has_an_incident_of_its_own():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    lab.see(unbootable(FIVE[0]))
    assert [i.kind for i in lab.live] == [Kind.GUESTS_DOWN, Kind.BOOT_DISK]


def test_what_fails_on_in_a_storm_stays_there_also_once_an_older_incident_of_its_guest_reopens():
    lab = desk()
    guest, state = FIVE[0], Fingerprint(CheckName("state"), FIVE[0])
    lab.see(unbootable(guest))
    lab.see(well(guest, "boot"), up(guest))
    assert not lab.live
    lab.see(*map(crashed, FIVE))
    lab.see(unbootable(guest))
    lab.see(crashed(guest))
    assert [(i.id, i.kind, state in i.own) for i in lab.live] == [
        (1, Kind.BOOT_DISK, False),
        (2, Kind.GUESTS_DOWN, True),
    ]


def test_what_a_storm_says_to_fail_of_a_guest_fails_in_the_guests_own_incident_too():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    lab.see(unbootable(FIVE[0]))
    lab.see(up(FIVE[0]))
    lab.see(crashed(FIVE[0]))
    _, boot_disk = lab.live
    assert boot_disk.members[FIVE[0]].failing == {CheckName("boot"), CheckName("state")}


def test_the_host_of_a_storm_found_gone_takes_over_its_message():
    lab = desk()
    lab.see(*map(crashed, FIVE))
    lab.see(gone(ATLAS))
    assert (lab.only.kind, lab.only.own) == (Kind.HOST_DOWN, {gone(ATLAS).fingerprint})
    assert set(lab.only.unproven) == {ATLAS, *GUESTS}
    assert {f for m in lab.only.members.values() for f in m.failing} == {"hypervisor", "state"}


def test_a_storm_on_a_host_whose_outage_lingers_is_in_that_message():
    lab = desk()
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), *map(up, GUESTS[1:]))
    lab.wait(10 * MINUTE)
    lab.see(*map(crashed, GUESTS[5:12]))
    assert (lab.only.kind, lab.only.status, len(lab.only.unproven)) == (Kind.HOST_DOWN, Status.OPEN, 8)


def test_a_storm_has_no_say_over_a_service_that_is_not_a_guest():
    web = TargetId("service:web")
    lab = Desk(targets={**inventory(), web: Target(web, behind=ATLAS)})
    lab.see(*map(crashed, FIVE))
    lab.see(fails(web, Kind.SERVICE_DOWN))
    assert [i.subject for i in lab.live] == [ATLAS, web]


def test_guests_whose_host_nobody_knows_are_an_incident_each():
    lab = desk()
    lab.see(*(crashed(TargetId(f"guest:stray{n}")) for n in range(6)))
    assert len(lab.live) == 6


def test_how_many_make_a_storm_is_a_setting():
    lab = Desk(targets=inventory(powered=False), rules=Rules(storm_guests=2, storm_hosts=2))
    lab.see(*map(crashed, FIVE[:2]))
    lab.see(gone(VAULT), gone(NOOK))
    assert [i.kind for i in lab.live] == [Kind.GUESTS_DOWN, Kind.POWER_LOSS]


def test_a_power_failure_explains_that_the_network_is_gone_and_says_what_was_seen():
    lab = Desk()
    lab.see(on_battery())
    sight = Fingerprint(CheckName("sight"), TargetId("bot:caretaker"))
    lab.see(Observation(sight, Health.FAIL, lab.now, "eth0 has no carrier", Kind.NETWORK_DOWN, stated=True))
    assert [one.kind for one in lab.live] == [Kind.POWER_LOSS]
