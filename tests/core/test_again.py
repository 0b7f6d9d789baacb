"""What fails again: a second outage, what flaps, what was over before anyone could act, and what is nobody's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import Kind, Proof
from bot.core.incident import Earlier, EventKind, IncidentId, Rules, Status, Tell
from bot.core.incidents import engine, people, persons_word, recording
from bot.core.incidents.member import Standing
from bot.core.mute import Silence
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    NOOK,
    NOON,
    VAULT,
    Desk,
    back,
    crashed,
    fails,
    gone,
    mains_stay,
    off,
    on_battery,
    on_mains,
    powered_on,
    up,
    well,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
VM = GUESTS[0]
ONE = IncidentId(1)
OWNER = "U0ALEX"


@pytest.fixture
def lab():
    return Desk(owner=OWNER)


def crash_loop(lab, times, every=MINUTE):
    """So many crashes, a second each."""
    for _ in range(times):
        lab.see(crashed(VM))
        lab.now += SECOND
        lab.see(up(VM))
        lab.now += every - SECOND


# A second outage.


def test_a_power_failure_that_comes_again_within_an_hour_is_the_same_and_told_with_the_mention(lab):
    lab.see(on_battery())
    lab.now += 19 * SECOND
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    assert lab.only.ended
    lab.wait(50 * MINUTE)
    lab.see(on_battery())
    assert lab.only.status is Status.OPEN
    assert (
        lab.broadcasts()[-1] == f"🔴 Power failure (rack) again, 1 h after the last time: on battery. <@{OWNER}>"
    )
    lab.now += 35 * SECOND
    mains_stay(lab)
    assert (lab.only.spans.count, lab.only.spans.total(lab.now)) == (2, 54 * SECOND)


@pytest.mark.parametrize("between", [MINUTE, 30 * MINUTE], ids=["recovering", "resolved"])
def test_what_the_first_outage_proved_is_no_proof_of_what_can_not_be_seen_in_the_second(lab, between):
    lab.see(on_battery(), gone(VAULT))
    lab.now += 19 * SECOND
    lab.see(back(VAULT), up(FILES))
    mains_stay(lab)
    assert lab.only.members[VAULT].standing is Standing.PROVEN
    lab.wait(between)
    assert lab.only.ended is (between > 10 * MINUTE)

    lab.unseen |= {VAULT, FILES}  # what is between the bot and them is off
    lab.see(on_battery())
    assert lab.only.members[ATLAS].proven
    for _ in range(2):
        lab.now += 30 * SECOND
        lab.see(on_mains())
    lab.see(back(ATLAS), back(NOOK), *map(up, GUESTS))
    lab.wait(15 * MINUTE)
    assert lab.only.unproven == (FILES, VAULT)
    lab.see(back(VAULT), up(FILES))
    assert lab.only.ended


def test_what_went_off_in_the_first_outage_alone_is_not_said_never_to_have_gone_off(lab):
    lab.see(on_battery(), gone(VAULT))
    mains_stay(lab)
    lab.see(back(VAULT), up(FILES))
    lab.now += MINUTE
    lab.see(on_battery())
    standings = {VAULT: Standing.PROVEN, FILES: Standing.PROVEN, VM: Standing.UNTOUCHED}
    assert {one: lab.only.members[one].standing for one in standings} == standings
    for _ in range(2):
        lab.now += 30 * SECOND
        lab.see(on_mains())
    assert standings.keys() <= set(lab.only.unproven), "the second may have reached them unseen"
    lab.see(back(VAULT), up(FILES), up(VM))
    assert {one: lab.only.members[one].standing for one in standings} == standings


def test_nor_is_what_nobody_looks_inside_of(lab):
    lab.targets = {**lab.targets, FILES: replace(lab.targets[FILES], proof=Proof.RUNNING)}
    lab.see(on_battery(), gone(VAULT))
    mains_stay(lab)
    lab.see(back(VAULT), powered_on(FILES))
    lab.see(on_battery())
    assert lab.only.members[FILES].standing is Standing.ACCEPTED


def test_that_a_host_which_is_back_refuses_the_bot_is_no_second_outage_of_it(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT), off(FILES))
    lab.see(fails(VAULT, Kind.CANNOT_WATCH, "vault refuses the bot's key", check="watching"))
    outage, refused = lab.live
    assert (outage.kind, outage.status, outage.spans.lasts) == (Kind.HOST_DOWN, Status.RECOVERING, False)
    assert (refused.kind, refused.status) == (Kind.CANNOT_WATCH, Status.OPEN)
    lab.see(well(VAULT, "watching"))
    assert [one.kind for one in lab.live] == [Kind.HOST_DOWN]


def test_a_persons_word_of_the_first_outage_is_none_of_the_second(lab):
    lab.see(on_battery(), gone(VAULT))
    lab.unseen.add(FILES)  # nothing shows it to be well
    mains_stay(lab)
    lab.see(back(VAULT), powered_on(FILES))
    lab.take(persons_word.vouch(lab.situation, ONE, [FILES], "U7", lab.now))
    assert lab.only.members[FILES].standing is Standing.WORD
    lab.see(on_battery())
    mains_stay(lab)
    lab.see(back(VAULT), powered_on(FILES))
    assert FILES in lab.only.unproven, "that it has power is no sign that it never went off"


def test_what_someone_wants_off_may_stay_off_in_the_second_outage_too(lab):
    lab.see(on_battery(), gone(VAULT))
    mains_stay(lab)
    lab.see(back(VAULT), off(FILES))
    lab.take(persons_word.stays_off(lab.situation, [FILES], "U7", lab.now))
    lab.see(on_battery())
    assert lab.only.members[FILES].standing is Standing.STAYS_OFF


def test_one_that_comes_later_is_new_and_names_the_one_before(lab):
    lab.see(on_battery())
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    ended = lab.now
    lab.wait(HOUR + SECOND)
    lab.see(on_battery())
    (again,) = lab.live
    assert (again.id, again.earlier) == (2, Earlier(ONE, ended))


def test_its_end_says_how_often_and_how_long_in_all(lab):
    lab.see(on_battery())
    lab.now += 19 * SECOND
    mains_stay(lab)
    lab.see(on_battery())
    lab.now += 35 * SECOND
    mains_stay(lab)
    lab.wait(10 * MINUTE)
    assert lab.broadcasts()[-1].startswith("🟢 Resolved: Power failure (rack), 2 times, 54 s in all.")


def test_who_is_on_it_is_told_that_it_fails_again_before_all_was_well(lab):
    lab.see(gone(VAULT))
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    lab.see(back(VAULT))
    lab.see(gone(VAULT))
    assert lab.broadcasts() == ["🔴 vault down again before all was well: no answer. <@U1>"]


def test_a_guest_that_crashed_and_then_can_not_boot_is_told_as_that_once(lab):
    lab.see(crashed(VM))
    lab.see(powered_on(VM))
    assert lab.only.status is Status.RECOVERING
    lab.see(fails(VM, Kind.BOOT_DISK, "no bootable device", check="boot"))
    assert (lab.only.kind, lab.only.status) == (Kind.BOOT_DISK, Status.OPEN)
    assert lab.broadcasts() == [
        f"🔴 vm01 can't boot: disk damaged: no bootable device. It began as: vm01 down. <@{OWNER}>"
    ]


def test_what_a_person_closed_while_it_failed_has_failed_all_the_while_once_they_reopen_it(lab):
    lab.see(crashed(VM))
    lab.take(people.resolve(lab.situation, ONE, "U1", "enough", lab.now))
    lab.now += MINUTE
    lab.take(people.reopen(lab.situation, ONE, "U1", lab.now))
    assert (lab.only.spans.count, lab.only.spans.total(lab.now)) == (1, MINUTE)


def test_what_was_wrong_before_a_power_failure_is_no_part_of_its_length(lab):
    lab.see(crashed(VM))
    lab.now += MINUTE
    lab.see(on_battery())
    assert (lab.only.kind, lab.only.since) == (Kind.POWER_LOSS, NOON + MINUTE)
    said = f"🔴 Power failure (rack): on battery. It began as: vm01 down. <@{OWNER}>"
    assert lab.broadcasts() == [said]


# Over before anyone could act.


def test_what_is_over_within_a_minute_is_an_edit_alone(lab):
    lab.see(crashed(VM))
    lab.now += 59 * SECOND
    lab.see(up(VM))
    assert lab.only.ended
    assert {notice.tell for notice in lab.notices} == {Tell.CARD}


def test_but_not_where_someone_has_pressed_anything(lab):
    lab.see(crashed(VM))
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    lab.see(up(VM))
    assert lab.broadcasts() == ["🟢 vm01 is healthy again, after less than a second."]


def test_nor_where_a_step_of_a_runbook_was_pressed(lab):
    lab.see(crashed(VM))
    lab.incidents[ONE] = recording.progressed(lab.only, "started", lab.now, "U1")[0]
    lab.see(up(VM))
    assert len(lab.broadcasts()) == 1


# Again and again.


def test_a_crash_loop_is_one_card_and_one_word_that_it_is_unstable(lab):
    crash_loop(lab, 26)
    assert lab.only.spans.count == 26
    assert lab.only.since == NOON
    again, unstable = lab.broadcasts()
    assert again == f"🔴 vm01 down again, 59 s after the last time: crashed. <@{OWNER}>"
    quiet = "No more messages, except about what does not come back, until nothing has changed for 1 h; "
    quiet += "the card keeps up."
    assert unstable == f"🟠 Unstable: vm01 down, 3 times within 1 h. Last: crashed. {quiet} <@{OWNER}>"


def test_how_it_ends_up_is_told_after_an_hour_of_quiet(lab):
    crash_loop(lab, 8)
    lab.wait(58 * MINUTE)
    assert lab.only.status is Status.RECOVERING
    lab.wait(2 * MINUTE)
    assert lab.only.ended
    assert lab.broadcasts()[-1] == "🟢 Resolved: vm01 down, 8 times, 8 s in all. All proven healthy."


def test_also_where_it_ends_up_failing(lab):
    crash_loop(lab, 3)
    lab.see(crashed(VM))
    lab.wait(HOUR)
    assert lab.only.status is Status.OPEN
    assert lab.broadcasts()[-1] == f"🔴 vm01 down for 1 h now, and no longer unstable: crashed. <@{OWNER}>"
    lab.see(up(VM))
    assert lab.broadcasts()[-1].startswith("🟢 Resolved: vm01 down, 4 times, 1 h in all.")


def test_what_nobody_can_see_is_not_quiet(lab):
    crash_loop(lab, 4)
    lab.unseen.add(VM)
    lab.wait(70 * MINUTE)
    assert lab.only.status is Status.RECOVERING
    lab.unseen.clear()
    lab.see(up(VM))
    lab.wait(MINUTE)
    assert lab.only.ended


def test_what_was_unstable_when_the_bot_stopped_has_to_be_seen_well_before_it_is_over(lab):
    crash_loop(lab, 4)
    lab.take(engine.doubt(lab.situation, "I was off", lab.now))
    lab.wait(70 * MINUTE)
    assert lab.only.status is Status.RECOVERING
    lab.see(up(VM))
    assert lab.only.ended


def test_time_in_which_nobody_looked_is_not_quiet_either(lab):
    crash_loop(lab, 4)
    lab.wait(50 * MINUTE)
    lab.take(engine.doubt(lab.situation, "I was off", lab.now))
    lab.see(up(VM))
    lab.wait(55 * MINUTE)
    assert lab.only.status is Status.RECOVERING
    lab.wait(5 * MINUTE)
    assert lab.only.ended


def test_nothing_ends_by_time_before_what_it_is_about_was_looked_at_again(lab):
    lab.see(on_battery())
    mains_stay(lab)
    lab.unlooked = {ATLAS}
    lab.wait(HOUR)
    assert lab.only.status is Status.RECOVERING
    lab.unlooked.clear()
    lab.wait(SECOND)
    assert lab.only.ended


def test_nothing_is_told_of_what_was_not_looked_at_since_the_bot_is_back(lab):
    lab.see(crashed(VM))
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    lab.see(gone(VAULT))
    lab.unlooked = {VM, VAULT}
    lab.wait(5 * HOUR)
    assert lab.broadcasts() == []
    lab.unlooked.clear()
    lab.wait(MINUTE)
    lapsed, reminder = lab.broadcasts()
    assert "nothing has moved for 5 h" in lapsed
    assert "nobody has been on it for 5 h" in reminder


def test_what_is_unstable_and_then_stays_down_is_told_within_minutes(lab):
    crash_loop(lab, 3)
    lab.see(crashed(VM))
    told = len(lab.broadcasts())
    lab.wait(9 * MINUTE)
    assert len(lab.broadcasts()) == told
    lab.wait(1 * MINUTE)
    lab.wait(40 * MINUTE)
    assert lab.broadcasts()[told:] == [f"🔴 vm01 down for 10 min now: crashed. <@{OWNER}>"]


def test_what_is_down_for_minutes_again_and_again_is_told_once_an_hour(lab):
    crash_loop(lab, 3)
    told = len(lab.broadcasts())
    for _ in range(16):  # four hours
        lab.see(crashed(VM))
        lab.wait(11 * MINUTE)
        lab.see(up(VM))
        lab.wait(4 * MINUTE)
    assert len(lab.broadcasts()) - told == 4


def test_what_an_unstable_outage_took_along_and_is_not_back_is_told_when_its_time_is_over(lab):
    for _ in range(3):
        lab.see(gone(VAULT))
        lab.now += SECOND
        lab.see(back(VAULT), off(FILES))
        lab.now += SECOND
    told = len(lab.broadcasts())
    lab.wait(9 * MINUTE)
    assert len(lab.broadcasts()) == told
    lab.wait(2 * MINUTE)
    lab.wait(HOUR)
    assert lab.broadcasts()[told:] == ["🔵 vault down: vault has been back for 11 min 1 s. Still off: files."]


def test_changes_further_apart_are_each_told(lab):
    for _ in range(4):
        lab.see(on_battery())
        mains_stay(lab)
        lab.wait(10 * MINUTE)
        lab.wait(50 * MINUTE)
    assert lab.only.unstable_since is None
    assert len([words for words in lab.broadcasts() if words.startswith("🔴")]) == 3


def test_a_power_failure_is_no_part_of_what_flapped_before(lab):
    crash_loop(lab, 3, every=4 * SECOND)
    lab.see(on_battery())
    assert [incident.kind for incident in lab.live] == [Kind.GUEST_DOWN, Kind.POWER_LOSS]


def test_a_person_may_end_it_at_once_and_it_begins_anew(lab):
    crash_loop(lab, 4)
    lab.take(people.resolve(lab.situation, ONE, "U1", "it is off now", lab.now))
    assert lab.only.unstable_since is None


def test_a_switch_that_flaps_with_fifty_guests_behind_it_is_soon_silent(lab):
    guests = GUESTS[:40]
    for _ in range(6):
        lab.see(*(fails(guest, Kind.SERVICE_DOWN) for guest in guests), fails(ATLAS, Kind.SERVICE_DOWN))
        lab.now += 8 * SECOND
        lab.see(*(well(guest, "http") for guest in guests), well(ATLAS, "http"))
        lab.now += 8 * SECOND
    assert len(lab.incidents) <= 2
    assert len(lab.broadcasts()) <= 2 * len(lab.incidents)


# Nobody's.


def reminders(lab):
    return [event.at - NOON for event in lab.events if event.kind is EventKind.REMINDER]


def test_what_nobody_is_on_is_told_again_ever_more_rarely(lab):
    lab.see(crashed(VM))
    for _ in range(4 * 60 * 26):
        lab.wait(15 * SECOND)
    assert reminders(lab) == [10 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR]
    lab.wait(2 * HOUR)
    assert reminders(lab)[-1] == 28 * HOUR
    assert lab.broadcasts()[0] == f"🔴 vm01 down: nobody has been on it for 10 min. Crashed. <@{OWNER}>"


def test_after_a_gap_one_reminder_stands_for_all_that_were_due(lab):
    lab.see(crashed(VM))
    lab.wait(5 * HOUR)
    assert reminders(lab) == [5 * HOUR]


def test_who_is_on_it_and_who_wants_silence_is_not_reminded(lab):
    lab.see(crashed(VM))
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    lab.see(crashed(GUESTS[1]))
    lab.silences = (Silence(GUESTS[1], lab.now, lab.now + HOUR, "U1", "I know"),)
    lab.wait(50 * MINUTE)
    assert reminders(lab) == []
    lab.wait(10 * MINUTE)
    assert [(event.incident, event.kind) for event in lab.events][-1] == (2, EventKind.REMINDER)


def test_what_has_time_to_come_back_is_given_it_and_then_told_once(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT), off(FILES))
    lab.wait(10 * MINUTE)
    assert lab.broadcasts() == ["🔵 vault down: vault has been back for 10 min. Still off: files."]
    lab.wait(20 * MINUTE)
    assert lab.broadcasts()[1:] == [
        f"🔵 vault down: nobody has been on it for 30 min. Still off: files. <@{OWNER}>"
    ]


def test_what_a_person_reopened_and_left_is_told_too(lab):
    lab.see(crashed(VM))
    lab.see(up(VM))
    lab.take(people.reopen(lab.situation, ONE, "U1", lab.now))
    lab.wait(10 * MINUTE)
    told = "🔴 vm01 down: nobody has been on it for 10 min. Nothing fails now, as far as I can see."
    assert lab.broadcasts()[-1] == f"{told} <@{OWNER}>"


def test_no_reminders_where_none_are_wanted():
    rules = Rules(remind_after=(), remind_every=timedelta(days=1))
    assert rules.reminders_due(HOUR) == 0
    assert rules.reminders_due(25 * HOUR) == 1


def test_who_is_on_what_recovers_and_does_not_move_it_no_longer_is(lab):
    lab.see(gone(VAULT))
    lab.see(back(VAULT), off(FILES))
    lab.wait(10 * MINUTE)
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    lab.wait(4 * HOUR)
    assert (lab.only.status, lab.only.acknowledged_by) == (Status.RECOVERING, None)
    said = "vault down: <@U1> was on it, but nothing has moved for 4 h. Nobody is on it now."
    assert lab.broadcasts()[-1] == f"🔴 {said} <@{OWNER}>"
    lab.wait(10 * MINUTE)
    assert reminders(lab) == [4 * HOUR + 20 * MINUTE]


def test_one_takes_over_from_another_by_name(lab):
    lab.see(crashed(VM))
    lab.take(people.acknowledge(lab.situation, ONE, "U1", lab.now))
    lab.take(people.take_over(lab.situation, ONE, "U2", lab.now))
    assert lab.only.acknowledged_by == "U2"
    assert [(event.text, event.by) for event in lab.events][-1] == ("took this over from <@U1>", "U2")
    assert lab.notices[-1].text == "<@U2> took this over from <@U1>"


def test_what_a_person_reopened_and_then_fails_is_told_to_everyone(lab):
    lab.see(crashed(VM))
    lab.see(up(VM))
    lab.take(people.reopen(lab.situation, ONE, "U1", lab.now))
    lab.now += MINUTE
    lab.see(crashed(VM))
    assert lab.only.spans.count == 2
    assert lab.broadcasts()[-1] == f"🔴 vm01 down again before all was well: crashed. <@{OWNER}>"


def test_a_stepped_clock_shifts_when_the_one_before_ended(lab):
    lab.see(crashed(VM))
    made = replace(lab.only, earlier=Earlier(IncidentId(9), NOON))
    assert made.shifted(HOUR).earlier == Earlier(IncidentId(9), NOON + HOUR)
