"""A guest whose agent answers for another system than before: it is told once, and a person's word settles it."""

from dataclasses import replace

import pytest

from bot import queries
from bot.core.health import BOOT, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incident import IllegalMove, IncidentId
from bot.core.incidents.console_log import BootRecord, Mark
from bot.core.incidents.guest_system import NOT_ASKED, System, Whose
from bot.core.incidents.member import Standing
from bot.core.permit import NotAllowed
from bot.store import Store
from bot.usecases import target_picture
from bot.usecases.boots import keep_boots
from bot.usecases.persons_word import vouch, vouch_by_name
from bot.views.line import line
from tests.core.labs import ATLAS, back, gone, powered_on
from tests.kept_lab import ALEX, START, STRANGER, KeptLab

WEB1, WEB2 = TargetId("guest:web1"), TargetId("guest:web2")
OWN, RESCUE = System("debian", "Debian", "web1"), System("arch", "Arch Linux", "sysrescue")
DOUBT = "its agent answers for another system, “sysrescue” (Arch Linux); it was “web1” (Debian) before"
ONE = IncidentId(1)


@pytest.fixture
def lab(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    lab = KeptLab(store)
    lab.begin()
    lab.inventory("web1", "web2")
    lab.see(powered_on(WEB1), powered_on(WEB2))
    keep(lab, Whose(OWN, here=True))
    yield lab
    store.close()


def keep(lab, whose):
    """It is put on record, as after a look."""
    return lab.do(keep_boots, {WEB1: BootRecord("", Mark(), came_up=True, whose=whose)})


def said(lab) -> list[str]:
    return [waiting.parcel.text for waiting in lab.outbox if "another system" in waiting.parcel.text]


def in_an_outage(lab) -> None:
    """atlas was away, web1 runs again, and its agent answers for a rescue system."""
    lab.see(gone(ATLAS))
    lab.see(back(ATLAS), powered_on(WEB1))
    for _ in range(2):
        assert keep(lab, Whose(OWN, RESCUE)) == {}


def whose(lab) -> Whose:
    return lab.store.boots.all()[WEB1].whose


def test_it_is_told_once_where_it_is_waited_for_and_its_card_says_what_it_lacks(lab):
    in_an_outage(lab)
    keep(lab, Whose(OWN, RESCUE))
    assert said(lab) == [f"⚠️ web1: {DOUBT}. If that is its own, say so: `/lab well web1`"]
    assert f"web1: {DOUBT}" in lab.history()
    assert lab.do(queries.incident, ONE, lab.config).lacking[WEB1] == DOUBT
    assert lab.do(target_picture.why, lab.config, "web1").lacks == DOUBT


def test_it_is_told_in_the_channel_where_nobody_waits_for_it_and_again_after_its_own_has_answered(lab):
    for _ in range(2):
        for _ in range(3):
            keep(lab, Whose(OWN, RESCUE))
        keep(lab, Whose(OWN))  # off, or silent
        keep(lab, Whose(OWN, here=True))
    assert len(said(lab)) == 2
    assert lab.store.boots.all()[WEB1].whose.other is None


def test_a_system_that_gets_its_name_late_is_not_told(lab):
    keep(lab, Whose(OWN, System("debian", "Debian", "localhost")))
    keep(lab, Whose(OWN, here=True))
    assert said(lab) == []


def test_a_persons_word_makes_it_its_own_and_the_bot_hears_of_it(lab):
    in_an_outage(lab)
    lab.do(vouch, lab.config, ONE, [WEB1], ALEX)
    assert lab.incident().members[WEB1].standing is Standing.WORD
    assert whose(lab) == Whose(RESCUE)
    assert lab.store.alive.journal(1)[0][1] == (
        f"{ALEX} says that web1 is well; it is “sysrescue” (Arch Linux) from now on"
    )
    kept = keep(lab, Whose(OWN, RESCUE))  # what was seen before that was heard
    assert kept[WEB1].whose == whose(lab) == Whose(RESCUE)
    assert kept[WEB1].whose.here


def test_a_word_for_another_machine_changes_nothing_of_it(lab):
    in_an_outage(lab)
    lab.see(powered_on(WEB2))
    lab.do(vouch, lab.config, ONE, [WEB2], ALEX)
    assert whose(lab) == Whose(OWN, RESCUE)


def test_a_word_by_name_is_taken_though_no_incident_waits_for_it(lab):
    with pytest.raises(IllegalMove, match="no open incident waits for it"):
        lab.do(vouch_by_name, lab.config, "web1", ALEX)
    keep(lab, Whose(OWN, RESCUE))
    with pytest.raises(NotAllowed):
        lab.do(vouch_by_name, lab.config, "web1", STRANGER)
    assert whose(lab).other == RESCUE
    assert lab.do(vouch_by_name, lab.config, "web1", ALEX) == "web1"
    assert whose(lab) == Whose(RESCUE)


def boot(health, **more):
    return Observation(Fingerprint(BOOT, WEB1), health, START, "it", running=True, **more)


def test_a_boot_that_had_failed_is_proven_by_the_new_system_and_not_by_the_word(lab):
    lab.see(boot(Health.FAIL, kind=Kind.BOOT_DISK, stated=True, evidence=Evidence.OUTSIDE))
    keep(lab, Whose(OWN, RESCUE))
    lab.see(boot(Health.UNKNOWN, evidence=Evidence.OUTSIDE))
    lab.do(vouch_by_name, lab.config, "web1", ALEX)
    assert whose(lab) == Whose(RESCUE)
    assert not lab.incident().ended
    lab.see(boot(Health.OK))
    lab.wait(lab.config.timing.grace)
    assert lab.incident().members[WEB1].standing is Standing.PROVEN


def test_what_else_fails_is_no_matter_of_a_word(lab):
    lab.see(replace(boot(Health.FAIL, kind=Kind.GUEST_DOWN, stated=True), fingerprint=Fingerprint("state", WEB1)))
    keep(lab, Whose(OWN, RESCUE))
    with pytest.raises(IllegalMove, match="because it fails"):
        lab.do(vouch_by_name, lab.config, "web1", ALEX)
    assert whose(lab) == Whose(OWN, RESCUE)


def test_a_record_of_before_has_no_system(lab):
    lab.store.boots.keep({WEB1: BootRecord("17", Mark())}, START)
    assert lab.store.boots.all()[WEB1].whose == NOT_ASKED


@pytest.mark.parametrize("name", ["<@U0ALEX> `x` *b*", "\u202egnp"])
def test_what_a_guest_calls_itself_comes_not_alive(lab, name):
    for _ in range(2):
        keep(lab, Whose(OWN, System("x", name, name)))
    shown = line(said(lab)[0]).text
    assert "<@U0ALEX>" not in shown
    assert "\u202e" not in shown
    assert " *b*" not in shown
    assert "`/lab well web1`" in shown
