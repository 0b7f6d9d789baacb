"""The database's files are deleted or replaced under the bot: that is noticed, and nothing is lost."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.monitoring.own_database import know_database, look_after_database, show_life, tell_another
from bot.store import Store, StoreFailed
from bot.store.own_file import Used, last_used, note_used
from bot.store.reader import Reader
from bot.store.writer import COPY_EVERY, Writer
from tests.waiting import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "caretaker.db"


class Time:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def writer(database: Path, time: Time) -> AsyncIterator[Writer]:
    writer = Writer(time)
    await writer.open(database)
    yield writer
    await writer.close()


def write(store: Store, now: datetime, text: str) -> None:
    store.alive.write(text, now)


def lines(store: Store, _now: datetime) -> list[str]:
    return [text for _, text in store.alive.journal(1000)][::-1]


def waiting(store: Store, _now: datetime) -> list[str]:
    return [one.parcel.text for one in store.outbox.waiting()]


def written_in(database: Path) -> list[str]:
    """What a bot that starts now would find."""
    store = Store(database, read_only=True)
    try:
        return lines(store, NOW)
    finally:
        store.close()


def delete(database: Path) -> None:
    for file in database.parent.iterdir():
        file.unlink()


@pytest.mark.parametrize("left", [0, 4096])
async def test_a_file_that_is_cut_short_is_written_anew_from_what_is_open_and_that_is_told(writer, database, left):
    await writer.do(write, "before")
    await writer._in_thread(lambda: writer._store._db.execute("PRAGMA wal_checkpoint(FULL)").fetchall())
    assert await writer.look_after_file() is False
    os.truncate(database, left)
    await look_after_database(writer)
    await writer.do(write, "after")
    assert [line for line in written_in(database) if line in {"before", "after"}] == ["before", "after"]
    assert "were cut short while I used them" in (await writer.do(waiting))[-1]


async def test_what_is_open_of_a_file_that_was_cut_short_is_not_taken_for_whole_where_it_is_not(writer, database):
    await writer.do(write, "before")
    await writer.do(lambda store, _: store._db.execute("delete from database_id") and None)
    database.write_bytes(b"")
    with pytest.raises(StoreFailed, match="what I have open of it is not whole"):
        await writer.look_after_file()
    assert "not whole" in writer.trouble.why
    assert database.stat().st_size == 0, "nothing is put in its place"


async def test_a_copy_that_is_no_database_is_not_whole(database):
    store = Store(database)
    (database.parent / "copy").write_text("no database")
    with pytest.raises(StoreFailed, match="not whole"):
        store._demand_whole(database.parent / "copy")
    store.close()


async def test_files_that_nobody_touched_are_the_same(writer, database):
    await writer.do(write, "here")
    assert await writer.look_after_file() is False
    assert await writer.do(lines) == ["here"]


async def test_files_that_were_deleted_are_written_anew_with_all_that_was_in_them(writer, database):
    await writer.do(write, "before")
    delete(database)
    await writer.do(write, "meanwhile")
    assert await writer.look_after_file() is True
    assert await writer.look_after_file() is False
    await writer.do(write, "afterwards")
    assert written_in(database) == ["before", "meanwhile", "afterwards"]
    assert writer.trouble is None
    assert {file.name for file in database.parent.iterdir()} == {
        *(f"{database.name}{end}" for end in ("", "-wal", "-shm", ".lock"))
    }
    assert database.stat().st_mode & 0o777 == 0o600


async def test_the_whole_folder_was_deleted(writer, database):
    await writer.do(write, "before")
    shutil.rmtree(database.parent)
    assert await writer.look_after_file() is True
    assert written_in(database) == ["before"]


async def test_only_the_log_was_deleted_in_which_stands_what_was_written_last(writer, database):
    await writer.do(write, "before")
    database.with_name(f"{database.name}-wal").unlink()
    assert await writer.look_after_file() is True
    assert written_in(database) == ["before"]


async def test_a_bot_that_stops_before_it_has_noticed_leaves_nothing_unwritten(database):
    writer = Writer(lambda: NOW)
    await writer.open(database)
    await writer.do(write, "before")
    delete(database)
    await writer.close()
    assert written_in(database) == ["before"]


async def test_a_second_bot_is_refused_on_the_files_that_were_written_anew(writer, database):
    delete(database)
    await writer.look_after_file()
    with pytest.raises(StoreFailed, match="another Caretaker is using it"):
        await Writer(lambda: NOW).open(database)


async def test_who_reads_goes_on_with_the_file_that_was_written_anew(writer, database):
    reader = Reader(lambda: NOW, writer)
    await reader.open(database)
    delete(database)
    await writer.look_after_file()
    await writer.do(write, "afterwards")
    assert await reader.ask(lines) == ["afterwards"]
    await reader.close()
    await writer.do(write, "still")
    assert written_in(database) == ["afterwards", "still"]


async def test_that_the_files_were_deleted_is_told_in_the_channel_once(writer, database):
    delete(database)
    for _ in range(2):
        await look_after_database(writer)
    (told,) = await writer.do(waiting)
    assert "were deleted while I used them" in told
    assert "nothing is lost" in told
    assert str(database) in told


def replace_by_another(database: Path) -> None:
    other = database.with_name("other.db")
    sqlite3.connect(other).close()
    other.rename(database)


async def test_another_file_in_its_place_is_left_alone_and_all_is_kept_beside_it(writer, database):
    await writer.do(write, "before")
    replace_by_another(database)
    with pytest.raises(StoreFailed, match=r"another file stands in its place\. All I know is kept in"):
        await writer.look_after_file()
    await look_after_database(writer)  # says nothing more
    assert writer.trouble is not None
    assert writer.trouble.unsafe
    (kept,) = database.parent.glob("*.kept-*")
    assert str(kept) in writer.trouble.why
    assert written_in(kept) == ["before"]
    assert database.read_bytes() == b""
    await writer.do(write, "meanwhile")
    assert writer.trouble is not None, "it is written, and would be lost all the same"


async def test_what_is_kept_beside_another_file_is_brought_up_to_date_now_and_then_and_at_the_end(database, time):
    writer = Writer(time)
    await writer.open(database)
    replace_by_another(database)

    async def looked() -> list[str]:
        await look_after_database(writer)
        (kept,) = database.parent.glob("*.kept-*")
        return written_in(kept)

    assert await looked() == []
    await writer.do(write, "first")
    assert await looked() == []
    time.now += COPY_EVERY
    assert await looked() == ["first"]
    time.now += timedelta(seconds=1)
    await writer.do(write, "last")
    await writer.close()
    (kept,) = database.parent.glob("*.kept-*")
    assert written_in(kept) == ["first", "last"]


async def test_its_own_file_put_back_ends_the_trouble(writer, database):
    aside = database.rename(database.with_name("aside"))
    database.touch()
    await look_after_database(writer)
    assert writer.trouble is not None
    aside.rename(database)
    await look_after_database(writer)
    await until(lambda: writer.trouble is None)


async def test_another_bot_that_began_anew_on_the_deleted_files_is_named_and_all_is_kept(writer, database):
    await writer.do(write, "before")
    delete(database)
    second = Writer(lambda: NOW)
    await second.open(database)
    with pytest.raises(StoreFailed, match=r"another Caretaker is using it\. All I know is kept in"):
        await writer.look_after_file()
    (kept,) = database.parent.glob("*.kept-*")
    assert written_in(kept) == ["before"]
    await second.close()


async def test_a_folder_in_which_nothing_can_be_written_anew_is_trouble_and_mended_later(writer, database):
    await writer.do(write, "before")
    shutil.rmtree(database.parent)
    database.parent.write_text("in the way")
    await look_after_database(writer)
    assert writer.trouble is not None
    assert "File exists" in writer.trouble.why
    database.parent.unlink()
    await look_after_database(writer)
    await until(lambda: writer.trouble is None)
    assert written_in(database)[0] == "before"


def test_which_database_was_used_last_is_known_whatever_becomes_of_the_database(tmp_path: Path) -> None:
    path, other = tmp_path / "caretaker.db", tmp_path / "other.db"
    assert last_used(path) == Used()
    note_used(path, Used("a1"))
    note_used(other, Used("b2", NOW))
    assert (last_used(path), last_used(other)) == (Used("a1"), Used("b2", NOW))
    note_used(path, Used("c3"))
    assert last_used(path) == Used("c3")
    assert not list(tmp_path.glob("*.fresh"))


@pytest.mark.parametrize("broken", [b"", b"\xff\xfe\x80", b"no such thing\n"])
def test_a_note_of_it_that_a_power_failure_has_broken_tells_nothing(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "caretaker.db"
    note_used(path, Used("a1"))
    (mark,) = tmp_path.iterdir()
    mark.write_bytes(broken)
    assert last_used(path) == Used()


async def test_that_another_database_was_used_last_is_told_before_it_is_forgotten(
    writer: Writer, database: Path
) -> None:
    note_used(database, Used("a1"))
    await writer.do(tell_another)
    assert last_used(database) == Used("a1"), "the next start would tell it, if this one came to nothing"
    await know_database(writer)
    await know_database(writer)
    assert len([line for line in await writer.do(lines) if "not the one that I used last" in line]) == 2


async def lived(database: Path, time: Time, until: datetime) -> None:
    """A bot ran there until then, and showed that it lives."""
    writer = Writer(time)
    await writer.open(database)
    await know_database(writer)
    await writer.do(lambda store, now: store.alive.start(now))
    await show_life(writer)
    time.now = until
    await show_life(writer)
    await writer.close()


async def test_that_an_older_copy_was_put_in_its_place_is_told_once(database: Path, time: Time) -> None:
    await lived(database, time, NOW + timedelta(minutes=30))
    copy = shutil.copyfile(database, database.with_name("copy"))
    await lived(database, time, NOW + timedelta(days=7))
    shutil.copyfile(copy, database)
    writer = Writer(time)
    await writer.open(database)
    assert await know_database(writer)
    (told,) = await writer.do(waiting)
    assert "is an older copy: it ends at 2026-03-01 12:30 UTC, and I used it until 2026-03-08 12:00 UTC" in told
    assert not await know_database(writer)
    await writer.close()


@pytest.mark.parametrize("step", [timedelta(seconds=20), timedelta(hours=-3), timedelta(days=400)])
async def test_no_clock_that_is_set_makes_an_older_copy(database: Path, time: Time, step: timedelta) -> None:
    await lived(database, time, NOW + timedelta(minutes=30))
    time.now += step
    await lived(database, time, time.now + timedelta(minutes=5))
    writer = Writer(time)
    await writer.open(database)
    assert not await know_database(writer)
    assert await writer.do(waiting) == []
    await writer.close()
