"""What an earlier version wrote of an incident is read as far as it says."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import CheckName, Fingerprint, Kind, TargetId
from bot.core.incident import Incident, IncidentId, Status
from bot.core.incidents.spans import Span, Spans
from bot.core.incidents.ups_said import UpsSaid
from bot.store.incident_json import incident_row, incident_value

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RACK = TargetId("ups:rack")
OWN = frozenset({Fingerprint(CheckName("ups"), RACK)})
LATER_FIELDS = ("spans", "earlier", "unstable_since", "touched", "told_at", "reminded")


def of_version_2(incident: Incident, **more) -> dict:
    """The row as it was written before the times that it failed were kept one by one."""
    row = incident_row(incident)
    value = {key: one for key, one in json.loads(row["value_json"]).items() if key not in LATER_FIELDS}
    return {**row, "value_json": json.dumps({**value, "version": 2, **more})}


@pytest.fixture
def outage():
    return Incident(IncidentId(7), Kind.POWER_LOSS, RACK, "on battery", NOW, NOW, own=OWN)


def test_what_fails_has_done_so_from_the_beginning(outage):
    read = incident_value(of_version_2(replace(outage, failing=OWN)))
    assert read.spans == Spans((Span(NOW),))


def test_or_from_when_it_answered_last_or_failed_again(outage):
    answered = replace(outage, failing=OWN, answered_at=NOW - MINUTE)
    assert incident_value(of_version_2(answered)).spans == Spans((Span(NOW - MINUTE),))
    again = (NOW + MINUTE).isoformat()
    assert incident_value(of_version_2(answered, failing_since=again)).spans == Spans((Span(NOW + MINUTE),))


@pytest.mark.parametrize(
    "how",
    [
        {"status": Status.RECOVERING, "recovering_since": NOW + MINUTE},
        {"status": Status.RESOLVED, "resolved_at": NOW + MINUTE},
        {"progress_at": NOW + MINUTE},
    ],
)
def test_until_it_came_back_or_ended_or_was_last_heard_of(outage, how):
    assert incident_value(of_version_2(replace(outage, **how))).spans == Spans((Span(NOW, NOW + MINUTE),))


def test_its_end_is_told_whatever_became_of_it(outage):
    assert incident_value(of_version_2(outage)).touched


def test_what_its_ups_said_last_is_kept_and_of_an_older_one_is_not_known(outage):
    said = replace(outage, ups=UpsSaid("on battery, battery low", low=True, silent=True))
    row = incident_row(said)
    assert incident_value(row) == said
    value = json.loads(row["value_json"])
    del value["ups"]
    assert incident_value({**row, "value_json": json.dumps(value)}).ups is None
