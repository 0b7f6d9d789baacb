"""What is kept of the database between transactions, and all that makes it be read again."""

import sqlite3
from copy import copy
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incident import Incident, IncidentId, Status
from bot.store import Store
from bot.store.targets import Presence

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ATLAS, OLD, WEB1, WEB2 = map(TargetId, ("host:atlas", "guest:old", "guest:web1", "guest:web2"))
RUNS = Presence(True, None, stopped_on_purpose=False)


def seen(target: TargetId, health: Health = Health.OK) -> Observation:
    return Observation(Fingerprint(CheckName("state"), target), health, NOW, "seen", evidence=Evidence.INSIDE)


def an_incident(number: int, status: Status = Status.OPEN, resolved_at: datetime | None = None) -> Incident:
    return Incident(
        IncidentId(number), Kind.GUEST_DOWN, WEB1, "crashed", NOW, NOW, status, resolved_at=resolved_at
    )


@pytest.fixture
def lab(store):
    """A store in which a little is known, and was read."""
    with store.transaction():
        store.targets.keep([Target(ATLAS), *(Target(guest, runs_on=ATLAS) for guest in (OLD, WEB1, WEB2))], NOW)
        store.targets.gone([OLD], NOW)
        store.targets.saw(seen(WEB1), RUNS)
        store.targets.saw(seen(WEB2), RUNS)
        store.incidents.save([an_incident(1), an_incident(2, Status.RESOLVED, NOW)])
    read(store)
    return store


def now_in(store: Store):
    """All that is kept, read in the transaction that is open."""
    targets, incidents = store.targets, store.incidents
    return (
        list(targets.inventory().items()),
        list(targets.presences().items()),
        list(targets.known().items()),
        targets.names(),
        incidents.current(NOW - MINUTE),
        incidents.live(),
        incidents.ended(NOW - MINUTE),
    )


def read(store: Store):
    """The same, in a transaction of its own."""
    with store.transaction():
        return now_in(store)


def anew(store: Store):
    """The same connection, of which nothing was kept."""
    other = copy(store)
    other._name_rows()
    return other


def holds_what_the_database_has(store: Store) -> bool:
    with store.transaction():
        return now_in(store) == now_in(anew(store))


def test_what_has_not_changed_is_not_read_again(lab):
    statements = []
    lab._db.conn.set_trace_callback(statements.append)
    read(lab)
    lab._db.conn.set_trace_callback(None)
    assert not [one for one in statements if "from target" in one or "from health" in one or "select *" in one]


def test_of_what_has_changed_that_alone_is_another_object(lab):
    with lab.transaction():
        inventory, known = lab.targets.inventory(), lab.targets.known()
        lab.targets.saw(seen(WEB1, Health.FAIL), None)
        assert lab.targets.inventory() is inventory
        assert lab.targets.known() is not known
        assert lab.targets.known()[WEB2] is known[WEB2]
        assert known[WEB1][0].health is Health.OK  # what was read before stays as it was
        assert lab.targets.known()[WEB1][0].health is Health.FAIL


def test_what_is_written_as_it_was_changes_nothing(lab):
    with lab.transaction():
        inventory = lab.targets.inventory()
        lab.targets.keep(inventory.values(), NOW)
        assert lab.targets.inventory() is inventory


STATEMENTS = [
    "insert into target (id, name, wanted, ephemeral, gone_at) values ('guest:new', 'new', 1, 0, null)",
    "insert or replace into target (id, name, wanted, ephemeral) values ('guest:web1', 'other', 1, 0)",
    (
        'insert or replace into health ("check", target, health, why, since, at) '
        "select 'state', 'guest:web1', 'fail', '', since, at from health where target = 'guest:web2'"
    ),
    "update target set name = 'renamed' where id = 'guest:web2'",
    "update target set name = 'older' where gone_at is not null",
    "update target set gone_at = 'now' where id = 'guest:web1'",
    "update target set id = 'guest:web9', rowid = 99 where id = 'guest:web1'",
    "update target set running = 0, stopped_at = null",
    "update health set target = 'guest:web2', \"check\" = 'agent' where target = 'guest:web1'",
    "update health set rowid = rowid + 50",
    "delete from health where target = 'guest:web1'",
    "delete from health",
    "delete from target",
    "delete from incident where id = 1",
    "delete from incident",
    "update incident set status = 'resolved', resolved_at = '2026-03-01T12:00:00.000000+00:00'",
    "update incident set value_json = replace(value_json, 'crashed', 'paused')",
    "replace into incident select * from incident where id = 2",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_whatever_statement_writes_is_noticed(lab, sql):
    with lab.transaction():
        lab._db.execute(sql)
        assert now_in(lab) == now_in(anew(lab))
    assert holds_what_the_database_has(lab)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_whatever_another_connection_writes_is_noticed(lab, path, sql):
    before = read(lab)
    with sqlite3.connect(path) as other:
        other.execute(sql)
    other.close()
    assert (read(lab) != before) is ("replace into incident" not in sql and "rowid + 50" not in sql)
    assert holds_what_the_database_has(lab)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_what_is_taken_back_was_never_so(lab, sql):
    before = read(lab)

    def fail(begun):
        with begun():
            lab._db.execute(sql)
            now_in(lab)
            raise KeyError

    with pytest.raises(KeyError):
        fail(lab.transaction)
    assert read(lab) == before
    for part in (lab.transaction, lab._db.atomic):
        with lab.transaction():  # where a part of one was taken back, the rest goes on
            with pytest.raises(KeyError):
                fail(part)
            assert now_in(lab) == before
    assert read(lab) == before


def test_what_sqlite_takes_back_by_itself_was_never_so(lab):
    before = read(lab)

    def conflict():
        with lab.transaction():
            lab._db.execute("update target set name = 'renamed'")
            now_in(lab)
            lab._db.execute("insert or rollback into target (id) values ('guest:web1')")

    with pytest.raises(sqlite3.IntegrityError):
        conflict()
    assert read(lab) == before


def test_what_a_full_disk_did_not_take_is_not_believed(lab):
    before = read(lab)
    lab._db.execute(f"PRAGMA max_page_count = {lab._db.execute('PRAGMA page_count').fetchone()[0]}")

    def write_much():
        with lab.transaction():
            for number in range(10_000):
                lab.targets.keep([Target(TargetId(f"guest:{number}"))], NOW)
                lab.targets.inventory()

    with pytest.raises(Exception, match="full"):
        write_much()
    lab._db.execute("PRAGMA max_page_count = 1000000")
    assert read(lab) == before


def test_very_many_rows_are_noticed_too(lab):
    many = [Target(TargetId(f"guest:{number}"), runs_on=ATLAS) for number in range(2100)]
    with lab.transaction():
        lab.targets.keep(many, NOW)
        assert len(lab.targets.inventory()) == len(many) + 3
        assert now_in(lab) == now_in(anew(lab))


def test_outside_a_transaction_and_where_it_is_only_read_nothing_is_kept(lab, path):
    assert lab.targets.inventory() is not lab.targets.inventory()
    with sqlite3.connect(path) as other:
        other.execute("update incident set value_json = replace(value_json, 'crashed', 'paused')")
    other.close()
    assert [one.why for one in lab.incidents.live()] == ["paused"]
    reader = Store(path, read_only=True)
    with reader.transaction():
        assert reader.targets.inventory() is not reader.targets.inventory()
        assert now_in(reader) == read(lab)
    reader.close()


def test_a_row_that_cannot_be_read_is_not_passed_over(lab):
    with lab.transaction():
        lab._db.execute("update health set health = 'odd' where target = 'guest:web1'")
        for _ in range(2):
            with pytest.raises(ValueError, match="odd"):
                lab.targets.known()
        lab._db.execute("update health set health = 'ok' where target = 'guest:web1'")
        assert now_in(lab) == now_in(anew(lab))


def test_rows_that_are_no_longer_asked_for_are_not_kept(lab):
    with lab.transaction():
        lab.incidents.current(NOW - MINUTE)
        assert set(lab.incidents._kept._values) == {1, 2}
        lab.incidents.current(NOW + MINUTE)
        assert set(lab.incidents._kept._values) == {1}
