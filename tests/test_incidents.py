"""What people do to incidents, on a real database: what is kept, what is told, and what a refusal leaves alone."""

import sqlite3
from dataclasses import fields
from datetime import timedelta

import pytest

from bot import incidents
from bot.config import Check, Host, Ssh, Timing
from bot.core.health import HYPERVISOR, INSIDE, TargetId
from bot.core.incident import End, IllegalMove, IncidentId, Rules, Status, Way
from bot.core.permit import NotAllowed
from bot.incidents import UnknownName
from bot.probes.host import Params as Inside
from bot.store import Store
from bot.usecases import persons_word
from tests.core.labs import ATLAS, RACK, VAULT, back, crashed, gone, on_battery, on_mains, powered_on, up, well
from tests.kept_lab import ALEX, ROBIN, STRANGER, KeptLab, config

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ONE = IncidentId(1)
WEB1, WEB2 = TargetId("guest:web1"), TargetId("guest:web2")


@pytest.fixture
def lab(tmp_path):
    """A lab with two guests on atlas, of which web1 has crashed and been told."""
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1", "web2", "ci-7")
    lab.see(up(WEB1), up(WEB2))
    lab.see(crashed(WEB1))
    yield lab
    store.close()


def everything(lab):
    """All that the database holds, but the bot's own sign of life."""
    with sqlite3.connect(lab.store.path) as db:
        return [line for line in db.iterdump() if '"alive"' not in line]


def told(lab):
    return [(w.parcel.tell, w.parcel.text, w.due_at - lab.now) for w in lab.outbox]


NOW, SOON = timedelta(0), incidents.COUNTERS_WAIT


# What has to pass before a target is proven.


def test_a_host_with_ssh_has_to_pass_a_look_inside_beside_its_own_checks():
    hourly = Check("hourly", "host", Inside())
    hosts = [
        Host("atlas", ssh=Ssh(), hypervisor="test:///default"),
        Host("vault", ssh=Ssh(), checks={"hourly": hourly}),
        Host("nook"),
    ]
    wanted = incidents.own_checks(config(hosts={host.name: host for host in hosts}), {})
    assert wanted[TargetId("host:atlas")] == {INSIDE, HYPERVISOR}
    assert wanted[TargetId("host:vault")] == {"hourly"}
    assert not wanted[TargetId("host:nook")]


# What is told.


def test_a_new_incident_is_one_card_to_be_told_now(lab):
    assert told(lab) == [("card", "", NOW)]
    assert lab.outbox[0].parcel.subject == "incident:1"


def test_counters_that_change_are_told_a_little_later_and_together(lab):
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.deliver()
    for guest in (WEB2, WEB1):
        lab.see(up(guest))
    assert told(lab) == [("card", "", SOON)]


def test_machines_that_come_back_within_two_seconds_are_one_edit(lab):
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.deliver()
    for guest in (WEB2, WEB1):
        lab.see(up(guest))
        assert [waiting.due_at > lab.now for waiting in lab.outbox] == [True]
        lab.now += timedelta(seconds=0.9)
    assert [waiting.due_at > lab.now for waiting in lab.outbox] == [True]


def test_what_a_person_did_is_shown_at_once(lab):
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.deliver()
    lab.see(powered_on(WEB1))
    assert told(lab) == [("card", "", SOON)]
    lab.do(persons_word.vouch, lab.config, IncidentId(1), [WEB1], ROBIN)
    assert ("card", "", NOW) in told(lab)


def test_a_change_of_state_does_not_wait_for_the_counters(lab):
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.deliver()
    lab.see(up(WEB2))
    lab.see(on_mains())
    assert told(lab) == [("card", "", NOW)]


def test_lines_go_into_the_thread_of_their_incident(lab):
    lab.do(incidents.acknowledge, lab.config, ONE, ROBIN)
    line = lab.outbox[-1].parcel
    assert (line.tell, line.thread, line.text) == ("line", "incident:1", f"<@{ROBIN}> acknowledged")


# Acknowledge, take back, resolve, reopen.


def test_hands_acknowledge_and_take_it_back(lab):
    lab.do(incidents.acknowledge, lab.config, ONE, ROBIN)
    assert (lab.incident().status, lab.incident().acknowledged_by) == (Status.ACKNOWLEDGED, ROBIN)
    lab.do(incidents.take_back, lab.config, ONE, ROBIN)
    assert lab.incident().status is Status.OPEN
    assert lab.history() == ["crashed", "acknowledged", "handed this back: nobody is on it"]


def test_an_admin_resolves_with_a_reason(lab):
    lab.do(incidents.resolve, lab.config, ONE, ALEX, "retired")
    assert (lab.incident().end, lab.incident().resolution) == (End(Way.CLOSED), "retired")


def test_what_is_reopened_long_after_knows_what_still_fails(lab):
    lab.do(incidents.resolve, lab.config, ONE, ALEX, "may stay off")
    lab.wait(3 * HOUR)
    lab.do(incidents.reopen, lab.config, ONE, ALEX)
    assert (lab.incident().status, len(lab.incident().failing)) == (Status.OPEN, 1)
    lab.see(up(WEB1))
    assert lab.incident().ended


def test_what_is_reopened_long_after_knows_what_no_longer_fails(lab):
    lab.do(incidents.resolve, lab.config, ONE, ALEX, "may stay off")
    lab.wait(3 * HOUR)
    lab.see(up(WEB1))
    lab.do(incidents.reopen, lab.config, ONE, ALEX)
    lab.wait(HOUR)
    assert (lab.incident().status, lab.incident().failing) == (Status.OPEN, frozenset())


@pytest.mark.parametrize(
    ("act", "args", "who", "why"),
    [
        (incidents.acknowledge, (ONE,), STRANGER, "only Alex or Robin can acknowledge"),
        (incidents.take_back, (ONE,), STRANGER, "only Alex or Robin can hand an incident back"),
        (incidents.take_over, (ONE,), STRANGER, "only Alex or Robin can take an incident over"),
        (incidents.resolve, (ONE,), ROBIN, "only Alex can resolve"),
        (incidents.reopen, (ONE,), ROBIN, "only Alex can reopen"),
        (incidents.silence, ("web1", HOUR), STRANGER, "only Alex or Robin can silence"),
        (incidents.unsilence, ("web1",), STRANGER, "only Alex or Robin can end a silence"),
    ],
)
def test_who_may_not_changes_nothing_and_is_told_who_may(lab, act, args, who, why):
    before = everything(lab)
    reason = ("because",) if act in {incidents.resolve, incidents.silence} else ()
    with pytest.raises(NotAllowed, match=why):
        lab.do(act, lab.config, *args, who, *reason)
    assert everything(lab) == before


@pytest.mark.parametrize(
    ("act", "args", "why"),
    [
        (incidents.take_back, (ONE, ALEX), "nobody is on incident 1"),
        (incidents.take_over, (ONE, ALEX), "nobody is on incident 1"),
        (incidents.reopen, (ONE, ALEX), "because it is open"),
        (incidents.resolve, (ONE, ALEX, " "), "because no reason was given"),
        (incidents.acknowledge, (IncidentId(9), ALEX), "because there is none of that number"),
        (incidents.reopen, (IncidentId(9), ALEX), "because there is none of that number"),
        (incidents.silence, ("web1", HOUR, ALEX, ""), "cannot silence 'web1': because no reason was given"),
        (incidents.unsilence, ("web1", ALEX), "cannot end a silence of 'web1': because it has none"),
    ],
)
def test_an_illegal_move_changes_nothing_and_says_why(lab, act, args, why):
    before = everything(lab)
    with pytest.raises(IllegalMove, match=why):
        lab.do(act, lab.config, *args)
    assert everything(lab) == before


def test_the_second_of_two_clicks_changes_nothing(lab):
    lab.do(incidents.acknowledge, lab.config, ONE, ROBIN)
    before = everything(lab)
    with pytest.raises(IllegalMove, match="is already on incident 1"):
        lab.do(incidents.acknowledge, lab.config, ONE, ALEX)
    assert everything(lab) == before


# Silences and names.


def test_a_silenced_guest_opens_nothing_while_the_silence_holds(lab):
    silence = lab.do(incidents.silence, lab.config, "web2", HOUR, ROBIN, "new disk")
    assert (silence.target, silence.until, silence.by) == (WEB2, lab.now + HOUR, ROBIN)
    lab.see(crashed(WEB2))
    assert lab.store.incidents.next_id() == 2


def test_a_silence_that_someone_ends_is_over_at_once(lab):
    lab.do(incidents.silence, lab.config, "web2", HOUR, ROBIN, "new disk")
    lab.now += MINUTE
    assert lab.do(incidents.unsilence, lab.config, "web2", ROBIN) == WEB2
    lab.see(crashed(WEB2))
    assert lab.incident(2).subject == WEB2


def test_a_target_is_found_by_name_or_by_id(lab):
    assert lab.do(lambda store, _now: incidents.find_target(store, "web1")) == WEB1
    assert lab.do(lambda store, _now: incidents.find_target(store, "host:vault")) == VAULT


def test_of_two_targets_of_one_name_the_machine_is_meant(lab):
    lab.inventory("web1", "web2", "rack")
    assert incidents.find_target(lab.store, "rack") == "guest:rack"
    assert incidents.find_target(lab.store, "ups:rack") == RACK


def test_an_unknown_name_gets_the_nearest_one(lab):
    with pytest.raises(UnknownName, match=r"cannot find .wbe1.: because nothing here is called that \(did you"):
        lab.do(incidents.silence, lab.config, "wbe1", HOUR, ROBIN, "new disk")


def test_a_name_that_is_like_nothing_gets_no_guess(lab):
    with pytest.raises(UnknownName, match=r"because nothing here is called that$"):
        incidents.find_target(lab.store, "zzzzzzzz")


# What a decision may know.


def test_a_guest_that_was_powered_off_just_now_ran_lately_and_one_shut_down_did_not(lab):
    off = crashed(WEB2)
    lab.see(off)
    assert {WEB1, WEB2} == incidents.situation(lab.store, lab.config, lab.now).lately
    later = lab.now + 3 * MINUTE
    assert incidents.situation(lab.store, lab.config, later).lately == frozenset()


def test_the_rules_are_those_of_lab_yaml():
    unlike = {one.name: another(getattr(Rules(), one.name)) for one in fields(Rules)}
    rules = incidents.rules_of(config(timing=Timing(**unlike)))
    assert {one.name: getattr(rules, one.name) for one in fields(Rules)} == unlike
    assert incidents.rules_of(config()) == Rules()


def another(value):
    """A value that is not the default."""
    return value[1:] if isinstance(value, tuple) else value + type(value)(1)


def test_an_outage_survives_the_way_through_the_rows(lab):
    lab.see(on_battery())
    lab.see(gone(ATLAS))
    lab.see(on_mains(), back(ATLAS))
    assert lab.incident().status is Status.RECOVERING
    lab.see(up(WEB1), up(WEB2))
    lab.see(back(VAULT), well(TargetId("service:web"), "http"))
    lab.wait(10 * MINUTE)
    lab.see(on_mains())
    assert lab.incident().unproven == ()
    assert lab.incident().ended


# Others are told of silences.


def test_a_silence_is_told_in_the_thread_of_the_machines_incident(lab):
    lab.do(incidents.silence, lab.config, "web1", 2 * HOUR, ROBIN, "new disk")
    line = lab.outbox[-1].parcel
    assert (line.thread, line.text) == ("incident:1", f"🔕 <@{ROBIN}> silenced web1 for 2 h: new disk")


def test_a_second_silence_replaces_the_first_and_the_channel_hears_of_both(lab):
    lab.do(incidents.silence, lab.config, "atlas", 48 * HOUR, ROBIN, "new disk")
    lab.do(incidents.silence, lab.config, "atlas", HOUR, ALEX, "sooner")
    [made] = lab.store.silences.in_force(lab.now)
    assert (made.until, made.reason) == (lab.now + HOUR, "sooner")
    line = lab.outbox[-1].parcel
    assert line.thread is None
    assert line.text == f"🔕 <@{ALEX}> silenced atlas for 1 h, instead of the silence before: sooner"
    lab.do(incidents.unsilence, lab.config, "atlas", ROBIN)
    assert lab.outbox[-1].parcel.text == f"🔔 <@{ROBIN}> ended the silence of atlas."
