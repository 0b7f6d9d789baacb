"""That a guest is late to come up is told once for each start, to whoever waits for it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import Kind, Target, TargetId
from bot.core.incident import Incident, IncidentId
from bot.core.incidents.member import Member
from bot.store import Store
from bot.usecases.boots import tell_late

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
WEB1 = Target(TargetId("guest:web1"))
WHY = "it has not come up for 10 min, last seen at: kernel"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "caretaker.db")
    yield store
    store.close()


def lines(store: Store) -> list[tuple[str | None, str]]:
    return [(waiting.parcel.thread, waiting.parcel.text) for waiting in store.outbox.waiting()]


def test_it_is_told_in_the_channel_where_nobody_waits_for_it(store):
    for started in (NOW, NOW, NOW + timedelta(hours=1)):
        tell_late(store, NOW, WEB1, WHY, started)
    text = "⏳ web1 has not come up for 10 min, last seen at: kernel. I can't tell whether it is well."
    assert lines(store) == [(None, text)] * 2, "once for each start"


def test_it_is_told_where_an_incident_waits_for_it(store):
    outage = Incident(IncidentId(1), Kind.POWER_LOSS, TargetId("host:atlas"), "it is dark", NOW, NOW)
    store.incidents.save([outage.with_member(Member(WEB1.id, was_running=True))])
    tell_late(store, NOW, WEB1, "nothing tells whether it has come up for 3 min", NOW)
    text = "web1: nothing tells whether it has come up for 3 min"
    assert lines(store) == [("incident:1", f"⏳ {text}")]
    assert [event.text for event in store.incidents.history(IncidentId(1))] == [text]
