"""In which order things are delivered."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errands import PATIENCE, Method, put_back, take
from bot.store import Store
from bot.store.outbox import Parcel, Post
from bot.views import Card

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
FILE = Parcel("run:1", "file", thread="run:1", text="Output of step 1", name="a.txt", content=b"much")
NEXT = Parcel("run:1:step:1", "card", thread="run:1")


@pytest.fixture
def store(tmp_path: Path):
    """Where a run's message stands already, and a step's output and the next step's card wait."""
    made = Store(tmp_path / "caretaker.db")
    with made.transaction():
        made.outbox.posted("run:1", Post("C1", "1.0"), NOW)
        made.outbox.add(FILE, NOW, NOW)
        made.outbox.add(NEXT, NOW, NOW)
    yield made
    made.close()


def first(store: Store, *resting: Method) -> Parcel:
    return take(store, NOW, lambda _store, subject, _now: Card(subject), frozenset(resting)).waiting.parcel


def test_a_long_output_is_uploaded_before_the_next_steps_buttons_are_posted(store) -> None:
    assert first(store).is_file


def test_a_file_that_could_not_be_uploaded_holds_up_no_buttons(store) -> None:
    tried = take(store, NOW, lambda _store, subject, _now: Card(subject), frozenset())
    put_back(store, NOW, tried.waiting, "missing_scope", timedelta(hours=1))
    assert first(store).subject == "run:1:step:1"


def test_however_long_slack_was_away_all_keep_their_order(store) -> None:
    for _ in range(PATIENCE + 1):
        tried = take(store, NOW, lambda _store, subject, _now: Card(subject), frozenset())
        put_back(store, NOW, tried.waiting, "cannot reach Slack", tried=False)
    assert (tried.waiting.attempts, first(store).is_file) == (0, True)


def test_a_file_waits_alone_while_uploads_rest(store) -> None:
    assert first(store, Method.UPLOAD).subject == "run:1:step:1"
