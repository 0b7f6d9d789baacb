"""A database on a disk that is full: Slack is told straight, past the outbox, and told when it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.health import Observation
from bot.core.names import UNTOLD
from bot.emergency import Emergency, Pace, cannot_start
from bot.manifest import manifest
from bot.slack import Slack
from bot.slack_errors import SlackError
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.workspace.records import ALEX, HOMELAB
from bot.workspace.server import Box, installed
from tests.core.labs import ATLAS, gone
from tests.real.disk import SmallDisk, needs_mounts, small_disk
from tests.waiting import until

pytestmark = [pytest.mark.real, needs_mounts]

MS = timedelta(milliseconds=1)
QUICK = Pace(patience=100 * MS, update=100 * MS)


class Bot:
    """The part of the bot that writes, and the part that cries for help."""

    def __init__(self, disk: SmallDisk, box: Box, pace: Pace) -> None:
        self.disk, self.box = disk, box
        self.later = timedelta(0)
        self.noticed: list[Observation] = []
        self.heard: list[str] = []  # elsewhere
        self.reachable = True
        self.writer = Writer(self.now)
        self.slack = Slack(bot_token=box.bot_token, app_token=box.app_token, api_url=box.api_url)
        self.emergency = Emergency(
            self.writer,
            self.slack,
            "homelab",
            ALEX.id,
            self.now,
            lambda: self.noticed,
            UNTOLD,
            pace,
            self.elsewhere,
            zone=ZoneInfo("Asia/Tokyo"),
        )

    async def elsewhere(self, what: str) -> bool:
        """The second channel, as far as anybody is there."""
        if self.reachable:
            self.heard.append(what)
        return self.reachable

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    async def write(self) -> None:
        """A line of the journal, long enough to need room."""
        await self.writer.do(lambda store, now: store.alive.write("x" * 100_000, now))

    async def fails_to_write(self) -> None:
        """Fill the disk until nothing more can be written."""

        async def refused() -> bool:
            self.disk.fill()
            try:
                await self.write()
            except StoreFailed:
                return True
            return False

        await until(refused)

    def messages(self) -> list[str]:
        """What stands in the channel."""
        return [message["text"] for message in self.box.workspace.messages.history(HOMELAB.id)]

    async def shows(self, *said: str) -> None:
        """Wait until the channel shows just these, each as one message."""
        await until(lambda: _are(self.messages(), said), 10)


def _are(messages: list[str], said: tuple[str, ...]) -> bool:
    return len(messages) == len(said) and all(words in text for words, text in zip(said, messages, strict=True))


@asynccontextmanager
async def crying(folder: Path, pace: Pace = QUICK) -> AsyncIterator[Bot]:
    settings = replace(installed(manifest()), rate_limits=False)
    with small_disk(folder / "data") as disk:
        async with Box.start(settings=settings) as box:
            bot = Bot(disk, box, pace)
            await bot.writer.open(disk.folder / "caretaker.db")
            crying = asyncio.create_task(bot.emergency.run())
            try:
                yield bot
            finally:
                crying.cancel()
                await asyncio.gather(crying, return_exceptions=True)
                await bot.slack.close()
                await bot.writer.close()


async def test_a_full_disk_is_told_once_with_what_was_noticed_and_when_it_is_over(tmp_path):
    async with crying(tmp_path) as bot:
        await bot.write()
        await bot.fails_to_write()
        await bot.shows("⛔ I cannot write my database since")
        (text,) = bot.messages()
        assert f"the file system of {bot.disk.folder} is full. What I say may be old. <@{ALEX.id}>" in text
        bot.noticed.append(gone(ATLAS))
        await bot.shows("Noticed since, and not recorded yet:\n• *atlas*: no answer")
        bot.disk.free()
        await bot.write()
        await bot.shows("🟢 I can write my database again. I could not for")


async def test_a_moment_without_room_is_not_told(tmp_path):
    async with crying(tmp_path, Pace(patience=timedelta(seconds=30), update=100 * MS)) as bot:
        await bot.fails_to_write()
        await until(lambda: bot.writer.trouble)
        bot.disk.free()
        await bot.write()
        await until(lambda: not bot.writer.trouble)
        assert bot.messages() == []


async def test_what_only_reads_does_not_prove_that_it_can_write(tmp_path):
    async with crying(tmp_path) as bot:
        await bot.fails_to_write()
        await bot.shows("⛔")
        await bot.writer.do(lambda store, _now: store.alive.journal(1))
        assert bot.writer.trouble


async def test_a_database_that_became_read_only_is_told_too(tmp_path):
    async with crying(tmp_path) as bot:
        await bot.write()
        await bot.writer.do(lambda store, _now: store._db.execute("PRAGMA query_only = on") and None)
        with pytest.raises(StoreFailed):
            await bot.write()
        await bot.shows("⛔ I cannot write my database since")
        await bot.writer.do(lambda store, _now: store._db.execute("PRAGMA query_only = off") and None)
        await bot.write()
        await bot.shows("🟢 I can write my database again")


async def test_each_hour_it_is_told_anew_and_all_say_when_it_is_over(tmp_path):
    async with crying(tmp_path) as bot:
        await bot.fails_to_write()
        await bot.shows("⛔")
        bot.later = timedelta(minutes=61)
        await bot.shows("⛔", "⛔")
        bot.disk.free()
        await bot.write()
        await bot.shows("🟢", "🟢")


@pytest.mark.parametrize("how", ["lost_before", "lost_after", "unavailable"])
async def test_what_slack_did_not_answer_to_is_told_again_and_never_doubled(tmp_path, how):
    async with crying(tmp_path) as bot:
        for method in ("chat.postMessage", "chat.update"):
            bot.box.faults.fail(method, how, times=2)
        await bot.fails_to_write()
        await bot.shows("⛔")
        bot.disk.free()
        await bot.write()
        await bot.shows("🟢")


async def test_where_slack_is_dark_too_it_is_told_elsewhere_once_with_what_is_noticed_and_when_it_is_over(
    tmp_path,
):
    async with crying(tmp_path) as bot:
        bot.box.faults.fail("*", "unavailable", times=100_000)
        bot.reachable = False
        await bot.fails_to_write()
        await until(lambda: bot.writer.trouble)
        bot.later = timedelta(minutes=3)
        bot.noticed.append(gone(ATLAS))
        await asyncio.sleep(1)
        bot.reachable = True
        await until(lambda: bot.heard)
        assert "I cannot write my database since" in bot.heard[0]
        assert " JST: " in bot.heard[0]
        assert "Noticed since: atlas: no answer" in bot.heard[0]
        await asyncio.sleep(1)
        assert len(bot.heard) == 1
        bot.box.faults.clear()
        bot.disk.free()
        await bot.write()
        await until(lambda: len(bot.heard) == 2)
        assert bot.heard[1].startswith("🟢 My database is in order again.")


async def test_a_slack_that_is_dark_for_a_moment_is_waited_for(tmp_path):
    async with crying(tmp_path) as bot:
        bot.box.faults.fail("*", "lost_before", times=2)
        await bot.fails_to_write()
        await bot.shows("⛔")
        assert bot.heard == []


async def test_a_bot_that_can_not_start_says_so_once_an_hour(tmp_path):
    async with crying(tmp_path) as bot:
        for _ in range(3):
            await cannot_start(bot.slack, "homelab", ALEX.id, "cannot use 'x': because it is full", bot.now())
        await bot.shows("⛔ I cannot start: cannot use 'x': because it is full. I watch nothing until")
        with pytest.raises(SlackError):
            await cannot_start(bot.slack, "nowhere", ALEX.id, "why", bot.now())
