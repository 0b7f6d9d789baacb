"""Delivery through the real client to the workspace in a box: once, in order, and whatever fails in between."""

import asyncio
import logging
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errands import PATIENCE, tidy
from bot.manifest import manifest
from bot.outbox import Courier, Pace, Voice
from bot.outbox.pace import USUAL
from bot.outbox.voice import over_slack
from bot.slack import Slack
from bot.store import Store
from bot.store.outbox import Parcel
from bot.store.writer import Writer
from bot.views import Card
from bot.workspace.records import ALEX, BOT, HOMELAB, Channel
from bot.workspace.server import Box, installed
from tests.waiting import until

CHANNEL = HOMELAB.id
ROOT = Path(__file__).parent.parent
SEVEN, EIGHT = "incident:7", "incident:8"
A_SETTLING = 6  # seconds, more than a late request is waited for
LATE = 3  # seconds that a request takes to arrive
START = 30  # seconds, at most, until a process on a busy machine has done what it is for


def card(subject: str, thread: str | None = None) -> Parcel:
    return Parcel(subject, "card", thread)


def a_line(text: str, thread: str = SEVEN, tell: str = "line") -> Parcel:
    return Parcel(thread, tell, thread, text)


def a_file(name: str = "web1.png") -> Parcel:
    return Parcel(SEVEN, "file", SEVEN, "The screen of web1", name, b"\x89PNG")


def unsettled(store: Store, _now: datetime) -> list[str]:
    rows = store._db.query("select tell, text, state from outbox where state in ('waiting', 'sending')")
    return [f"{row['state']} {row['tell']} {row['text']}".strip() for row in rows]


class Bot:
    """A courier on a database, with a present that it draws and a clock that can be moved on."""

    def __init__(self, path: Path, api_url: str, *, channel: str, patience: timedelta, pace: Pace) -> None:
        self.present: dict[str, Card | None] = {SEVEN: Card("web1 is down"), EIGHT: Card("db1 is down")}
        self.late = timedelta(0)
        self.path = path
        self.writer = Writer(self.now)
        self.slack = Slack(bot_token="xoxb-box-bot", app_token="xapp-box-app", api_url=api_url, timeout=patience)
        self.voice = Voice(self.writer, self.slack, channel, self.now, over_slack(self.slack, [ALEX.id]))
        self.courier = Courier(self.writer, self.slack, channel, self.draw, self.now, voice=self.voice, pace=pace)
        self.writer.wake = self.courier.poke

    def now(self) -> datetime:
        return datetime.now(UTC) + self.late

    def draw(self, _store: Store, subject: str, _now: datetime) -> Card | None:
        return self.present[subject]

    async def tell(self, *parcels: Parcel, wait: float = 0) -> None:
        def put_in(store: Store, now: datetime) -> None:
            for parcel in parcels:
                store.outbox.add(parcel, now, now + timedelta(seconds=wait))

        await self.writer.do(put_in)

    async def unsettled(self) -> list[str]:
        return await self.writer.do(unsettled)

    async def done(self, seconds: float = 8) -> None:
        """Wait until nothing waits any more."""

        async def nothing_waits() -> bool:
            return not await self.unsettled()

        await until(nothing_waits, seconds)

    async def in_doubt(self) -> None:
        """Wait until something is in doubt, and then for as long as a late request might still arrive."""
        await until(lambda: self.writer.do(lambda store, _: any(w.doubtful for w in store.outbox.waiting())))
        self.move_on(A_SETTLING)

    def move_on(self, seconds: float) -> None:
        self.late += timedelta(seconds=seconds)
        self.courier.poke()

    async def journal(self) -> str:
        return await self.writer.do(lambda store, _: "\n".join(text for _, text in store.alive.journal(10)))


@asynccontextmanager
async def running(
    path: Path,
    api_url: str,
    *,
    channel: str = "homelab",
    patience: timedelta = timedelta(seconds=5),
    pace: Pace = USUAL,
) -> AsyncIterator[Bot]:
    bot = Bot(path, api_url, channel=channel, patience=patience, pace=pace)
    await bot.writer.open(path)
    task = asyncio.create_task(bot.courier.run())
    try:
        yield bot
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])
        await bot.slack.close()
        await bot.writer.close()


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with Box.start(settings=installed(manifest())) as box:
        yield box


@pytest.fixture
async def bot(box: Box, tmp_path: Path) -> AsyncIterator[Bot]:
    async with running(tmp_path / "bot.db", box.api_url) as bot:
        yield bot


def texts(box: Box, channel: str = CHANNEL) -> list[str]:
    return [message["text"] for message in box.workspace.messages.history(channel)]


def thread(box: Box, head: int = 0) -> list[str]:
    ts = box.workspace.messages.history(CHANNEL)[head]["ts"]
    return [message["text"] for message in box.workspace.messages.replies(CHANNEL, ts)[1:]]


def when(box: Box, method: str) -> list[float]:
    return [call.at for call in box.calls.all if call.method == method and not call.error]


async def test_a_card_is_one_message_that_shows_the_present(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN))
    await bot.done()
    assert texts(box) == ["web1 is back"]
    assert box.workspace.messages.history(CHANNEL)[0]["metadata"]["event_payload"] == {"id": SEVEN}
    assert bot.courier.online


async def test_fifty_changes_are_few_edits(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    for number in range(50):
        bot.present[SEVEN] = Card(f"{number} guests are back")
        await bot.tell(card(SEVEN), wait=0.5)
    await bot.done()
    assert texts(box) == ["49 guests are back"]
    assert box.calls.counts["chat.update"] == 1


async def test_lines_go_into_their_thread_in_order_and_a_broadcast_is_seen_by_all(box, bot):
    await bot.tell(a_line("first"), card(SEVEN), a_line("second"), a_line("still down", tell="broadcast"))
    await bot.done()
    assert thread(box) == ["first", "second", "still down"]
    assert texts(box) == ["web1 is down", "still down"]


@pytest.mark.parametrize("how", ["lost_after", "lost_before", "server_error", "unavailable"])
async def test_a_post_whose_answer_is_lost_becomes_one_message_and_shows_the_present(box, bot, how):
    box.faults.fail("chat.postMessage", how)
    await bot.tell(card(SEVEN), a_line("first"))
    await until(lambda: not box.faults._coming["chat.postMessage"])
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN))
    await bot.in_doubt()
    await bot.done()
    assert texts(box) == ["web1 is back"]
    assert thread(box) == ["first"]


async def test_a_post_that_comes_through_after_its_time_is_not_made_twice(box, tmp_path):
    box.faults.fail("chat.postMessage", "delayed", seconds=1)
    async with running(tmp_path / "bot.db", box.api_url, patience=timedelta(seconds=0.3)) as bot:
        await bot.tell(card(SEVEN))
        await until(lambda: texts(box))
        await bot.in_doubt()
        await bot.done()
    assert texts(box) == ["web1 is down"]
    assert box.calls.counts["chat.postMessage"] == 1


async def test_a_doubtful_line_is_neither_doubled_nor_overtaken_and_holds_up_no_other_thread(box, bot):
    await bot.tell(card(SEVEN), card(EIGHT))
    await bot.done()
    box.faults.fail("chat.postMessage", "lost_after")
    await bot.tell(a_line("first"), a_line("second"), a_line("elsewhere", EIGHT))
    await until(lambda: thread(box, 1) == ["elsewhere"])
    assert thread(box) == ["first"]
    await bot.in_doubt()
    await bot.done()
    assert thread(box) == ["first", "second"]


async def test_a_change_whose_answer_is_lost_is_made_again_only_when_it_can_not_come_late(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.fail("chat.update", "lost_before")
    await bot.tell(card(SEVEN))
    await until(lambda: not box.faults._coming["chat.update"])
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(card(SEVEN))
    await bot.in_doubt()
    await bot.done()
    assert texts(box) == ["web1 is back"]


@pytest.mark.slow
async def test_a_limit_is_obeyed_and_other_methods_go_on(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.fail("chat.postMessage", "rate_limited", seconds=2)
    bot.present[SEVEN] = Card("web1 is back")
    await bot.tell(a_line("first"), a_line("second"), card(SEVEN))
    await bot.done()
    limited = next(call.at for call in box.calls.all if call.error == "rate_limited")
    [update], posts = when(box, "chat.update"), when(box, "chat.postMessage")
    assert update - limited < 1.9
    assert posts[1] - limited >= 2
    assert thread(box) == ["first", "second"]


async def test_a_card_that_someone_deleted_is_posted_anew_and_its_thread_goes_on_there(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.workspace.messages.delete(CHANNEL, box.workspace.messages.history(CHANNEL)[0]["ts"])
    await bot.tell(card(SEVEN), a_line("first"))
    await bot.done()
    assert texts(box) == ["web1 is down"]
    assert thread(box) == ["first"]


async def test_a_line_whose_thread_someone_deleted_brings_its_card_back(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.workspace.messages.delete(CHANNEL, box.workspace.messages.history(CHANNEL)[0]["ts"])
    await bot.tell(a_line("first"), a_line("second"))
    await bot.done()
    assert texts(box) == ["web1 is down"]
    assert thread(box) == ["first", "second"]


async def test_a_deleted_card_with_replies_leaves_a_stone_and_a_new_card(box, bot):
    await bot.tell(card(SEVEN), a_line("first"))
    await bot.done()
    box.workspace.messages.delete(CHANNEL, box.workspace.messages.history(CHANNEL)[0]["ts"])
    await bot.tell(card(SEVEN))
    await bot.done()
    assert texts(box) == ["This message was deleted.", "web1 is down"]


async def test_a_line_that_is_refused_for_ever_is_recorded_and_those_behind_it_go_on(box, bot):
    await bot.tell(card(SEVEN), a_line(""), a_line("second"))
    await bot.done()
    assert thread(box) == ["second"]
    assert "cannot deliver incident:7:line:" in await bot.journal()
    assert "no_text" in await bot.journal()


async def test_a_card_whose_blocks_are_refused_is_shown_as_text(box, bot):
    bot.present[SEVEN] = Card("web1 is down", ({"type": "hologram"},))
    await bot.tell(card(SEVEN), a_line("first"))
    await bot.done()
    bot.present[SEVEN] = Card("web1 is back", ({"type": "hologram"},))
    await bot.tell(card(SEVEN))
    await bot.done()
    assert texts(box) == ["web1 is back"]
    assert thread(box) == ["first"]


async def test_lines_of_a_thread_that_will_never_be_are_said_in_the_channel(box, bot):
    bot.present[SEVEN] = Card("")
    await bot.tell(card(SEVEN), a_line("web1 crashed"))
    await bot.done()
    assert texts(box) == ["web1 crashed"]


async def test_a_card_that_can_not_be_drawn_holds_up_nobody(box, bot, caplog):
    del bot.present[SEVEN]
    await bot.tell(card(SEVEN), card(EIGHT))
    await bot.done()
    assert texts(box) == ["db1 is down"]
    assert "cannot draw incident:7" in caplog.text


async def test_a_message_that_can_not_be_built_is_shown_as_text(box, bot, caplog):
    bot.present[SEVEN] = Card("web1 is down", (object(),))
    await bot.tell(card(SEVEN), card(EIGHT))
    await bot.done()
    assert texts(box) == ["web1 is down", "db1 is down"]
    assert "cannot send incident:7" in caplog.text


@pytest.mark.parametrize("how", ["lost_after", "lost_before"])
async def test_an_upload_in_doubt_is_not_doubled(box, bot, how):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.fail("files.completeUploadExternal", how)
    await bot.tell(a_file())
    await bot.in_doubt()
    await bot.done()
    ts = box.workspace.messages.history(CHANNEL)[0]["ts"]
    files = [f["name"] for m in box.workspace.messages.replies(CHANNEL, ts) for f in m.get("files", ())]
    assert files == ["web1.png"]


@pytest.mark.slow
async def test_a_file_that_can_not_be_sent_holds_up_no_line(box, bot):
    box.faults.fail("files.getUploadURLExternal", "server_error", times=2)
    await bot.tell(card(SEVEN), a_file(), a_line("first"))
    await until(lambda: texts(box) and thread(box) == ["first"], 2.5)
    await bot.done()
    assert len(thread(box)) == 2


async def test_what_slack_keeps_failing_on_lets_those_behind_it_pass_in_the_end(box, bot):
    await bot.tell(card(SEVEN))
    await bot.done()
    box.faults.fail("chat.postMessage", "server_error")
    await bot.tell(a_line("cursed"))
    await until(lambda: not box.faults._coming["chat.postMessage"])
    tried = "update outbox set attempts = ? where state = 'waiting'"
    await until(lambda: bot.writer.do(lambda store, _: any(w.doubtful for w in store.outbox.waiting())))
    await bot.writer.do(lambda store, _: store._db.execute(tried, [PATIENCE]) and None)
    await bot.tell(a_line("second"))
    await until(lambda: thread(box) == ["second"])


async def test_what_nobody_can_see_any_more_is_not_sent(box, bot):
    bot.present[SEVEN] = None
    await bot.tell(card(SEVEN))
    await bot.done()
    assert box.calls.counts["chat.postMessage"] == 0


async def test_a_restart_posts_nothing_again(box, tmp_path):
    for text in ("web1 is down", "web1 is back"):
        async with running(tmp_path / "bot.db", box.api_url) as bot:
            bot.present[SEVEN] = Card(text)
            await bot.tell(card(SEVEN))
            await bot.done()
    assert texts(box) == ["web1 is back"]


async def test_what_was_delivered_is_forgotten_after_a_week(bot):
    def rows(store: Store, _now: datetime) -> int:
        return store._db.execute("select count(*) from outbox").fetchone()[0]

    await bot.tell(card(SEVEN), a_line("first"), a_line("second"))
    await bot.done()
    bot.move_on(6 * 86_400)
    await bot.writer.do(tidy)
    assert await bot.writer.do(rows) == 3
    bot.move_on(2 * 86_400)
    await bot.writer.do(tidy)
    assert await bot.writer.do(rows) == 1


async def test_a_clock_set_back_an_hour_delays_nothing(box, bot):
    await bot.tell(card(SEVEN), wait=1)
    bot.late = timedelta(hours=-1)
    await bot.writer.do(lambda store, _: store.outbox.shift(timedelta(hours=-1)))
    await bot.done(3)
    assert texts(box) == ["web1 is down"]


async def test_what_was_told_without_a_network_is_delivered_when_it_comes(tmp_path):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
    async with running(tmp_path / "bot.db", f"http://127.0.0.1:{port}/api/") as bot:
        await bot.tell(card(SEVEN), a_line("first"), a_line("second"))
        await until(lambda: bot.writer.do(lambda store, now: store.outbox.stuck(now + timedelta(hours=1))[0]))
        async with Box.start(port, settings=installed(manifest())) as box:
            await bot.done()
            assert texts(box) == ["web1 is down"]
            assert thread(box) == ["first", "second"]


@pytest.mark.slow
async def test_a_channel_that_is_made_later_is_found_then(box, tmp_path):
    async with running(tmp_path / "bot.db", box.api_url, channel="garden") as bot:
        await bot.tell(card(SEVEN))
        await until(lambda: bot.writer.do(lambda store, _: any(one.attempts for one in store.outbox.waiting())))
        box.workspace.keep(Channel("C0000GARDEN", "garden", frozenset({BOT.id})))
        bot.move_on(61)
        await bot.done(10)
    assert texts(box, "C0000GARDEN") == ["web1 is down"]


@pytest.mark.slow
async def test_what_was_sent_but_can_not_be_noted_is_not_sent_again(box, bot, caplog):
    def read_only(how: str) -> Callable[[Store, datetime], None]:
        return lambda store, _now: store._db.execute(f"PRAGMA query_only = {how}") and None

    caplog.set_level(logging.ERROR)
    box.faults.fail("chat.postMessage", "delayed", seconds=0.5)
    await bot.tell(card(SEVEN))
    await until(lambda: not box.faults._coming["chat.postMessage"])
    await bot.writer.do(read_only("on"))
    await until(lambda: "delivery waits: cannot use the database" in caplog.text)
    await bot.writer.do(read_only("off"))
    await bot.done()
    assert texts(box) == ["web1 is down"]
    assert box.calls.counts["chat.postMessage"] == 1


@asynccontextmanager
async def process(database: Path, box: Box) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "tests.courier_process", str(database), box.api_url)
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def before_the_request(box: Box, _database: Path) -> None:
    """The channel is asked for between a parcel's begin and its post."""
    box.faults.fail("conversations.list", "delayed", seconds=60)
    await until(lambda: not box.faults._coming["conversations.list"], START)


async def while_slack_still_works_on_it(box: Box, _database: Path) -> None:
    box.faults.fail("chat.postMessage", "delayed", seconds=LATE)
    await until(lambda: not box.faults._coming["chat.postMessage"], START)


async def before_it_is_noted(box: Box, database: Path) -> None:
    """The database is held by another, so that what was posted can't be noted."""
    box.faults.fail("chat.postMessage", "delayed", seconds=0.5)
    await until(lambda: not box.faults._coming["chat.postMessage"], START)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await until(lambda: texts(box))
    other.close()


async def after_it_was_noted(box: Box, database: Path) -> None:
    await until(lambda: states(database) == ["sent"], START)


def states(database: Path) -> list[str]:
    with suppress(sqlite3.OperationalError):
        connection = sqlite3.connect(database)
        found = [state for (state,) in connection.execute("select state from outbox")]
        connection.close()
        return found
    return []


async def killed_at(moment: Callable[[Box, Path], Awaitable[None]], database: Path) -> list[str]:
    """What stands in the channel once a courier was killed at that moment and another has taken over."""
    async with Box.start(settings=installed(manifest())) as box:
        async with process(database, box) as child:
            await moment(box, database)
            child.kill()
            killed = time.monotonic()
        async with process(database, box):
            await until(
                lambda: set(states(database)) == {"sent"} and time.monotonic() > killed + LATE + 0.5, START
            )
        return texts(box)


@pytest.mark.slow
async def test_a_process_killed_at_any_moment_leaves_one_message(tmp_path):
    moments = (before_the_request, while_slack_still_works_on_it, before_it_is_noted, after_it_was_noted)
    found = await asyncio.gather(*(killed_at(m, tmp_path / f"{m.__name__}.db") for m in moments))
    assert dict(zip(moments, found, strict=True)) == {moment: ["web1 is down"] for moment in moments}
