"""What an incident's card says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from bot.core.health import CheckName, Fingerprint, Kind, TargetId
from bot.core.incident import Incident, IncidentId, Member, Status
from bot.core.names import UNTOLD
from bot.views.incident import IncidentFacts, incident_card
from bot.views.words import MARKS, title

NOW = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)
OWNER = "U0000000ALEX"
OWN = frozenset({Fingerprint(CheckName("ups"), TargetId("ups:rack"))})


def outage(*left: str, back: int = 44, **changes) -> Incident:
    """A power failure that took guests along, of which those named are not back."""
    well = [Member(TargetId(f"guest:vm{n}"), True, seen=True, running=True) for n in range(back)]
    lost = [Member(TargetId(f"guest:{name}"), True) for name in left]
    members = MappingProxyType({one.target: one for one in well + lost})
    rack = TargetId("ups:rack")
    made = Incident(IncidentId(7), Kind.POWER_LOSS, rack, "on battery", NOW, NOW, own=OWN, failing=OWN)
    return replace(made, members=members, **changes)


def lines(incident: Incident) -> list[str]:
    """The card's sections."""
    card = incident_card(IncidentFacts(incident, OWNER))
    return [block.text.text for block in card.blocks if block.type == "section"]


def test_the_first_line_tells_state_subject_since_when_and_whom_it_waits_for():
    since = "<!date^1772373720^{date_short_pretty} at {time}|01 Mar 14:02 UTC>"
    assert lines(outage())[0] == f"🔴 *Open* · *Power failure (rack)* · since {since} · <@{OWNER}>"


def test_a_power_failure_tells_for_how_long_the_power_was_gone():
    back_at = NOW + timedelta(minutes=42)
    card = lines(outage("dev2", status=Status.RECOVERING, recovering_since=back_at, failing=frozenset()))
    assert card[1] == "On battery\nThe power was gone for 42 min."


def test_the_fallback_text_tells_it_without_blocks():
    assert incident_card(IncidentFacts(outage(), OWNER)).text == "🔴 Open: Power failure (rack). on battery"


def test_while_the_trouble_lasts_it_counts_who_is_well_and_then_who_is_back():
    assert lines(outage("db1", "mail1"))[2] == "▰▰▰▰▰▰▰▰▰▱  *44 of 46* well · 2 to go: db1, mail1"
    returning = outage("db1", "mail1", failing=frozenset(), status=Status.RECOVERING)
    assert lines(returning)[2] == "▰▰▰▰▰▰▰▰▰▱  *44 of 46* back · 2 to go: db1, mail1"


def test_many_names_are_counted_and_hosts_come_first():
    many = outage(*(f"vm{n}" for n in range(100, 130)), back=0)
    host = Member(TargetId("host:zeus"), False)
    told = lines(many.with_member(host))[2]
    assert told.endswith("31 to go: zeus, vm100, vm101, vm102, vm103, vm104, vm105, vm106 and 23 more")


def test_once_all_are_back_nobody_is_named():
    assert lines(outage(failing=frozenset(), status=Status.RECOVERING))[2] == "▰▰▰▰▰▰▰▰▰▰  *44 of 44* back"


def test_a_resolved_one_tells_how_long_it_lasted_who_ended_it_and_who_was_never_seen_well():
    over = outage(
        "db1",
        status=Status.RESOLVED,
        failing=frozenset(),
        resolved_at=NOW + timedelta(hours=2, minutes=5),
        resolved_by=OWNER,
        resolution="db1 is gone for good",
    )
    assert lines(over)[0] == "🟢 *Resolved* · *Power failure (rack)* · lasted 2 h 5 min"
    assert lines(over)[1] == f"On battery\nResolved by <@{OWNER}>: db1 is gone for good"
    assert lines(over)[2].endswith("never seen well: db1")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_that_name_its_subject(kind):
    assert "rack" in title(replace(outage(), kind=kind), UNTOLD)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_mark(status):
    assert MARKS[status]
