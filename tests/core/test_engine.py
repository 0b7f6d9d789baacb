"""What becomes of incidents: by what is seen, by time, and by what people say."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from bot.core.health import ANSWERED, INSIDE, STATE, CheckName, Evidence, Kind, TargetId, name_of
from bot.core.incident import End, EventKind, IllegalMove, IncidentId, Status, Tell, Way
from bot.core.incidents import engine, people, persons_word, recording
from bot.core.incidents.member import Ground, Member, Standing
from bot.core.incidents.situation import Gap
from bot.core.mute import Silence
from tests.core.labs import (
    ATLAS,
    EPHEMERAL,
    FILES,
    GUESTS,
    HOSTS,
    NOOK,
    NOON,
    RACK,
    VAULT,
    Desk,
    back,
    crashed,
    fails,
    gone,
    inventory,
    look_at_all,
    mains_stay,
    nowhere,
    off,
    on_battery,
    on_mains,
    powered_on,
    unbootable,
    unseen,
    up,
    well,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
VM, OTHER = GUESTS[0], GUESTS[1]
ONE = IncidentId(1)


@pytest.fixture
def lab():
    return Desk()


@pytest.fixture
def crash(lab):
    """A lab in which one guest has crashed."""
    lab.see(crashed(VM))
    return lab


def person(lab, act, *words, incident=ONE):
    return lab.take(act(lab.situation, incident, "U1", *words, lab.now))


# A failure.


def test_a_failure_opens_an_incident_with_one_card(crash):
    assert (crash.only.kind, crash.only.subject, crash.only.why) == (Kind.GUEST_DOWN, VM, "crashed")
    assert [(n.incident, n.tell, n.text) for n in crash.notices] == [(1, Tell.CARD, "")]
    assert [(e.kind, e.text, e.by) for e in crash.events] == [(EventKind.OPENED, "crashed", None)]


def test_what_could_not_be_written_when_it_was_seen_began_and_came_back_then(lab):
    lab.now += 5 * MINUTE
    lab.see_as_is([replace(gone(ATLAS), at=NOON), replace(back(ATLAS), at=NOON + 40 * SECOND)])
    lab.see_as_is([replace(fails(RACK, Kind.UPS_BATTERY, check="condition"), at=NOON + MINUTE)])
    down, worn = lab.incidents.values()
    assert (down.kind, down.opened_at, down.recovering_since) == (Kind.HOST_DOWN, NOON, NOON + 40 * SECOND)
    assert (worn.kind, worn.opened_at) == (Kind.UPS_BATTERY, NOON + MINUTE)


def test_what_is_seen_by_a_clock_that_is_ahead_began_now_at_the_latest(lab):
    lab.see_as_is([replace(crashed(VM), at=NOON + HOUR)])
    assert lab.only.opened_at == NOON


def test_what_is_well_opens_nothing(lab):
    assert lab.see(up(VM)) == engine.Decision()


def test_who_could_not_look_has_seen_nothing_and_nothing_follows(crash):
    assert crash.see(unseen(VM), unseen(ATLAS, "hypervisor")) == engine.Decision()


def test_a_failure_of_no_known_kind_is_a_service_that_is_down(lab):
    lab.see(replace(fails(VM, Kind.SERVICE_DOWN), kind=None))
    lab.see(replace(fails(VM, Kind.SERVICE_DOWN, check="other"), kind=None))
    assert lab.only.kind is Kind.SERVICE_DOWN


def test_more_news_of_an_open_failure_is_a_line_of_history_and_no_message(crash):
    told = len(crash.notices)
    crash.see(fails(VM, Kind.GUEST_DOWN, "off, but it should be running"))
    assert crash.history(1) == ["crashed", "off, but it should be running"]
    assert crash.notices[told:] == []


def test_whatever_else_fails_of_a_subject_belongs_to_its_one_incident(crash):
    crash.see(fails(VM, Kind.SERVICE_DOWN, "refused", check="http"))
    assert len(crash.only.failing) == 2
    crash.see(up(VM))
    assert crash.only.status is Status.OPEN
    crash.see(well(VM, "http"))
    assert crash.only.ended


def test_a_guest_that_has_power_again_is_not_well_before_it_was_seen_inside(crash):
    crash.see(powered_on(VM))
    assert (crash.only.status, crash.only.unproven) == (Status.RECOVERING, (VM,))
    crash.see(well(VM, "boot", running=True))
    assert crash.only.ended
    assert crash.history(1)[-2:] == ["well", "resolved: all proven healthy"]


def test_a_guest_that_has_power_again_gets_time_to_boot_before_that_is_told(crash):
    crash.see(powered_on(VM))
    crash.wait(10 * MINUTE - SECOND)
    assert crash.broadcasts() == []
    crash.wait(SECOND)
    told = (
        f"🔵 {name_of(VM)} down: {name_of(VM)} has been back for 10 min. Still not proven healthy: {name_of(VM)}."
    )
    assert crash.broadcasts() == [told]


def test_what_was_seen_inside_while_a_guest_still_failed_is_no_proof_that_it_recovered(crash):
    crash.see(well(VM, "boot", running=True))
    crash.see(powered_on(VM))
    assert crash.only.status is Status.RECOVERING
    crash.see(well(VM, "boot", running=True))
    assert crash.only.ended


def test_a_guest_that_has_power_again_and_does_not_boot_stays_the_same_incident(crash):
    crash.see(powered_on(VM))
    crash.see(unbootable(VM))
    assert (crash.only.kind, crash.only.status) == (Kind.BOOT_DISK, Status.OPEN)


def test_a_guest_that_someone_shuts_down_for_good_is_no_trouble_any_more(crash):
    crash.see(off(VM, on_purpose=True))
    assert crash.only.ended


def test_two_checks_that_fail_together_are_one_incident(lab):
    web = TargetId("service:web")
    lab.see(fails(web, Kind.SERVICE_DOWN, check="http"), fails(web, Kind.SERVICE_DOWN, check="tcp"))
    assert len(lab.only.own) == 2


def test_the_kind_is_refined_in_the_same_message(crash):
    crash.see(unbootable(VM))
    assert (crash.only.kind, crash.only.why) == (Kind.BOOT_DISK, "no bootable device")
    assert crash.broadcasts() == ["🔴 vm01 can't boot: disk damaged: no bootable device. It began as: vm01 down."]
    assert [e.kind for e in crash.events] == [EventKind.OPENED, EventKind.KIND]


def test_one_check_that_tells_more_is_one_line_of_history(crash):
    crash.see(fails(VM, Kind.GUEST_DAMAGED, "I/O error"))
    assert crash.history(1) == ["crashed", "This is guest-damaged: I/O error"]


def test_a_service_that_is_down_because_its_guest_is_becomes_that(lab):
    lab.see(fails(VM, Kind.SERVICE_DOWN))
    lab.see(crashed(VM))
    assert lab.only.kind is Kind.GUEST_DOWN


def test_what_is_recognised_is_not_unlearned(lab):
    lab.see(unbootable(VM))
    lab.see(crashed(VM))
    assert lab.only.kind is Kind.BOOT_DISK


def test_an_outage_stays_what_it_is_whatever_else_fails_of_its_subject(lab):
    lab.see(gone(VAULT))
    lab.see(fails(VAULT, Kind.BOOT_DISK, "no root file system"))
    assert (lab.only.kind, lab.history(1)[-1]) == (Kind.HOST_DOWN, "no root file system")


def test_a_failure_and_its_end_in_one_instant_are_both_told_once(lab):
    lab.see(crashed(VM), up(VM))
    assert lab.only.ended
    assert lab.history(1) == ["crashed", "well", "resolved: all proven healthy"]
    assert [n.tell for n in lab.notices] == [Tell.CARD]


def test_the_order_in_which_things_were_heard_does_not_matter_their_times_do():
    seen = [
        replace(one, at=NOON + n * SECOND)
        for n, one in enumerate([crashed(VM), on_battery(), gone(VAULT), unbootable(OTHER)])
    ]
    decisions = [engine.decide(Desk().situation, order, NOON) for order in permutations(seen)]
    assert all(decision == decisions[0] for decision in decisions)


# Back to health.


def test_an_incident_with_nothing_to_prove_is_resolved_when_its_check_is_well(crash):
    crash.now += MINUTE
    crash.see(up(VM))
    assert (crash.only.status, crash.only.resolution) == (Status.RESOLVED, "all proven healthy")
    assert crash.broadcasts() == ["🟢 vm01 is healthy again, after 1 min."]


def test_what_could_not_be_watched_ends_in_its_own_words_and_claims_no_proof(lab):
    lab.see(fails(VAULT, Kind.CANNOT_WATCH, "its key is refused", check="watching"))
    lab.see(replace(well(VAULT, "watching"), evidence=Evidence.NONE))
    assert (lab.only.ended, lab.only.resolution) == (True, "it can be watched again")


def test_an_outage_recovers_through_its_grace_and_is_then_resolved(lab):
    lab.see(on_battery())
    mains_stay(lab)
    assert lab.only.status is Status.RECOVERING
    lab.wait(9 * MINUTE + 29 * SECOND)
    assert lab.only.status is Status.RECOVERING
    lab.wait(SECOND)
    assert lab.only.ended


@pytest.mark.parametrize("check", [STATE, CheckName("boot")])
def test_nothing_ends_while_what_proved_a_machine_cannot_be_looked_at(crash, check):
    crash.see(powered_on(VM))
    crash.see(well(VM, "boot", running=True), unseen(VM, check))
    crash.wait(MINUTE)
    assert (crash.only.status, crash.only.unproven) == (Status.RECOVERING, ()), "a look may fail now and then"
    crash.wait(2 * MINUTE)
    assert crash.only.unproven == (VM,)
    assert crash.history(1)[-1] == "vm01 is no longer proven healthy: it can't be looked at"
    crash.see(powered_on(VM), well(VM, "boot", running=True))
    assert crash.only.resolution == "all proven healthy"


def test_what_can_be_looked_at_again_is_as_it_was(crash):
    crash.see(powered_on(VM))
    crash.see(well(VM, "boot", running=True), unseen(VM))
    crash.see(powered_on(VM))
    assert crash.only.resolution == "all proven healthy"


def test_a_check_that_proved_nothing_may_stay_unseen(crash):
    crash.see(powered_on(VM), unseen(VM, "disk"))
    crash.see(well(VM, "boot", running=True))
    assert crash.only.ended


def test_power_that_has_only_just_come_back_proves_nothing_of_its_ups(lab):
    lab.see(on_battery())
    lab.see(on_mains())
    look_at_all(lab)
    lab.wait(10 * MINUTE)
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (RACK,))
    lab.see(on_mains())
    assert lab.only.ended
    assert lab.only.resolution == "4 proven healthy, 46 never went off"


def test_what_was_not_looked_at_since_the_power_came_back_may_have_gone_off_unseen(lab):
    lab.see(on_battery())
    lab.see(on_mains())
    lab.wait(30 * SECOND)
    lab.see(on_mains())
    lab.wait(11 * MINUTE)
    assert (lab.only.status, set(lab.only.unproven)) == (Status.RECOVERING, {*HOSTS, FILES, *GUESTS})
    look_at_all(lab)
    assert lab.only.resolution == "4 proven healthy, 46 never went off"


def test_a_host_that_has_booted_anew_puts_all_that_ran_on_it_in_doubt(lab):
    lab.see(on_battery())
    assert lab.only.members[GUESTS[0]].standing is Standing.UNTOUCHED
    mains_stay(lab)
    anew = replace(well(ATLAS, INSIDE), facts={"started": "now"})
    lab.see(anew)
    assert set(GUESTS) <= set(lab.only.unproven), "nobody saw them go off, and they did"
    lab.see(*map(up, GUESTS))
    assert not set(GUESTS) & set(lab.only.unproven)


def test_what_restarts_by_itself_once_it_was_proven_holds_its_outage_open_until_it_has_stayed_up(lab):
    reset = replace(powered_on(FILES), facts={"started": "now"})
    lab.see(gone(VAULT))
    lab.see(crashed(FILES))
    lab.see(back(VAULT), powered_on(FILES))
    lab.see(well(FILES, "boot", running=True))
    for _ in range(4):
        lab.wait(3 * MINUTE)
        lab.see(reset)
        lab.see(well(FILES, "boot", running=True))
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (FILES,))
    assert lab.history(1)[-1] == "files has started anew: well"
    assert lab.broadcasts()[-1].endswith("Started anew since it was back: files.")
    lab.wait(9 * MINUTE)
    lab.see(well(FILES, "boot", running=True))
    assert not lab.only.ended
    lab.wait(MINUTE)
    lab.see(well(FILES, "boot", running=True))
    assert lab.only.resolution == "all proven healthy"


def test_a_guest_that_may_have_started_anew_unseen_has_to_be_proven(lab):
    lab.see(on_battery())
    lab.see(replace(powered_on(GUESTS[0]), facts={"started": "maybe"}))
    assert lab.only.members[GUESTS[0]].standing is Standing.UNPROVEN
    assert any("may have started anew" in line for line in lab.history(1))


def test_a_guest_that_runs_on_and_no_longer_shows_that_it_is_well_is_said_to_do_that(lab):
    lab.see(on_battery())
    lab.see(well(GUESTS[0], "boot", running=True))
    frozen = replace(
        well(GUESTS[0], "boot", running=True), why="its file systems are frozen", evidence=Evidence.OUTSIDE
    )
    lab.see(replace(frozen, facts={"started": "maybe"}))
    assert lab.history(1)[-1] == "vm01 is no longer proven healthy: its file systems are frozen"


def test_what_is_not_back_when_grace_ends_is_said_once(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    lab.wait(10 * MINUTE)
    lab.wait(MINUTE)
    assert lab.broadcasts() == ["🔵 vault down: vault has been back for 10 min. Still not proven healthy: files."]
    assert lab.only.surfaced


def test_many_names_are_told_as_a_few_and_how_many_more(lab):
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS))
    lab.wait(10 * MINUTE)
    assert lab.broadcasts()[0].endswith("vm01, vm02, vm03, vm04, vm05, vm06, vm07, vm08 and 37 more.")


def test_the_last_one_back_after_grace_resolves(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    lab.wait(10 * MINUTE)
    lab.see(up(FILES))
    assert lab.only.ended
    assert "files is back: well" in lab.history(1)


def test_a_guest_that_ran_before_and_is_off_now_is_not_proven(lab):
    lab.see(on_battery())
    lab.see(off(FILES))
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    assert (lab.only.status, lab.only.unproven) == (Status.RECOVERING, (FILES,))
    assert "files ran before: well" in lab.history(1)


def test_news_that_changes_nothing_of_a_member_is_no_line_of_history(lab):
    lab.see(on_battery())
    before = len(lab.events)
    lab.see(up(FILES))
    assert lab.events[before:] == []


def test_what_fails_again_before_all_is_well_is_told_to_everyone_with_its_reason(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    lab.see(fails(VAULT, Kind.HOST_DOWN, "refused"))
    assert lab.only.status is Status.OPEN
    assert lab.broadcasts() == ["🔴 vault down again before all was well: refused."]


def test_a_boot_disk_found_while_the_power_event_recovers_has_an_incident_of_its_own(lab):
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.see(on_mains(), back(ATLAS), unbootable(VM))
    assert [(i.kind, i.subject) for i in lab.live] == [(Kind.POWER_LOSS, RACK), (Kind.BOOT_DISK, VM)]
    assert VM in lab.incidents[1].unproven


def test_a_guest_that_crashes_after_grace_has_an_incident_of_its_own(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT), off(FILES))
    lab.wait(10 * MINUTE)
    lab.see(up(FILES))
    lab.see(crashed(FILES))
    assert [i.kind for i in lab.live] == [Kind.GUEST_DOWN]


# Again.


def test_what_fails_again_within_half_an_hour_reopens_in_the_same_message(crash):
    person(crash, people.acknowledge)
    crash.see(up(VM))
    crash.wait(30 * MINUTE)
    crash.see(crashed(VM))
    assert (crash.only.status, crash.only.acknowledged_by) == (Status.OPEN, None)
    assert crash.broadcasts()[-1] == "🔴 vm01 down again, 30 min after the last time: crashed."


def test_all_that_fails_together_with_what_reopens_an_incident_is_on_record_and_the_worst_names_it(lab):
    http, state = fails(VM, Kind.SERVICE_DOWN, "no web page"), crashed(VM)
    lab.see(http, state)
    lab.see(well(VM, "http"), up(VM))
    assert lab.only.ended
    lab.wait(MINUTE)
    decision = lab.see(http, state)
    assert [event.text for event in decision.events] == ["reopened: no web page", "This is guest-down: crashed"]
    assert (lab.only.kind, lab.only.why) == (Kind.GUEST_DOWN, "crashed")
    assert lab.only.failing == {http.fingerprint, state.fingerprint}


def test_what_fails_on_a_host_together_with_what_reopens_its_incident_is_on_record(lab):
    ssh = fails(ATLAS, Kind.SERVICE_DOWN, "no ssh", check="ssh")
    lab.see(gone(ATLAS))
    lab.see(ssh)
    lab.see(back(ATLAS), well(ATLAS, "ssh"), *map(up, GUESTS))
    lab.wait(11 * MINUTE)
    assert lab.only.ended
    decision = lab.see(gone(ATLAS), ssh)
    assert [event.text for event in decision.events] == ["reopened: no answer", "no ssh"]


def test_what_fails_again_later_is_a_new_incident(crash):
    crash.see(up(VM))
    crash.wait(30 * MINUTE + SECOND)
    crash.see(crashed(VM))
    assert [i.id for i in crash.live] == [2]


def test_what_reopens_is_what_it_now_is(crash):
    crash.see(up(VM))
    crash.see(fails(VM, Kind.GUEST_DAMAGED, "I/O error"))
    assert (crash.only.kind, crash.only.why) == (Kind.GUEST_DAMAGED, "I/O error")


def test_a_ups_that_falls_silent_after_a_power_event_is_another_trouble():
    lab = Desk(targets=inventory(powered=False))
    lab.see(on_battery())
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    lab.see(fails(RACK, Kind.UPS_UNREACHABLE))
    assert [i.kind for i in lab.live] == [Kind.UPS_UNREACHABLE]


def test_what_became_part_of_a_power_event_does_not_reopen_but_is_another_trouble(lab):
    lab.see(gone(VAULT))
    lab.see(gone(VAULT), crashed(VM))
    lab.see(on_battery())
    lab.see(back(VAULT), up(VM), up(FILES))
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    lab.see(crashed(VM))
    assert lab.incidents[2].end == End(Way.MOVED, ONE)
    assert [(i.id, i.subject) for i in lab.live] == [(3, VM)]


# Silences and what comes and goes.


def test_an_ephemeral_guest_opens_nothing(lab):
    assert lab.see(crashed(EPHEMERAL[0])) == engine.Decision()


def test_a_silenced_target_opens_nothing_nor_does_what_depends_on_it(lab):
    lab.silences = (Silence(RACK, NOON, NOON + HOUR, "U1", "new battery"),)
    assert lab.see(on_battery(), gone(ATLAS), crashed(VM)) == engine.Decision()


def test_of_a_silenced_subject_nothing_is_broadcast(crash):
    crash.silences = (Silence(VM, NOON, NOON + HOUR, "U1", "I am on it"),)
    crash.now += MINUTE
    crash.see(up(VM))
    assert crash.only.ended
    assert crash.broadcasts() == []
    assert crash.notices[-1].tell is Tell.LINE


# The bot was off.


def test_after_a_gap_an_incident_says_that_the_bot_was_off(lab):
    lab.gap = Gap(NOON - 3 * HOUR, NOON)
    lab.see(crashed(VM))
    assert lab.history(1)[-1] == "I was off 09:00–12:00 UTC; this may have begun then."


def test_so_does_one_that_reopens(crash):
    crash.see(up(VM))
    crash.gap = Gap(NOON - 3 * HOUR, NOON)
    crash.see(crashed(VM))
    assert crash.history(1)[-1] == "I was off 09:00–12:00 UTC; this may have begun then."


def test_what_was_well_since_the_gap_did_not_begin_in_it(lab):
    gap = Gap(NOON - 3 * HOUR, NOON)
    lab.gap = gap.followed_by({up(VM).fingerprint: NOON, up(OTHER).fingerprint: NOON - HOUR})
    lab.see(crashed(VM), crashed(OTHER))
    assert ["this may have begun" in lab.history(number)[-1] for number in (1, 2)] == [False, True]


def test_nor_did_that_a_machine_is_gone_of_which_anything_was_seen_since(lab):
    lab.gap = Gap(NOON - 3 * HOUR, NOON, well=frozenset({up(VM).fingerprint}))
    lab.see(nowhere(VM), nowhere(OTHER))
    assert ["this may have begun" in lab.history(number)[-1] for number in (1, 2)] == [False, True]


def test_a_gap_within_a_minute_says_how_long_it_was():
    assert str(Gap(NOON, NOON + 40 * SECOND)) == "I was off for 40 s at 12:00 UTC"


def test_a_gap_over_midnight_says_the_days():
    assert str(Gap(NOON - 36 * HOUR, NOON)) == "I was off 28 Feb 00:00–01 Mar 12:00 UTC"


# What people say.


def test_an_acknowledgement_is_a_line_in_the_thread(crash):
    person(crash, people.acknowledge)
    assert (crash.only.status, crash.only.acknowledged_by) == (Status.ACKNOWLEDGED, "U1")
    assert [(n.tell, n.text) for n in crash.notices[1:]] == [(Tell.CARD, ""), (Tell.LINE, "<@U1> acknowledged")]
    assert (crash.events[-1].text, crash.events[-1].by) == ("acknowledged", "U1")


def test_an_acknowledgement_lapses_after_four_hours_in_which_nothing_moved(crash):
    person(crash, people.acknowledge)
    crash.wait(4 * HOUR - SECOND)
    assert crash.only.status is Status.ACKNOWLEDGED
    crash.wait(SECOND)
    assert (crash.only.status, crash.only.acknowledged_by) == (Status.OPEN, None)
    assert crash.broadcasts() == [
        "🔴 vm01 down: <@U1> was on it, but nothing has moved for 4 h. Nobody is on it now."
    ]


def test_a_runbooks_step_is_progress_and_keeps_it(crash):
    person(crash, people.acknowledge)
    crash.now += 3 * HOUR
    moved, event = recording.progressed(crash.only, "restored", crash.now, "U1")
    assert (event.kind, event.text, event.by) == (EventKind.RUN, "restored", "U1")
    crash.incidents[ONE] = moved
    crash.wait(2 * HOUR)
    assert crash.only.status is Status.ACKNOWLEDGED


def test_an_acknowledgement_is_taken_back(crash):
    person(crash, people.acknowledge)
    person(crash, people.take_back)
    assert crash.only.status is Status.OPEN


def test_a_person_resolves_with_a_reason_and_not_without(crash):
    with pytest.raises(IllegalMove, match="cannot close incident 1: because no reason was given"):
        person(crash, people.resolve, "  ")
    person(crash, people.resolve, "retired")
    assert (crash.only.end, crash.only.resolved_by, crash.only.resolution) == (End(Way.CLOSED), "U1", "retired")


def test_what_a_person_resolved_while_it_failed_is_quiet_until_it_was_well(crash):
    person(crash, people.resolve, "it may stay off")
    assert crash.see(fails(VM, Kind.GUEST_DOWN, "off, but it should be running")) == engine.Decision()
    crash.see(up(VM))
    assert crash.only.ended
    crash.see(crashed(VM))
    assert crash.only.status is Status.OPEN


def test_what_tells_more_of_it_is_news_even_then(crash):
    person(crash, people.resolve, "it may stay off")
    crash.see(fails(VM, Kind.GUEST_DAMAGED, "I/O error"))
    assert (crash.only.status, crash.only.kind) == (Status.OPEN, Kind.GUEST_DAMAGED)


def test_a_power_failure_is_news_though_its_ups_was_said_to_be_no_trouble(lab):
    lab.see(fails(RACK, Kind.UPS_UNREACHABLE))
    person(lab, people.resolve, "it is being moved")
    lab.see(on_battery())
    assert [i.kind for i in lab.live] == [Kind.POWER_LOSS]


def test_that_something_ended_is_well_again_is_told_nobody(crash):
    person(crash, people.resolve, "it may stay off")
    decision = crash.see(up(VM))
    assert (decision.events, decision.notices) == ((), ())
    assert crash.only.failing == frozenset()


def test_a_reopened_incident_is_told_to_everyone_and_does_not_end_by_itself(crash):
    crash.see(up(VM))
    person(crash, people.reopen)
    assert crash.broadcasts()[-1] == "<@U1> reopened this: vm01 down"
    crash.wait(HOUR)
    crash.see(up(VM), up(OTHER))
    assert crash.only.status is Status.OPEN


def test_a_reopened_incident_ends_when_its_check_fails_again_and_comes_back(crash):
    crash.see(up(VM))
    person(crash, people.reopen)
    crash.see(crashed(VM))
    crash.see(up(VM))
    assert crash.only.ended


def test_what_has_come_back_since_it_was_closed_does_not_end_what_a_person_reopens(crash):
    crash.take(people.resolve(crash.situation, ONE, "U1", "enough", crash.now))
    crash.wait(MINUTE)
    crash.see(up(VM))
    person(crash, people.reopen)
    assert not crash.only.unproven
    crash.see(up(VM))
    crash.wait(HOUR)
    assert crash.only.status is Status.OPEN


def test_what_someone_wanted_so_stays_so_when_a_person_reopens_the_incident(crash):
    deleted = Member(OTHER, was_running=True, ground=Ground(Standing.DELETED, "deleted on purpose", NOON, by="U2"))
    crash.incidents[ONE] = crash.only.with_member(deleted)
    crash.see(up(VM))
    person(crash, people.reopen)
    assert crash.only.members[OTHER].standing is Standing.DELETED
    assert not crash.only.unproven


def test_a_reopened_incident_of_which_a_machine_is_not_proven_ends_once_it_is(crash):
    crash.see(up(VM))
    crash.unseen.add(VM)
    person(crash, people.reopen)
    assert crash.only.unproven == (VM,)
    crash.see(up(VM))
    assert crash.only.ended


def test_a_reopened_incident_ends_by_a_word_for_the_last_machine(crash):
    crash.see(up(VM))
    crash.unseen.add(VM)
    person(crash, people.reopen)
    crash.take(persons_word.vouch(crash.situation, ONE, [VM], "U1", crash.now))
    assert crash.only.ended


def test_nothing_reopens_beside_a_newer_incident_about_the_same(crash):
    crash.see(up(VM))
    crash.wait(HOUR)
    crash.see(crashed(VM))
    old = crash.incidents[ONE]
    with pytest.raises(IllegalMove, match="cannot reopen incident 1: because incident 2 is about the same"):
        people.reopen(replace(crash.situation, incidents=crash.incidents), ONE, "U1", crash.now)
    assert crash.incidents[ONE] is old


def test_what_is_open_cant_be_reopened(crash):
    with pytest.raises(IllegalMove, match="cannot reopen incident 1: because it is open"):
        person(crash, people.reopen)


@pytest.mark.parametrize("act", [people.acknowledge, people.take_back, people.reopen])
def test_an_incident_that_is_not_there_is_the_persons_mistake(lab, act):
    with pytest.raises(IllegalMove, match="incident 9: because there is none of that number, or it is long over"):
        person(lab, act, incident=IncidentId(9))


def test_an_incident_that_reopens_learns_of_everything_that_fails_now(crash):
    crash.see(fails(VM, Kind.SERVICE_DOWN))
    crash.see(up(VM), well(VM, "http"))
    crash.see(crashed(VM), fails(VM, Kind.SERVICE_DOWN))
    assert len(crash.only.failing) == 2


def test_an_incident_reopens_beside_others_about_something_else(crash):
    crash.see(up(VM), crashed(OTHER))
    person(crash, people.reopen)
    assert [i.subject for i in crash.live] == [VM, OTHER]


# What is no longer there.


def test_an_incident_of_a_guest_that_is_no_longer_there_is_over(crash):
    crash.take(engine.forget(crash.situation, [VM], crash.now))
    assert (crash.only.end, crash.only.resolution) == (End(Way.CLOSED), "no longer watched: vm01")


def test_a_guest_of_the_same_name_made_anew_is_another_trouble(crash):
    crash.take(engine.forget(crash.situation, [VM], crash.now))
    crash.see(crashed(VM))
    assert [i.id for i in crash.live] == [2]


def test_nobody_waits_for_a_member_that_is_no_longer_there(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT))
    lab.wait(10 * MINUTE)
    lab.take(engine.forget(lab.situation, [FILES], lab.now))
    assert lab.only.ended
    assert "No longer watched: files." in lab.history(1)


def test_a_storm_ends_when_the_last_guests_that_fail_are_no_longer_there(lab):
    lab.see(*map(crashed, GUESTS[:5]))
    lab.see(*map(up, GUESTS[:3]))
    lab.take(engine.forget(lab.situation, GUESTS[3:5], lab.now))
    assert lab.only.ended


def test_a_guest_that_failed_when_its_incident_was_said_to_be_over_is_forgotten_there_too(crash):
    person(crash, people.resolve, "it may go")
    crash.take(engine.forget(crash.situation, [VM], crash.now))
    crash.see(crashed(VM))
    assert [i.id for i in crash.live] == [2]


def unchecked(lab, *checks):
    return lab.take(engine.uncheck(lab.situation, frozenset(checks), lab.now))


def test_an_incident_of_a_check_that_lab_yaml_has_no_more_is_closed_once_another_proves_its_target(lab):
    web = fails(FILES, Kind.SERVICE_DOWN, "no answer", check="web")
    lab.see(web)
    unchecked(lab, web.fingerprint)
    assert "nobody can see whether that is over" in lab.only.why
    lab.see(well(FILES, "mail"))
    assert (str(lab.only.end), lab.only.resolution) == ("closed", "no longer checked: web of files")
    assert lab.only.why == "no answer, when lab.yaml still had web of files"
    assert lab.broadcasts()[-1] == "☑️ Closed: files down. No longer checked: web of files."


def test_it_is_resolved_where_the_check_is_back_and_has_passed_meanwhile(lab):
    web, mail = (fails(FILES, Kind.SERVICE_DOWN, "no answer", check=check) for check in ("web", "mail"))
    lab.see(web, mail)
    unchecked(lab, web.fingerprint)
    lab.see(well(FILES, "web"))
    lab.see(well(FILES, "mail"))
    assert (str(lab.only.end), lab.only.resolution) == ("resolved", "all proven healthy")


def test_an_incident_that_lost_many_checks_names_some_and_counts_the_others(lab):
    checks = [fails(FILES, Kind.SERVICE_DOWN, "no answer", check=f"c{number}") for number in range(10)]
    lab.see(*checks)
    unchecked(lab, *(one.fingerprint for one in checks))
    lab.see(well(FILES, "mail"))
    assert lab.only.resolution.endswith("c6 of files, c7 of files and 2 more")


def test_an_incident_with_another_check_that_fails_goes_on_with_that(lab):
    web, mail = (fails(FILES, Kind.SERVICE_DOWN, "no answer", check=check) for check in ("web", "mail"))
    lab.see(web, mail)
    unchecked(lab, web.fingerprint)
    assert (lab.only.own, lab.only.status) == ({mail.fingerprint}, Status.OPEN)
    assert "No longer checked: web of files." in lab.history(1)
    lab.see(well(FILES, "mail"))
    assert (str(lab.only.end), lab.only.resolution) == ("closed", "no longer checked: web of files")


def test_a_check_that_had_passed_again_when_lab_yaml_lost_it_is_not_missed(lab):
    web, mail = (fails(FILES, Kind.SERVICE_DOWN, "no answer", check=check) for check in ("web", "mail"))
    lab.see(web, mail)
    lab.see(well(FILES, "web"))
    unchecked(lab, web.fingerprint)
    lab.see(well(FILES, "mail"))
    assert (str(lab.only.end), lab.only.resolution) == ("resolved", "all proven healthy")


def test_that_another_check_had_passed_is_no_sign_that_what_failed_is_over(lab):
    web, mail = (fails(FILES, Kind.SERVICE_DOWN, "no answer", check=check) for check in ("web", "mail"))
    lab.see(web, mail)
    lab.see(well(FILES, "mail"))
    unchecked(lab, web.fingerprint)
    assert lab.only.unwatched
    lab.see(well(FILES, "mail"))
    assert (str(lab.only.end), lab.only.resolution) == ("closed", "no longer checked: web of files")


def test_an_outage_whose_only_sign_lab_yaml_has_no_more_waits_for_its_members_and_is_closed(lab):
    lab.see(gone(VAULT))
    unchecked(lab, gone(VAULT).fingerprint)
    assert lab.only.unwatched
    assert "nobody can see whether that is over" in lab.only.why
    lab.see(well(VAULT, "port"))
    assert lab.only.status is Status.OPEN
    lab.see(up(FILES))
    words = "no longer checked: hypervisor of vault; the others: 1 proven healthy"
    assert (str(lab.only.end), lab.only.resolution) == ("closed", words)


def test_a_member_that_fails_by_a_check_that_lab_yaml_has_no_more_waits_for_another_proof(lab):
    web = fails(FILES, Kind.SERVICE_DOWN, "no answer", check="web")
    lab.see(gone(VAULT))
    lab.see(web)
    assert lab.only.members[FILES].failing == {"web"}
    unchecked(lab, web.fingerprint)
    assert (lab.only.members[FILES].failing, lab.only.members[FILES].proven) == (frozenset(), False)
    lab.see(back(VAULT), up(FILES))
    lab.wait(timedelta(minutes=10))
    words = "no longer checked: web of files; the others: 1 proven healthy"
    assert (str(lab.only.end), lab.only.resolution) == ("closed", words)


def test_what_was_no_longer_checked_when_an_outage_took_it_over_is_so_in_the_outage_too(lab):
    web = fails(FILES, Kind.SERVICE_DOWN, "no answer", check="web")
    lab.see(gone(ATLAS))
    lab.see(web)
    unchecked(lab, web.fingerprint)
    lab.see(gone(VAULT), gone(NOOK))
    assert [(one.id, one.dropped) for one in lab.live] == [(ONE, {web.fingerprint})]


def test_one_whose_target_a_person_vouched_for_meanwhile_is_over_with_its_check(lab):
    web = fails(FILES, Kind.SERVICE_DOWN, "no answer", check="web")
    lab.see(web)
    word = Ground(Standing.WORD, "", lab.now, by="U1")
    vouched = lab.only.with_member(replace(lab.only.members[FILES], ground=word))
    lab.take(
        engine.uncheck(replace(lab.situation, incidents={ONE: vouched}), frozenset([web.fingerprint]), lab.now)
    )
    assert lab.only.ended


def test_a_check_that_hurt_nobody_goes_in_silence(crash):
    assert unchecked(crash, well(OTHER, "web").fingerprint) == engine.Decision()


def test_what_is_no_longer_there_and_hurt_nobody_changes_nothing(crash):
    assert crash.take(engine.forget(crash.situation, [OTHER], crash.now)) == engine.Decision()


def answered(seen, ago):
    """A silence, and how long ago there was an answer last."""
    return replace(seen, facts={ANSWERED: (NOON - ago).isoformat()})


def test_what_fell_silent_was_so_since_it_answered_last_and_that_is_on_record(lab):
    lab.see(answered(gone(ATLAS), 50 * SECOND))
    assert (lab.only.opened_at, lab.only.since) == (NOON, NOON - 50 * SECOND)
    assert lab.history(1)[-1] == "atlas last answered at 11:59:10 UTC."
    lab.see(crashed(FILES))
    assert lab.incidents[IncidentId(2)].since == NOON, "what tells of itself is not older than that"


def test_several_that_fell_silent_together_did_so_after_the_last_answer_of_any(lab):
    lab.see(*(answered(gone(host), seconds * SECOND) for seconds, host in enumerate(HOSTS, 3)))
    assert lab.only.since == NOON - 3 * SECOND


def test_a_silence_that_joins_an_incident_changes_nothing_of_its_beginning(lab):
    lab.see(gone(ATLAS))
    lab.see(answered(fails(ATLAS, Kind.HOST_DOWN, check="ping"), MINUTE))
    assert lab.only.since == NOON
