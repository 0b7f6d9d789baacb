"""What ran before nobody could look, and is off: remembered, asked about, and kept from being called well."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from bot import incidents, queries
from bot.core.health import RAN, Health, Kind, TargetId
from bot.core.incident import IllegalMove, IncidentId
from bot.core.incidents.member import Standing
from bot.store import Store
from bot.usecases import left_off
from bot.usecases.persons_word import stays_off_by_name, vouch_by_name
from tests.core.labs import ATLAS, RACK, back, crashed, gone, off, on_battery, powered_on, unseen, up
from tests.kept_lab import ALEX, KeptLab

WEB1, WEB2, CI = (TargetId(f"guest:{name}") for name in ("web1", "web2", "ci-1"))
MINUTE = timedelta(minutes=1)
RAN_BEFORE = {RAN: "it ran before I was off, and is off"}


@pytest.fixture
def lab(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1", "web2", "ci-1")
    lab.see(back(ATLAS), *map(up, (WEB1, WEB2, CI)))
    yield lab
    store.close()


def asked(guest=WEB1):
    """It is off, and libvirt tells that it was shut down."""
    return replace(off(guest), facts=RAN_BEFORE)


def down(guest=WEB1):
    """It is off, and libvirt tells no reason."""
    return replace(asked(guest), health=Health.FAIL, kind=Kind.GUEST_DOWN, why="it ran, and is off", stated=True)


def told(lab):
    return [one.parcel.text for one in lab.outbox if one.parcel.subject == "ran before"]


def silence(lab, name="atlas"):
    lab.do(incidents.silence, lab.config, name, 5 * MINUTE, ALEX, "maintenance")


def called_well(lab):
    return not lab.do(queries.status, lab.config).left_off


def test_what_ran_before_the_bot_was_off_is_known_at_its_start(lab):
    lab.see(off(WEB2, on_purpose=True))
    beginning = lab.begin()
    assert (beginning.ran, beginning.stopped, beginning.shut_down) == ({WEB1, CI}, {WEB2}, {WEB2})
    lab.now += 6 * MINUTE
    lab.do(lambda store, now: store.alive.renew(now))
    assert (lab.begin().stopped, lab.begin().shut_down) == ({WEB2}, frozenset())


def test_what_someone_had_shut_down_stays_so_when_its_host_no_longer_knows_why_it_is_off(lab):
    lab.see(off(WEB2, on_purpose=True))
    forgotten = replace(off(WEB2), facts={"stopped": "on purpose before"})
    lab.see(unseen(WEB2))
    lab.see(forgotten)
    assert lab.begin().stopped == {WEB2}


def test_what_was_off_for_another_reason_is_not_taken_for_someones_wish(lab):
    lab.see(off(WEB2))
    assert lab.begin().stopped == frozenset()


def test_what_was_shut_down_before_its_host_went_is_known_however_long_that_was_away(lab):
    lab.see(off(WEB2, on_purpose=True))
    lab.now += MINUTE
    lab.see(replace(back(ATLAS), health=Health.UNKNOWN), *map(unseen, (WEB1, WEB2, CI)))
    lab.now += 60 * MINUTE
    lab.do(lambda store, now: store.alive.renew(now))
    assert lab.begin().shut_down == {WEB2}


def test_what_is_off_after_a_gap_is_asked_about_and_named_until_it_runs_and_is_proven(lab):
    lab.see(asked())
    (text,) = told(lab)
    assert text.splitlines() == [
        "⚪ web1 is off: it ran before I was off.",
        "Start it, or say that it may stay off: `/lab stays-off web1`",
    ]
    assert not called_well(lab)
    words = {WEB1: f"off since {lab.now:%Y-%m-%d %H:%M} UTC, and it ran before I was off"}
    assert lab.do(lambda store, _now: left_off.ran_before(store, UTC)) == words
    lab.begin()
    lab.see(off(WEB1, on_purpose=True))
    assert not called_well(lab)
    lab.see(up(WEB1))
    assert called_well(lab)
    assert lab.do(lambda store, _now: left_off.ran_before(store, UTC)) == {}


def test_what_may_have_run_since_someone_shut_it_down_is_asked_about_once_if_it_should_run(lab):
    why = "someone had shut it down, and nobody saw whether it has run since"
    lab.do(lambda store, now: store.targets.keep([replace(store.targets.inventory()[WEB2], wanted=False)], now))
    lab.see(off(WEB1, on_purpose=True), off(WEB2, on_purpose=True))
    for _ in range(2):
        doubted = {"stopped": "on purpose before", RAN: why}
        lab.see(*(replace(off(guest), facts=doubted) for guest in (WEB1, WEB2)))
        (text,) = told(lab)
        assert text.splitlines()[0] == f"⚪ web1 is off: {why}."
        assert not called_well(lab)
        assert lab.begin().stopped == {WEB1, WEB2}
    lab.do(stays_off_by_name, lab.config, "web1", ALEX)
    lab.see(replace(off(WEB1), facts=doubted))
    assert called_well(lab)
    assert len(told(lab)) == 1


def test_a_person_may_say_that_it_may_stay_off(lab):
    lab.see(asked())
    lab.do(stays_off_by_name, lab.config, "web1", ALEX)
    assert called_well(lab)
    assert "web1" in lab.store.alive.journal(1)[0][1]


def test_a_word_that_a_machine_is_well_ends_what_an_older_incident_left_off(lab):
    lab.see(crashed(WEB1))
    lab.see(off(WEB1))
    lab.do(incidents.resolve, lab.config, IncidentId(1), ALEX, "enough")
    lab.see(powered_on(WEB1))
    lab.now += 60 * MINUTE
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), powered_on(WEB1))
    assert lab.do(lambda store, _now: left_off.ran_before(store, UTC)).keys() == {WEB1}
    lab.do(vouch_by_name, lab.config, "web1", ALEX)
    assert lab.incident(2).members[WEB1].standing is Standing.WORD
    assert lab.do(lambda store, _now: left_off.ran_before(store, UTC)) == {}


def test_nobody_lets_a_machine_off_of_which_it_can_not_be_seen_whether_it_is_off(lab):
    why = "stay off: because it can't be seen now whether it is off. Say it again once atlas answers"
    lab.see(gone(ATLAS))
    with pytest.raises(IllegalMove, match=why):
        lab.do(stays_off_by_name, lab.config, "web1", ALEX)
    lab.wait(11 * MINUTE)
    lab.do(incidents.resolve, lab.config, IncidentId(1), ALEX, "enough")
    with pytest.raises(IllegalMove, match=why):
        lab.do(stays_off_by_name, lab.config, "web1", ALEX)
    lab.see(back(ATLAS), off(WEB1))
    lab.do(stays_off_by_name, lab.config, "web1", ALEX)


def test_nor_one_that_runs_or_that_nobody_waits_for(lab):
    with pytest.raises(IllegalMove, match="because it runs"):
        lab.do(stays_off_by_name, lab.config, "web1", ALEX)
    lab.see(unseen(WEB1), off(WEB2, on_purpose=True))
    with pytest.raises(IllegalMove, match="because it can't be seen"):
        lab.do(stays_off_by_name, lab.config, "web1", ALEX)
    with pytest.raises(IllegalMove, match="because nothing waits for it to come back"):
        lab.do(stays_off_by_name, lab.config, "web2", ALEX)


def test_what_an_incident_waits_for_is_not_asked_about_beside_it(lab):
    lab.see(down())
    assert (lab.incident().kind, told(lab)) == (Kind.GUEST_DOWN, [])
    assert lab.store.left_off.all() == {}


def test_what_comes_and_goes_by_design_is_nobodys_concern(lab):
    lab.see(asked(CI))
    assert (told(lab), lab.store.left_off.all().keys()) == ([], set())


def test_many_are_asked_about_in_one_message(lab):
    names = [f"vm{n}" for n in range(1, 10)]
    lab.inventory("web1", "web2", *names)
    lab.see(*(asked(TargetId(f"guest:{name}")) for name in names))
    (text,) = told(lab)
    assert text.count("is off:") == 8
    assert "… and 1 more" in text


def test_what_befell_it_in_a_silence_is_not_told_and_not_called_well_and_is_an_incident_when_that_ends(lab):
    silence(lab)
    lab.see(down())
    lab.see(off(WEB1))
    assert (told(lab), list(lab.store.incidents.live()), called_well(lab)) == ([], [], False)
    lab.wait(6 * MINUTE)
    assert lab.incident().members[WEB1].was_running
    lab.see(off(WEB1))
    lab.see(off(WEB1))
    assert lab.incident().unproven == (WEB1,)
    lab.see(up(WEB1))
    assert (lab.incident().ended, called_well(lab)) == (True, True)


def test_what_someone_may_have_shut_down_in_a_silence_is_asked_about_when_that_ends(lab):
    silence(lab)
    lab.see(asked())
    assert told(lab) == []
    lab.wait(6 * MINUTE)
    assert (len(told(lab)), list(lab.store.incidents.live())) == (1, [])


def test_what_runs_again_when_the_silence_ends_is_not_told(lab):
    silence(lab)
    lab.see(down())
    lab.see(powered_on(WEB1))
    lab.wait(6 * MINUTE)
    assert (told(lab), list(lab.store.incidents.live())) == ([], [])


def test_what_is_silenced_itself_stays_so_when_another_silence_ends(lab):
    silence(lab)
    lab.do(incidents.silence, lab.config, "web1", 60 * MINUTE, ALEX, "maintenance")
    lab.see(down())
    lab.wait(6 * MINUTE)
    assert list(lab.store.incidents.live()) == []


def test_what_is_shut_down_on_battery_while_the_ups_is_silenced_has_to_return(lab):
    silence(lab, "rack")
    lab.see(on_battery())
    lab.see(off(WEB1, on_purpose=True))
    assert not called_well(lab)
    assert lab.store.left_off.all()[WEB1].why == "it was shut down during a power failure, and is off"


def test_what_is_shut_down_while_all_is_well_is_someones_wish(lab):
    lab.see(unseen(RACK, "ups"))
    lab.see(off(WEB1, on_purpose=True))
    assert called_well(lab)
