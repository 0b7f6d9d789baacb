"""What the bot has not seen yet stands on record, for who asks without it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import TargetId
from bot.core.picture import Outlook, Trouble
from bot.rounds.outlook import OutlookOnRecord
from bot.store.writer import Writer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB1, ATLAS, NAS = TargetId("guest:web1"), TargetId("host:atlas"), TargetId("host:nas")


@pytest.fixture
async def writer(tmp_path):
    writer = Writer(lambda: NOW)
    await writer.open(tmp_path / "caretaker.db")
    await writer.do(lambda store, now: store.alive.start(now))
    yield writer
    await writer.close()


async def kept(writer):
    return await writer.do(lambda store, _now: store.alive.outlook())


async def test_it_is_written_whenever_it_has_changed_and_only_then(writer):
    now = [Outlook(unlooked=frozenset({WEB1}), unlisted=frozenset({ATLAS}), unwatched=frozenset({NAS}))]
    on_record = OutlookOnRecord(writer, lambda: now[0])
    assert await kept(writer) is None
    await on_record.keep()
    assert await kept(writer) == now[0]
    await writer.do(lambda store, _now: store.alive.keep_outlook(Outlook()))
    await on_record.keep()
    assert await kept(writer) == Outlook()  # nothing has changed: nothing is written
    now[0] = Outlook(nowhere=frozenset({"vm000"}))
    await on_record.keep()
    assert await kept(writer) == now[0]


async def test_that_it_can_not_write_is_no_part_of_what_is_written(writer):
    on_record = OutlookOnRecord(writer, lambda: Outlook(cannot_write=Trouble(NOW, "the disk is full")))
    await on_record.keep()
    assert await kept(writer) == Outlook()


async def test_after_a_start_nothing_is_known_to_be_looked_at(writer):
    await OutlookOnRecord(writer, Outlook).keep()
    await writer.do(lambda store, now: store.alive.start(now + timedelta(hours=1)))
    assert await kept(writer) is None
