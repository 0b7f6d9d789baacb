"""A database as the first release left it: incidents that ended in different ways, and an outage under way."""

import sqlite3
from pathlib import Path

import pytest

from bot.core.health import Evidence
from bot.core.incident import End, IncidentId, Status, Way
from bot.store import Store

RECORDED = Path(__file__).with_name("first_release.sql")


@pytest.fixture
def old(tmp_path):
    with sqlite3.connect(tmp_path / "caretaker.db") as db:
        db.executescript(RECORDED.read_text())
    db.close()
    store = Store(tmp_path / "caretaker.db")
    yield store
    store.close()


def test_how_each_incident_ended_is_told_from_what_was_written(old):
    ends = {number: old.incidents.get(IncidentId(number)).end for number in (1, 2, 3, 4)}
    assert ends == {1: End(Way.CLOSED), 2: End(Way.PROVEN), 3: None, 4: End(Way.MOVED, IncidentId(3))}


def test_what_it_took_for_well_in_an_open_outage_has_to_be_proven_anew(old):
    outage = old.incidents.get(IncidentId(3))
    assert outage.status is Status.RECOVERING
    assert set(outage.unproven) == {
        "guest:web1",
        "guest:web2",
        "host:atlas",
        "host:vault",
        "service:web",
        "ups:rack",
    }
    assert outage.members["host:vault"].failing == {"hypervisor"}


def test_what_is_read_is_written_in_the_new_way(old):
    outage = old.incidents.get(IncidentId(3))
    old.incidents.save([outage])
    assert old.incidents.get(IncidentId(3)) == outage


def test_what_its_results_rest_on_was_not_written_and_is_nothing(old):
    assert {known.evidence for known in old.targets.health()} == {Evidence.NONE}
