"""The file: made, migrated, refused where it must be; transactions whole or not at all; failures said clearly."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel
from bot.store.rows import time_out
from bot.store.schema import migrations
from tests.real.disk import needs_mounts, small_disk

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


@needs_mounts
def test_a_database_on_a_full_disk_is_refused_with_that(tmp_path):
    with small_disk(tmp_path / "data") as disk:
        Store(disk.folder / "caretaker.db").close()
        disk.fill()
        full = f"the file system of {disk.folder} is full"
        why = f"cannot open the database '{disk.folder}/caretaker.db': because {full}"
        with pytest.raises(StoreFailed, match=f"^{re.escape(why)}$"):
            Store(disk.folder / "caretaker.db")


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
    applied = list(store._db.query("select * from _sqlite_migrations"))
    store.close()
    again = Store(path)
    assert journal(again) == ["first"]
    assert list(again._db.query("select * from _sqlite_migrations")) == applied
    again.close()


def test_a_database_is_told_from_every_other_for_as_long_as_it_lives(path, store, tmp_path):
    identity = store.identity()
    store.close()
    again, other, reader = Store(path), Store(tmp_path / "other.db"), Store(path, read_only=True)
    assert again.identity() == reader.identity() == identity
    assert other.identity() != identity
    for one in (again, other, reader):
        one.close()


def test_what_was_posted_before_databases_were_told_apart_is_drawn_again(path):
    """Or every button that people see when they upgrade would be taken for that of an earlier database."""
    db = Database(path)
    migrations.apply(db, stop_before="0003_database_id")
    for number, status in ((1, "open"), (2, "resolved"), (3, "acknowledged"), (4, "recovering")):
        row = {"id": number, "kind": "guest-down", "subject": "guest:web1", "status": status, "value_json": "{}"}
        db.table("incident").insert(row)
    for number, incident, status in ((1, 1, "under way"), (2, None, "under way"), (3, 3, "done")):
        row = {
            "id": number,
            "incident": incident,
            "runbook": "r",
            "status": status,
            "version": 1,
            "text_hash": "h",
        }
        db.table("run").insert({**row, "value_json": '{"current": 4}'})
    posts = (
        "incident:1",
        "incident:2",
        "incident:3",
        "run:1:step:3",
        "run:1:step:4",
        "run:2:step:4",
        "run:3:step:4",
    )
    for subject in posts:
        db.table("post").insert({"subject": subject, "channel": "C1", "ts": "1.0", "at": time_out(NOW)})
    waits = {"subject": "incident:3", "tell": "card", "state": "waiting", "attempts": 0, "doubtful": 0}
    db.table("outbox").insert({**waits, "created_at": time_out(NOW), "due_at": time_out(NOW), "text": ""})
    db.close()
    store = Store(path)
    assert [(one.parcel.subject, one.parcel.thread) for one in store.outbox.waiting()] == [
        ("incident:3", None),
        ("incident:1", None),
        ("run:1:step:4", "incident:1"),
        ("run:2:step:4", "run:2"),
    ]
    assert all(one.parcel.is_card for one in store.outbox.waiting())
    store.close()


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
