"""What lab.yaml has no longer, and an outage had hurt: nobody sees it well, so that is never told as proven."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import Evidence, Target, TargetId
from bot.core.incident import Status
from bot.core.incidents import engine, people
from bot.core.incidents.member import Standing
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    HOSTS,
    NOOK,
    RACK,
    VAULT,
    Desk,
    back,
    gone,
    inventory,
    on_battery,
    on_mains,
    up,
)

CABINET = TargetId("ups:cabinet")
HOUR = timedelta(hours=1)


@pytest.fixture
def lab():
    return Desk()


def unwatched(lab, *gone):
    """lab.yaml has these no longer."""
    lab.take(engine.forget(lab.situation, gone, lab.now))
    lab.targets = {t: known for t, known in lab.targets.items() if t not in gone}
    lab.failing = {one for one in lab.failing if one.target not in gone}


def test_an_outage_whose_ups_is_no_longer_there_has_not_been_seen_to_end(lab):
    lab.see(on_battery())
    lab.see(gone(VAULT))
    unwatched(lab, RACK)
    assert lab.only.status is Status.OPEN
    assert "when lab.yaml still had rack; nobody can see whether that is over" in lab.only.why
    lab.wait(5 * HOUR)
    assert lab.only.status is Status.OPEN
    assert not any("the power has been back" in told for told in lab.broadcasts())


def test_it_is_closed_and_not_resolved_once_the_rest_is_proven(lab):
    lab.see(on_battery())
    lab.see(gone(VAULT))
    unwatched(lab, RACK)
    lab.see(back(VAULT))
    lab.see(up(FILES))
    assert str(lab.only.end) == "closed"
    assert lab.only.resolution.startswith("no longer watched: rack; the others: ")
    assert lab.broadcasts()[-1].startswith("☑️ Closed: Power failure (rack). No longer watched: rack;")


def test_it_is_the_same_with_a_host(lab):
    lab.see(gone(VAULT))
    unwatched(lab, VAULT)
    lab.wait(HOUR)
    assert (lab.only.status, lab.only.unproven) == (Status.OPEN, (FILES,))
    assert not any("vault has been back" in told for told in lab.broadcasts())
    lab.see(up(FILES))
    assert str(lab.only.end) == "closed"


def test_what_fails_later_is_news_where_nobody_sees_whether_the_outage_goes_on(lab):
    lab.see(on_battery())
    unwatched(lab, RACK)
    lab.wait(HOUR)
    lab.see(gone(VAULT))
    assert [one.subject for one in lab.live][-1] == VAULT


def test_an_outage_goes_on_under_the_name_that_lab_yaml_has_for_its_ups_now(lab):
    lab.see(on_battery())
    lab.see(gone(VAULT))
    unwatched(lab, RACK)
    renamed = {t: replace(known, powered_by=CABINET) for t, known in lab.targets.items() if t in HOSTS}
    lab.targets = {**lab.targets, **renamed, CABINET: Target(CABINET)}
    lab.see(on_battery(CABINET))
    assert (lab.only.subject, lab.only.status) == (CABINET, Status.OPEN)
    assert lab.broadcasts()[-1] == "🔴 Power failure (cabinet): on battery. It began as: Power failure (rack)."
    lab.see(on_mains(CABINET))
    assert lab.only.status is Status.RECOVERING
    assert CABINET in lab.only.members
    assert RACK not in lab.only.members


def test_an_outage_that_was_seen_to_end_but_not_its_host_proven_is_closed_too(lab):
    lab.see(gone(ATLAS))
    lab.see(replace(back(ATLAS), evidence=Evidence.OUTSIDE))
    assert lab.only.status is Status.RECOVERING
    unwatched(lab, ATLAS, *GUESTS)
    assert str(lab.only.end) == "closed"


@pytest.fixture
def dark():
    """Three hosts went at once; two are back, nook is still dark."""
    lab = Desk(targets=inventory(powered=False), running=set())
    lab.see(*map(gone, HOSTS))
    lab.see(back(ATLAS), back(VAULT))
    assert (lab.only.status, lab.only.unproven) == (Status.OPEN, (NOOK,))
    return lab


def test_a_host_that_is_let_go_of_while_it_is_dark_is_told_as_that_and_not_among_those_that_are_well(dark):
    unwatched(dark, NOOK)
    dark.wait(HOUR)
    assert (str(dark.only.end), dark.only.let_go) == ("closed", (NOOK,))
    assert dark.only.resolution == "no longer watched: nook; the others: 2 proven healthy"
    assert dark.broadcasts()[-1].startswith("☑️ Closed: Power failure (")
    assert not any("🟢" in told or "all proven" in told for told in dark.broadcasts())


def test_one_that_has_not_been_seen_to_go_off_is_let_go_of_unproven_while_the_outage_lasts(lab):
    lab.running = set()
    lab.see(*map(back, HOSTS))
    lab.see(on_battery())
    assert lab.only.members[NOOK].standing is Standing.UNTOUCHED
    unwatched(lab, NOOK)
    assert lab.only.let_go == (NOOK,)


def test_one_that_was_proven_before_is_not_missed(lab):
    lab.running = set()
    lab.see(on_battery())
    lab.see(gone(VAULT), gone(NOOK))
    lab.see(on_mains())
    lab.see(back(NOOK))
    unwatched(lab, NOOK)
    assert lab.only.status is Status.RECOVERING
    assert NOOK not in lab.only.members


def test_what_is_watched_again_under_its_old_name_is_proven_by_what_is_seen_then(dark):
    known = dark.targets
    unwatched(dark, NOOK)
    dark.see(gone(VAULT))
    dark.targets = known
    dark.see(replace(back(NOOK), evidence=Evidence.OUTSIDE))
    assert dark.only.let_go == (NOOK,)
    dark.see(back(NOOK))
    assert dark.only.members[NOOK].standing is Standing.PROVEN


def test_what_was_let_go_of_stays_so_where_a_person_reopens_it(dark):
    unwatched(dark, NOOK)
    dark.wait(HOUR)
    dark.take(people.reopen(dark.situation, dark.only.id, "U0ALEX", dark.now))
    assert (dark.only.let_go, dark.only.unproven) == ((NOOK,), ())


def test_how_machines_stood_when_it_ended_is_still_told_when_lab_yaml_has_them_no_longer(dark):
    dark.see(back(NOOK))
    dark.wait(HOUR)
    ended = dark.only
    unwatched(dark, NOOK)
    assert ended.ended
    assert dark.only.members == ended.members
