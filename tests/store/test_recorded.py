"""Databases as versions have left them are gone on with; a stored value is understood whole, or not used.

`python -m tests.store.record` records this version's.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import queries
from bot.cards import Artist
from bot.core import run_json
from bot.core.health import CheckName, Fingerprint
from bot.core.incident import IncidentId, Status
from bot.errands import Nothing, recover, take
from bot.runs import resume
from bot.sightings import begin
from bot.store import (
    Store,
    StoreFailed,
    boots,
    incident_json,
    inventory_json,
    left_off,
    outlook_json,
    targets,
    told,
)
from bot.usecases import script_records
from bot.views.forms import Form, sent
from bot.views.status import status_card
from bot.vocabulary import library_of
from tests.core.labs import back, crashed, on_mains, up
from tests.kept_lab import KeptLab
from tests.store.record import ATLAS, DEV1, FOLDER, WEB1
from tests.walking import house

RECORDED = sorted(FOLDER.glob("*.sql"))
THIS = RECORDED[-1]


def opened(recorded: Path, folder: Path) -> Store:
    path = folder / "caretaker.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(recorded.read_text())
    return Store(path)


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    store = opened(THIS, tmp_path)
    yield store
    store.close()


def test_this_version_is_recorded(tmp_path):
    with closing(sqlite3.connect(tmp_path / "caretaker.db")) as db:
        db.executescript(THIS.read_text())
    with closing(Store(tmp_path / "caretaker.db", read_only=True)) as store:
        lacks = store.lacks
    assert not lacks, "record it: python -m tests.store.record"


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_database_is_gone_on_with(recorded, tmp_path):
    store = opened(recorded, tmp_path)
    lab = KeptLab(store)
    rules, last = house(tmp_path), store.alive.last()
    lab.now = last.at + timedelta(hours=1)
    before = {one.id: one.status for one in store.incidents.latest(100)}
    assert set(before.values()) == set(Status)
    beginning = lab.do(begin, lab.config, "another boot")
    assert beginning.boots.keys() == {WEB1}
    lab.do(resume, rules, "the bot was off")
    lab.see(on_mains(), back(ATLAS), up(WEB1), crashed(DEV1))
    lab.wait(timedelta(minutes=1))
    assert {number for number in before if store.incidents.get(number)} == set(before)
    assert lab.do(script_records.left_over)
    assert [run.status for run in lab.do(queries.status, lab.config).runs] == ["under way", "paused"]
    store.close()


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.stem)
def test_every_card_of_a_recorded_database_is_drawn_and_all_that_waits_is_delivered(recorded, tmp_path):
    store = opened(recorded, tmp_path)
    lab, rules = KeptLab(store), house(tmp_path)
    lab.now = store.alive.last().at + timedelta(hours=1)
    draw = Artist(lab.config, library_of(rules.config), {}, rules).draw
    subjects = [f"incident:{one.id}" for one in store.incidents.latest(100)]
    subjects += [f"run:{run}{step}" for run in (1, 2, 3) for step in ("", ":step:0", ":step:1")]
    for subject in subjects:
        card = draw(store, subject, lab.now)
        assert sent(card, Form.WHOLE, subject).text
    assert status_card(lab.do(queries.status, lab.config)).text
    assert len(list(store.record.lines())) > 20
    lab.do(recover)
    waiting = len(store.outbox.waiting())
    lab.now += timedelta(minutes=1)
    for left in range(waiting, 0, -1):
        errand = lab.do(take, draw, frozenset())
        assert not isinstance(errand, Nothing), left
        store.outbox.sent(errand.waiting.id)
    assert isinstance(lab.do(take, draw, frozenset()), Nothing)
    store.close()


# Every JSON value that is stored: how it is read, and which version is the latest.

INCIDENT = IncidentId(4)
LATEST = {
    "incident": ("incident", "value_json", "id = 4", incident_json.VERSION, "version"),
    "run": ("run", "value_json", "id = 2", run_json.VERSION, run_json.VERSION_KEY),
    "inventory": ("inventory", "value_json", "1", inventory_json.VERSION, "version"),
    "boot": ("boot", "value_json", "1", boots.VERSION, "version"),
    "left_off": ("left_off", "member_json", "1", left_off.VERSION, "version"),
    "facts": ("health", "facts_json", "facts_json is not null", targets.FACTS_VERSION, "version"),
    "told": ("told", "keys_json", "subject = 'blind spots'", told.VERSION, "version"),
    "script": ("script_record", "place", "run = 2", script_records.PLACE_VERSION, "version"),
    "outlook": ("alive", "outlook_json", "1", outlook_json.VERSION, "version"),
}
READERS = {
    "incident": lambda store, _now: store.incidents.get(INCIDENT),
    "run": lambda store, _now: run_json.run_from_json(store.runs.get(2).value),
    "inventory": lambda store, _now: store.inventory.good(ATLAS),
    "boot": lambda store, _now: store.boots.all(),
    "left_off": lambda store, _now: store.left_off.all(),
    "facts": lambda store, _now: store.targets.facts(Fingerprint(CheckName("ssh"), ATLAS)),
    "told": lambda store, _now: store.told.last("blind spots"),
    "script": lambda store, now: script_records.find(store, now, 2, 0, 1),
    "outlook": lambda store, _now: store.alive.outlook(),
}
VALUES = sorted(LATEST)


class Value:
    """A stored value, to be written otherwise and read."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._now = store.alive.last().at
        self._read = READERS[name]
        self.table, self.column, self.where, self.newest, self.key = LATEST[name]
        (row,) = store._db.query(f"select {self.column} as value from {self.table} where {self.where}")
        self.written = json.loads(row["value"])

    def read(self, written: Any = None) -> Any:
        text = json.dumps(self.written if written is None else written)
        self._store._db.execute(f"update {self.table} set {self.column} = ? where {self.where}", [text])
        return self._read(self._store, self._now)

    def refusal(self, written: Any) -> str:
        try:
            self.read(written)
        except StoreFailed as why:
            return str(why)
        return ""


@pytest.mark.parametrize("name", VALUES)
def test_a_value_tells_its_version(store, name):
    value = Value(store, name)
    assert value.written[value.key] == value.newest
    assert value.read()


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_a_later_version_is_refused_and_says_so(store, name):
    value = Value(store, name)
    later = {**value.written, value.key: value.newest + 1, "more": 1}
    with pytest.raises(StoreFailed, match=r"^cannot read .*: because a newer Caretaker has written it \(version "):
        value.read(later)


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_lacks_a_field_is_read_with_its_default_or_refused_whole(store, name):
    value = Value(store, name)
    refusals = [why for changed in without_each(value.written) if (why := value.refusal(changed))]
    assert all(re.match("cannot read .*: because it (has no|is none that)", why) for why in refusals)
    assert refusals or name == "facts"  # what was told is by name: nothing of it need be there


@pytest.mark.parametrize("name", [name for name in VALUES if name != "facts"])
def test_a_field_that_is_not_known_is_left_alone(store, name):
    value = Value(store, name)
    before = value.read()
    for changed in with_more(value.written, MAPS.get(name, ())):
        assert value.read(changed) == before


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("text", ["", "nonsense", "null", "[]", "7", '"text"', '{"version": "x", "format": "x"}'])
def test_what_is_no_value_at_all_is_refused(store, name, text):
    value = Value(store, name)
    store._db.execute(f"update {value.table} set {value.column} = ? where {value.where}", [text])
    if not text and name == "facts":
        return  # nothing was told
    with pytest.raises(StoreFailed, match=r"^cannot read "):
        READERS[name](store, store.alive.last().at)


def test_a_bot_does_not_start_on_what_it_does_not_understand(store):
    value = Value(store, "incident")
    value.read({**value.written, "more": {"deep": 1}})
    lab = KeptLab(store)
    lab.do(begin, lab.config)
    later = json.dumps({**value.written, "version": value.newest + 1})
    store._db.execute("update incident set value_json = ? where id = 4", [later])
    with pytest.raises(StoreFailed, match="cannot read incident 4: because a newer Caretaker has written it"):
        lab.do(begin, lab.config)
    assert store.alive.last().started_at == lab.now


MAPS = {"run": ("values",)}
"""Where what stands there is by name, and another name is no unknown field."""


def without_each(value: Any) -> Iterator[Any]:
    """The value without each of its fields, however deep, one at a time."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {other: one for other, one in value.items() if other != key}
            yield from ({**value, key: changed} for changed in without_each(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in without_each(inner))


def with_more(value: Any, maps: tuple[str, ...]) -> Iterator[Any]:
    """The value with a field more in each of its objects, one at a time."""
    if isinstance(value, dict):
        yield {**value, "a later field": [1, {"two": 3}]}
        for key, inner in value.items():
            if key not in maps:
                yield from ({**value, key: changed} for changed in with_more(inner, maps))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in with_more(inner, maps))
