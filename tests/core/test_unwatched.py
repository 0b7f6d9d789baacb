"""An outage whose UPS or host lab.yaml has no longer: nobody sees it end, so it is never told as over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.health import Evidence, Target, TargetId
from bot.core.incident import Status
from bot.core.incidents import engine
from tests.core.labs import (
    ATLAS,
    FILES,
    GUESTS,
    HOSTS,
    RACK,
    VAULT,
    Desk,
    back,
    gone,
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


def test_an_outage_whose_ups_is_no_longer_there_has_not_been_seen_to_end(lab):
    lab.see(on_battery())
    lab.see(gone(VAULT))
    unwatched(lab, RACK)
    assert lab.only.status is Status.OPEN
    assert "when lab.yaml still had rack; nobody can see whether that is over" in lab.only.why
    lab.wait(5 * HOUR)
    assert lab.only.status is Status.OPEN
    assert not any("the power was back" in told for told in lab.broadcasts())


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
    assert not any("vault was back" in told for told in lab.broadcasts())
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


def test_an_outage_that_was_seen_to_end_but_not_its_host_proven_is_closed_too(lab):
    lab.see(gone(ATLAS))
    lab.see(replace(back(ATLAS), evidence=Evidence.OUTSIDE))
    assert lab.only.status is Status.RECOVERING
    unwatched(lab, ATLAS, *GUESTS)
    assert str(lab.only.end) == "closed"
