"""The file: made, migrated, refused where it must be; transactions whole or not at all; failures said clearly."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(store: Store, *lines: str) -> None:
    with store.transaction():
        for line in lines:
            store.alive.write(line, NOW)


def put_in_and_fail(store: Store) -> None:
    with store.transaction():
        store.alive.write("half", NOW)
        store.outbox.add(Parcel("incident:1", "card"), NOW, NOW)
        raise KeyError


def read_damaged(path: Path) -> None:
    store = Store(path)
    try:
        with store.transaction():
            store.alive.journal(1000)
    finally:
        store.close()


def journal(store: Store) -> list[str]:
    return [text for _, text in store.alive.journal(10)]


def test_a_new_database_is_made_with_its_folder_and_for_nobody_elses_eyes(tmp_path):
    path = tmp_path / "data" / "caretaker.db"
    Store(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_commit_outlives_the_power(store):
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_opening_again_migrates_nothing_and_finds_everything(path, store):
    write(store, "first")
    store.close()
    again = Store(path)
    assert journal(again) == ["first"]
    assert again._db.execute("select count(*) from _sqlite_migrations").fetchone() == (3,)
    again.close()


def test_a_database_that_a_newer_caretaker_has_written_is_refused_by_writer_and_reader(path, store):
    applied = {"migration_set": "caretaker", "name": "0099_from_the_future", "applied_at": "2030-01-01"}
    store._db.table("_sqlite_migrations").insert(applied)
    for read_only in (False, True):
        with pytest.raises(StoreFailed, match=r"caretaker\.db.*newer Caretaker.*0099_from_the_future"):
            Store(path, read_only=read_only)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path):
    path.write_text("shopping list: milk, bread, a UPS\n" * 100)
    with pytest.raises(StoreFailed, match=r"cannot open the database '.*caretaker\.db': because file is not"):
        Store(path)
    assert path.read_text().startswith("shopping list")


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed, match=r"cannot open the database '.*file/caretaker\.db': because"):
        Store(tmp_path / "file" / "caretaker.db")


def test_a_reader_of_a_database_that_is_not_there_makes_none(path):
    with pytest.raises(StoreFailed, match="unable to open"):
        Store(path, read_only=True)
    assert not path.exists()


def test_what_a_use_case_raises_leaves_nothing_of_it(store):
    with pytest.raises(KeyError):
        put_in_and_fail(store)
    assert journal(store) == []
    assert store.outbox.waiting() == []


def test_a_reader_sees_one_moment_while_another_is_written(path, store):
    write(store, "before")
    reader = Store(path, read_only=True)
    with reader.transaction():
        assert journal(reader) == ["before"]
        write(store, "meanwhile")
        assert journal(reader) == ["before"]
    assert journal(reader) == ["meanwhile", "before"]
    reader.close()


def test_a_reader_can_not_write_and_says_so(path, store):
    reader = Store(path, read_only=True)
    with (
        pytest.raises(StoreFailed, match=r"cannot use the database '.*': because .*readonly"),
        reader.transaction(),
    ):
        reader.alive.write("no", NOW)
    reader.close()


def test_a_full_disk_is_said_and_nothing_is_half_written(store):
    write(store, "before")
    store._db.execute(f"PRAGMA max_page_count = {store._db.execute('PRAGMA page_count').fetchone()[0]}")
    full = "cannot use the database '.*': because database or disk is full"
    with pytest.raises(StoreFailed, match=full):
        write(store, "a line", "much" * 100_000)
    assert journal(store) == ["before"]
    store._db.execute("PRAGMA max_page_count = 1000000")
    write(store, "after")
    assert journal(store) == ["after", "before"]


def test_a_damaged_file_is_said(path: Path, store):
    for number in range(200):
        write(store, f"line {number} " + "x" * 500)
    store.close()
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 60_000)
    with pytest.raises(StoreFailed, match="malformed"):
        read_damaged(path)


def test_a_mistake_of_the_programs_own_is_no_failure_of_the_database(store):
    with pytest.raises(sqlite3.OperationalError, match="no such table"), store.transaction():
        store._db.execute("select * from nonsense")
