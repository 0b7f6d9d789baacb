"""The thread that writes and the one that reads: order, cancellation, wake-ups, and only one writer."""

import asyncio
import fcntl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel
from bot.store.reader import Reader
from bot.store.writer import Writer
from tests.waiting import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[Writer]:
    writer = Writer(lambda: NOW)
    await writer.open(path)
    yield writer
    await writer.close()


def write(store: Store, now: datetime, text: str) -> None:
    store.alive.write(text, now)


def put_in(store: Store, now: datetime, subject: str) -> None:
    store.outbox.add(Parcel(subject, "card"), now, now)


def fail(store: Store, now: datetime) -> None:
    put_in(store, now, "incident:1")
    raise ValueError("no")


def lines(store: Store, _now: datetime) -> list[str]:
    return [text for _, text in store.alive.journal(1000)][::-1]


async def test_use_cases_run_in_the_order_they_were_asked_for(writer):
    await asyncio.gather(*(writer.do(write, f"{number}") for number in range(100)))
    assert await writer.do(lines) == [f"{number}" for number in range(100)]


async def test_who_delivers_is_woken_once_something_was_put_in_and_only_then(writer):
    woken = []
    writer.wake = lambda: woken.append(threading.current_thread())
    await writer.do(write, "nothing to deliver")
    with pytest.raises(ValueError, match="no"):
        await writer.do(fail)
    assert woken == []
    await writer.do(put_in, "incident:1")
    assert woken == [threading.main_thread()]


async def test_a_use_case_whose_caller_is_cancelled_is_carried_through_and_wakes_who_delivers(writer):
    begun, go, woken = threading.Event(), threading.Event(), []
    writer.wake = lambda: woken.append(True)

    def slow(store: Store, now: datetime) -> None:
        begun.set()
        go.wait(5)
        put_in(store, now, "incident:1")

    caller = asyncio.create_task(writer.do(slow))
    await until(begun.is_set)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go.set()
    await until(lambda: woken)
    assert await writer.do(lambda store, _: len(store.outbox.waiting())) == 1


async def test_a_use_case_whose_caller_is_cancelled_before_its_turn_never_happens(writer):
    begun, go = threading.Event(), threading.Event()

    def slow(_store: Store, _now: datetime) -> None:
        begun.set()
        go.wait(5)

    first = asyncio.create_task(writer.do(slow))
    await until(begun.is_set)
    second = asyncio.create_task(writer.do(write, "never"))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])
    await asyncio.sleep(0)  # the executor hears of it a turn later
    go.set()
    await first
    assert await writer.do(lines) == []


async def test_a_long_question_holds_up_no_use_case(writer, path):
    reader, go = Reader(lambda: NOW), threading.Event()
    await reader.open(path)
    long = asyncio.create_task(reader.ask(lambda _store, _now: go.wait(5)))
    await writer.do(write, "meanwhile")
    go.set()
    assert await long
    assert await reader.ask(lines) == ["meanwhile"]
    await reader.close()


async def test_of_two_caretakers_on_one_database_the_second_is_refused(writer, path):
    script = (
        "import asyncio, pathlib, sys\n"
        "from bot.store.writer import Writer\n"
        "asyncio.run(Writer(None).open(pathlib.Path(sys.argv[1])))\n"
    )
    second = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script, path], capture_output=True, text=True, check=False
    )
    assert "StoreInUse: cannot open the database" in second.stderr
    assert "another Caretaker is using it" in second.stderr


async def test_who_looks_whether_a_database_is_held_keeps_no_bot_from_it(tmp_path):
    (tmp_path / "bot.db.lock").touch()
    with (tmp_path / "bot.db.lock").open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.05, fcntl.flock, (looking, fcntl.LOCK_UN)).start()
        writer = Writer(lambda: NOW)
        await writer.open(tmp_path / "bot.db")
        await writer.close()


async def test_nobody_else_can_hold_the_lock_of_a_database(writer, path):
    assert path.with_name(f"{path.name}.lock").stat().st_mode & 0o777 == 0o600


async def test_what_was_closed_can_be_opened_again_and_what_is_not_open_says_so(writer, path):
    await writer.do(write, "before")
    await writer.close()
    again = Writer(lambda: NOW)
    with pytest.raises(RuntimeError, match="not open"):
        await again.do(lines)
    await again.open(path)
    assert await again.do(lines) == ["before"]
    await again.close()


async def test_a_reader_without_a_database_is_refused(path):
    reader = Reader(lambda: NOW)
    with pytest.raises(StoreFailed):
        await reader.open(path)
    await reader.close()
