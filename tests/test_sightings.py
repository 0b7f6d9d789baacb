"""What is seen, written down on a real database: starts and gaps, the inventory, the clock, what is believed."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from bot import incidents, sightings
from bot.config import Expect, Guest, Host, Service
from bot.core.health import ANSWERED, Health, Kind, Proof, Target, TargetId, TargetKind, guest_id, target_id
from bot.core.incident import IncidentId, Member, Status
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.left_off import LeftOff
from bot.core.incidents.situation import Gap
from bot.core.placements import Placements
from bot.monitoring.targets import configured
from bot.store import Store
from bot.usecases import persons_word
from bot.usecases.boots import keep_boots
from bot.usecases.clock_steps import clock_stepped
from bot.usecases.passing_time import pass_time
from bot.usecases.pictures import attach
from tests.core.labs import (
    ATLAS,
    RACK,
    VAULT,
    back,
    crashed,
    fails,
    gone,
    off,
    on_battery,
    on_mains,
    unbootable,
    unseen,
    up,
    well,
)
from tests.kept_lab import ALEX, START, KeptLab, config, info

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WEB1, WEB2, GATE, WEB = (TargetId(t) for t in ("guest:web1", "guest:web2", "service:gate", "service:web"))
ONE = IncidentId(1)


@pytest.fixture
def lab(tmp_path):
    """A lab in which all is well."""
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1", "web2")
    lab.see(up(WEB1), up(WEB2), well(WEB, "http"))
    yield lab
    store.close()


def next_incident(lab):
    return lab.store.incidents.next_id()


# Start, gap, end.


def test_the_very_first_start_knows_no_gap_and_nothing(tmp_path):
    lab = KeptLab(Store(tmp_path / "caretaker.db"))
    assert lab.begin() == sightings.Beginning(gap=None, known=(), guests=(), seen_until=None, boots={})
    lab.store.close()


def test_a_start_soon_after_the_end_is_no_gap(lab):
    lab.do(sightings.alive)
    lab.now += MINUTE
    assert lab.begin().gap is None


def test_a_start_after_a_gap_says_so_in_the_journal_and_in_every_open_incident(lab):
    lab.see(crashed(WEB1))
    lab.deliver()
    lab.do(sightings.alive)
    lab.now += 2 * HOUR + 38 * MINUTE
    assert str(lab.begin().gap) == "I was off 12:00–14:38 UTC"
    assert (
        lab.history()[-1]
        == "I was off 12:00–14:38 UTC. I do not know what happened meanwhile, and go on from here."
    )
    assert [(w.parcel.tell, w.parcel.thread) for w in lab.outbox] == [("line", "incident:1")]
    assert lab.store.alive.journal(1)[0][1] == "I was off 12:00–14:38 UTC (cut off)"


def test_what_an_older_copy_does_not_know_is_not_told_as_a_time_in_which_the_bot_was_off(lab):
    lab.see(crashed(WEB1))
    lab.do(sightings.alive)
    lab.now += 2 * HOUR + 38 * MINUTE
    with lab.store.transaction() as store:
        beginning = sightings.begin(store, lab.now, lab.config, older=True)
    said = "My database is an older copy and has no record 12:00–14:38 UTC"
    assert str(beginning.gap) == said
    assert f"{said}. I do not know what happened meanwhile, and go on from here." in lab.history()
    assert beginning.last.stopped_at, (
        "someone stopped it to put the copy there: what booted meanwhile tells nothing"
    )
    assert lab.begin().gap is None


def test_what_an_outage_showed_before_a_gap_is_no_proof_after_it(lab):
    lab.see(back(VAULT), on_battery())
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(WEB1))
    assert WEB1 not in lab.incident().unproven
    lab.do(sightings.alive)
    lab.now += HOUR
    lab.begin()
    assert {WEB1, ATLAS, VAULT} <= set(lab.incident().unproven)
    assert lab.history()[-1] == "Nobody was looking meanwhile: what was seen before is no proof any more."


@pytest.mark.parametrize("length", [timedelta(seconds=33), HOUR])
def test_what_an_outage_showed_before_the_process_was_stopped_is_no_proof_after_it(lab, length):
    lab.see(back(VAULT), on_battery())
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(WEB1))
    assert WEB1 not in lab.incident().unproven
    since, lab.now = lab.now, lab.now + length
    lab.do(sightings.stopped, lab.config, Gap(since, lab.now, "My own process was stopped", lab.config.zone))
    assert {WEB1, ATLAS, VAULT} <= set(lab.incident().unproven)


def proven_in_an_outage(lab, boot_id):
    """web1 was proven in an open outage, and the bot, on a machine of that boot id, was cut off."""
    lab.do(sightings.begin, lab.config, boot_id)
    lab.see(back(VAULT), on_battery())
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), up(WEB1))
    lab.do(sightings.alive)


def test_a_machine_that_has_booted_anew_was_off_however_shortly(lab):
    proven_in_an_outage(lab, "one")
    lab.now += 20 * SECOND
    assert lab.do(sightings.begin, lab.config, "one").gap is None
    lab.now += 20 * SECOND
    assert str(lab.do(sightings.begin, lab.config, "other").gap) == "I was off for 20 s at 12:00 UTC"
    assert WEB1 in lab.incident().unproven


def test_what_an_outage_showed_is_no_proof_after_however_short_a_restart_but_a_persons_word_stands(lab):
    proven_in_an_outage(lab, "one")
    lab.do(persons_word.vouch_by_name, lab.config, "web2", ALEX)
    lines = lab.history()
    lab.now += 3 * SECOND
    assert lab.do(sightings.begin, lab.config, "one").gap is None
    assert WEB1 in lab.incident().unproven
    assert WEB2 not in lab.incident().unproven
    assert lab.history() == lines, "nobody needs to hear of it"


def test_a_clock_that_is_behind_at_a_start_was_set_back_and_nobody_knows_for_how_long_the_bot_was_off(lab):
    proven_in_an_outage(lab, "one")
    began = lab.incident().opened_at
    lab.now -= 20 * MINUTE  # no battery keeps the time of a Pi
    assert str(lab.do(sightings.begin, lab.config, "one").gap) == "I was off until 11:40 UTC"
    assert WEB1 in lab.incident().unproven
    assert lab.incident().opened_at == began - 20 * MINUTE
    assert all(one.at <= lab.now for one in lab.store.targets.health())


def test_a_bot_that_was_stopped_on_purpose_says_that(lab):
    lab.do(sightings.end)
    lab.now += HOUR
    lab.begin()
    assert lab.store.alive.journal(1)[0][1].endswith("(stopped)")


def test_a_start_finds_what_was_believed(lab):
    lab.see(crashed(WEB1))
    known = {k.fingerprint.target: k.health for k in lab.begin().known}
    assert known == {WEB1: Health.FAIL, WEB2: Health.OK, WEB: Health.OK}


def test_a_restart_opens_and_tells_nothing_again(lab):
    lab.see(crashed(WEB1))
    lab.deliver()
    lab.begin()
    lab.see(crashed(WEB1))
    assert (next_incident(lab), list(lab.outbox)) == (2, [])


def test_what_fails_after_a_gap_may_have_begun_in_it(lab):
    lab.do(sightings.alive)
    lab.now += HOUR
    gap = lab.begin().gap
    lab.see(crashed(WEB1), gap=gap)
    assert lab.history()[-1] == "I was off 12:00–13:00 UTC; this may have begun then."


def test_a_silence_that_ended_while_the_bot_was_off_has_ended(lab):
    lab.do(incidents.silence, lab.config, "web", HOUR, ALEX, "new disk")
    lab.see(fails(WEB, Kind.SERVICE_DOWN))
    lab.do(sightings.alive)
    since, lab.now = lab.now, lab.now + 2 * HOUR
    lab.begin()
    assert lab.do(pass_time, lab.config, since, frozenset()).waits
    assert lab.store.incidents.latest(1) == [], "it may be well by now"
    every_check = {known.fingerprint for known in lab.store.targets.health()}
    assert not lab.do(pass_time, lab.config, since, every_check).waits
    assert lab.incident().subject == WEB


# The inventory.


def test_what_lab_yaml_names_is_watched_with_what_it_depends_on(lab):
    assert {t.id: t for t in configured(lab.config)} == {
        RACK: Target(RACK),
        ATLAS: Target(ATLAS, powered_by=RACK, behind=GATE),
        VAULT: Target(VAULT, powered_by=RACK),
        GATE: Target(GATE),
        WEB: Target(WEB, behind=VAULT),
    }


def test_guests_are_taken_in_as_they_are_found(lab):
    named = {"web2": Guest("web2", host="vault", expect=Expect.ANY), "web1": Guest("web1", expect=Expect.ANY)}
    lab.config = config(guests=named)
    found = [info("web1"), info("web2"), info("ci-9"), info("old", autostart=False)]
    web1, web2, fleeting, old = lab.do(sightings.take_inventory, lab.config, "atlas", found, Placements())
    assert web1 == Target(WEB1, runs_on=ATLAS, wanted=False, name="web1")
    assert web2 == Target(WEB2, runs_on=ATLAS, name="web2")
    assert (fleeting.ephemeral, old.wanted) == (True, False)
    assert {web1.id, web2.id, fleeting.id, old.id} <= lab.store.targets.inventory().keys()


def test_a_database_of_the_first_release_knows_its_guests_by_uuid_from_their_first_inventory_on(lab):
    """It had a guest's name for its id, in the inventory, in beliefs, silences and incidents."""
    old = target_id(TargetKind.GUEST, "web1")
    lab.do(lambda store, now: store.targets.keep([Target(old, runs_on=ATLAS)], now))
    lab.see(fails(old, Kind.GUEST_DOWN))
    lab.do(incidents.silence, lab.config, "web1", HOUR, ALEX, "new disk")
    new = guest_id("f00d")
    found = [replace(info("web1"), uuid="f00d")]
    lab.do(sightings.take_inventory, lab.config, "atlas", found, Placements())
    assert new in lab.store.targets.inventory()
    assert old not in lab.store.targets.inventory()
    assert lab.incident().subject == new
    assert {f.target for f in lab.incident().own} == {new}
    assert lab.store.silences.in_force(lab.now)[0].target == new
    assert old not in {known.fingerprint.target for known in lab.store.targets.health()}


def test_a_guest_may_be_expected_to_run_without_autostart(lab):
    lab.config = config(guests={"web1": Guest("web1", host="atlas", expect=Expect.RUNNING)})
    web1, *_ = lab.do(sightings.take_inventory, lab.config, "atlas", [info("web1", autostart=False)], Placements())
    assert web1.wanted


def test_what_is_not_defined_where_it_went_is_wanted_as_it_was_until_it_is_told_otherwise(lab):
    """libvirt gives no autostart to what is gone once it stops, as to what has migrated."""

    def wanted(**how):
        found = [replace(info("web1"), **how)]
        target, *_ = lab.do(sightings.take_inventory, lab.config, "atlas", found, Placements())
        return target.wanted

    assert wanted(autostart=True)
    assert wanted(autostart=False, persistent=False)
    assert not wanted(autostart=False)
    assert not wanted(autostart=False, persistent=False)


def test_an_appliance_is_accepted_by_its_power_where_lab_yaml_says_so(lab):
    said = {"web1": Guest("web1", proof=Proof.RUNNING), "web2": Guest("web2", host="vault", proof=Proof.RUNNING)}
    lab.config = config(guests=said, services={"web": Service("web", proof=Proof.RUNNING)})
    assert [t.proof for t in lab.inventory("web1", "web2")] == [Proof.RUNNING, Proof.INSIDE]
    assert lab.store.targets.inventory()[WEB1].proof is Proof.RUNNING
    assert {t.id: t.proof for t in configured(lab.config)}[WEB] is Proof.RUNNING
    assert {t.id: t.proof for t in configured(lab.config)}[ATLAS] is Proof.INSIDE


def test_a_guest_that_is_gone_stays_in_the_inventory_and_nothing_is_dropped(lab):
    lab.see(crashed(WEB1))
    assert [t.id for t in lab.inventory("web2")] == [WEB2, WEB1]
    assert WEB1 in lab.store.targets.inventory()
    assert lab.incident().status is Status.OPEN
    assert WEB1 in {k.fingerprint.target for k in lab.store.targets.health()}


def test_a_guest_that_comes_and_goes_vanishes_quietly(lab):
    lab.inventory("web1", "web2", "ci-7")
    assert [t.name for t in lab.inventory("web1", "web2")] == ["web1", "web2"]
    assert "ci-7" not in {t.name for t in lab.store.targets.inventory().values()}
    assert next_incident(lab) == 1


def test_an_empty_list_for_a_moment_deletes_nothing(lab):
    before = lab.store.targets.inventory()
    lab.inventory()
    assert lab.store.targets.inventory() == before
    lab.inventory("web1", "web2")
    assert (lab.store.targets.inventory(), next_incident(lab)) == (before, 1)


def test_the_guests_of_another_host_are_none_of_its_business(lab):
    lab.inventory("files", host="vault")
    assert {WEB1, WEB2} <= lab.store.targets.inventory().keys()


def test_a_guest_that_moved_is_not_gone(lab):
    lab.inventory("web1", host="vault")
    lab.inventory("web2", host="atlas")
    assert lab.store.targets.inventory()[WEB1].runs_on == VAULT


def test_what_lab_yaml_no_longer_names_is_gone_at_the_next_start_and_its_guests_with_it(lab):
    lab.see(fails(WEB, Kind.SERVICE_DOWN))
    lab.config = config(hosts={"vault": Host("vault")}, services={"gate": Service("gate")})
    lab.begin()
    assert lab.store.targets.inventory().keys() == {RACK, VAULT, GATE}
    assert lab.incident().ended


# What is believed.


def test_believing_writes_health_presence_and_incident_together(lab):
    followed = lab.see(crashed(WEB1))
    assert lab.incident().status is Status.OPEN
    assert followed.awaited == {WEB1}
    assert lab.store.targets.presences()[WEB1].running is False


def test_a_clean_shutdown_is_remembered_as_that(lab):
    facts = MappingProxyType({"stopped": "on purpose"})
    lab.see(replace(off(WEB1), facts=facts), off(WEB2))
    assert incidents.situation(lab.store, lab.config, lab.now).lately == {WEB2}


def test_who_could_not_look_leaves_presence_alone(lab):
    lab.see(unseen(WEB1))
    assert lab.store.targets.presences()[WEB1].running


def test_a_guest_known_to_be_damaged_is_told_once(lab):
    lab.see(crashed(WEB1))
    assert [i.id for i in lab.see(unbootable(WEB1)).damaged] == [ONE]
    assert lab.see(unbootable(WEB1)).damaged == ()


def test_all_that_an_outage_hurt_is_awaited(lab):
    lab.see(back(VAULT), on_battery())
    assert lab.see(gone(ATLAS)).awaited >= {RACK, ATLAS, WEB1, WEB2, VAULT}


def test_what_is_proven_is_looked_at_on_until_the_end(lab):
    """A machine that was well a minute ago may be so no more when the last one is."""
    assert lab.see(on_battery()).awaited >= {RACK, ATLAS, VAULT, WEB1}


# Time.


def test_time_alone_resolves_an_outage_when_its_grace_is_over(lab):
    lab.see(back(ATLAS), back(VAULT), on_battery())
    lab.see(on_mains())
    lab.wait(MINUTE)
    lab.see(on_mains(), back(ATLAS), back(VAULT), up(WEB1), up(WEB2), well(WEB, "http"))
    lab.wait(9 * MINUTE)
    assert lab.incident().ended


def test_what_still_fails_when_its_silence_ends_is_told_then(lab):
    lab.do(incidents.silence, lab.config, "web1", HOUR, ALEX, "new disk")
    lab.see(crashed(WEB1))
    assert lab.wait(HOUR - SECOND).awaited == frozenset()
    assert lab.wait(SECOND).awaited == {WEB1}
    lab.wait(MINUTE)
    assert next_incident(lab) == 2


def test_so_is_what_was_silenced_with_what_it_depends_on(lab):
    lab.do(incidents.silence, lab.config, "rack", HOUR, ALEX, "new battery")
    lab.see(crashed(WEB1))
    lab.wait(HOUR)
    assert lab.incident().subject == WEB1


def test_what_came_back_before_its_silence_ended_is_not_told(lab):
    lab.do(incidents.silence, lab.config, "web1", HOUR, ALEX, "new disk")
    lab.see(crashed(WEB1))
    lab.see(up(WEB1))
    lab.wait(HOUR)
    assert next_incident(lab) == 1


# The clock.


def test_a_stepped_clock_moves_what_is_planned_and_is_on_record(lab):
    lab.do(incidents.silence, lab.config, "web2", HOUR, ALEX, "new disk")
    lab.see(gone(VAULT))
    lab.see(back(VAULT), crashed(WEB1))
    lab.now += 3 * HOUR
    lab.do(clock_stepped, lab.config, 3 * HOUR)
    vault, web1 = lab.incident(1), lab.incident(2)
    assert vault.recovering_since == START + 3 * HOUR
    assert (web1.recovering_since, web1.progress_at) == (None, START + 3 * HOUR)
    assert lab.store.silences.in_force(lab.now)[0].until == START + 4 * HOUR
    assert {w.due_at for w in lab.outbox} == {START + 3 * HOUR}
    assert lab.store.alive.journal(1)[0][1] == "The clock was set by +10800 s."


def test_a_step_of_the_clock_in_the_middle_of_an_outage_makes_nothing_last_longer(lab):
    lab.see(on_battery())
    lab.wait(MINUTE)
    lab.now += 26 * HOUR
    lab.do(clock_stepped, lab.config, 26 * HOUR)
    assert lab.incident().opened_at == lab.now - MINUTE
    assert lab.history()[-1] == (
        "the system's clock was set by +1 d 2 h; what stands before this line is by the old clock"
    )
    lab.wait(25 * SECOND)
    lab.see(on_mains())
    over = lab.incident()
    assert over.recovering_since - over.opened_at == MINUTE + 25 * SECOND
    lab.now -= 2 * HOUR
    lab.do(clock_stepped, lab.config, -2 * HOUR)
    over = lab.incident()
    assert over.recovering_since - over.opened_at == MINUTE + 25 * SECOND
    assert "set by −2 h" in lab.history()[-1]


def test_what_has_just_ended_may_reopen_after_a_step_of_the_clock_and_what_ended_long_before_may_not(lab):
    lab.see(crashed(WEB1))
    lab.see(up(WEB1))
    assert lab.incident().ended
    lab.wait(MINUTE)
    lab.now += 26 * HOUR
    lab.do(clock_stepped, lab.config, 26 * HOUR)
    lab.see(crashed(WEB1))
    assert not lab.incident(1).ended
    lab.see(up(WEB1))
    lab.wait(HOUR)
    lab.now -= HOUR
    lab.do(clock_stepped, lab.config, -HOUR)
    assert lab.incident(1).ended
    lab.see(crashed(WEB1))
    assert next_incident(lab) == 3


def test_what_has_stopped_and_been_so_since_did_so_as_long_ago_after_a_step_of_the_clock(lab):
    lab.see(up(WEB1))
    lab.see(crashed(WEB1))
    lab.now += 26 * HOUR
    lab.do(clock_stepped, lab.config, 26 * HOUR)
    assert lab.store.targets.presences()[WEB1].stopped_at == lab.now
    assert {known.since for known in lab.store.targets.health() if known.fingerprint.target == WEB1} == {lab.now}


@pytest.mark.parametrize(("step", "restarted"), [(HOUR, False), (-HOUR, False), (-HOUR, True), (-26 * HOUR, True)])
def test_what_is_silenced_stays_so_for_as_long_as_was_meant_after_a_step_of_the_clock(lab, step, restarted):
    lab.do(incidents.silence, lab.config, "web1", 2 * HOUR, ALEX, "new disk")
    lab.wait(20 * MINUTE)
    lab.do(sightings.alive)
    lab.now += step
    lab.begin() if restarted else lab.do(clock_stepped, lab.config, step)
    lab.see(crashed(WEB1))
    lab.wait(99 * MINUTE)
    assert next_incident(lab) == 1, "it is silent"
    lab.wait(2 * MINUTE)
    assert lab.incident().subject == WEB1


def test_a_start_with_the_clock_behind_finds_the_starts_of_guests_as_long_ago_as_before(lab):
    lab.do(keep_boots, {WEB1: BootRecord("17", Mark(), START - MINUTE)})
    lab.now -= 20 * MINUTE
    assert lab.begin().boots[WEB1].started == lab.now - MINUTE


def test_a_step_of_the_clock_in_the_middle_of_host_down_makes_nothing_last_longer(lab):
    lab.see(replace(gone(VAULT), facts={ANSWERED: (START - MINUTE).isoformat()}))
    lab.wait(10 * MINUTE)
    lab.now += 26 * HOUR
    lab.do(clock_stepped, lab.config, 26 * HOUR)
    assert lab.now - lab.incident().since == 11 * MINUTE
    assert lab.now - lab.store.alive.last().started_at == 10 * MINUTE


def test_a_step_of_the_clock_makes_nothing_proof_or_no_proof_of_what_was_left_off(lab):
    off_now = Member(WEB1, was_running=True, running=False, counts_from=START)
    lab.store.left_off.keep([LeftOff(off_now, ONE, START)])
    lab.now -= HOUR
    lab.do(clock_stepped, lab.config, -HOUR)
    assert lab.store.left_off.all()[WEB1] == LeftOff(replace(off_now, counts_from=lab.now), ONE, lab.now)


def test_a_step_of_the_clock_ends_no_grace_and_is_no_gap(lab):
    lab.see(on_battery())
    lab.see(on_mains())
    lab.now += 3 * HOUR
    lab.do(clock_stepped, lab.config, 3 * HOUR)
    lab.wait(9 * MINUTE)
    assert lab.incident().status is Status.RECOVERING
    lab.do(sightings.alive)
    assert lab.begin().gap is None


# Files.


def test_a_picture_waits_for_the_thread_of_its_incident(lab):
    lab.see(unbootable(WEB1))
    lab.do(attach, lab.incident(), "web1.png", "The screen of web1", b"PNG")
    file = lab.outbox[-1].parcel
    assert (file.tell, file.thread, file.name, file.text) == (
        "file",
        "incident:1",
        "web1.png",
        "The screen of web1",
    )
