"""The second channel on a real database, with real processes and a server on loopback: what is told, and once."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import SecondChannel
from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId, Move, Status
from bot.core.incidents.elsewhere import What
from bot.core.mute import Silence
from bot.second_channel import Messenger
from bot.second_channel.sender import Sender
from bot.slack_errors import Offline
from bot.store import Store
from bot.store.outbox import Post
from bot.store.writer import Writer
from tests.kept_lab import ALEX, config
from tests.outside import HANG, outside
from tests.waiting import IN_TIME, until

ROOT = Path(__file__).parent.parent.parent
ONE, TWO = IncidentId(1), IncidentId(2)
WEB, VAULT = TargetId("service:web"), TargetId("host:vault")
AT_ONCE = SecondChannel(timeout=timedelta(seconds=20))
TWO_MINUTES, HALF_AN_HOUR = timedelta(minutes=2), timedelta(minutes=30)


def down(number: IncidentId = ONE, subject: TargetId = WEB) -> Incident:
    return Incident(number, Kind.SERVICE_DOWN, subject, "port 80 is closed", _now(), _now())


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Bot:
    """A messenger on a database, and a clock that can be moved on."""

    writer: Writer
    messenger: Messenger
    later: timedelta = timedelta(0)

    def now(self) -> datetime:
        return _now() + self.later

    def move_on(self, time: timedelta) -> None:
        self.later += time
        self.messenger.poke()

    async def write(self, *incidents: Incident, news: tuple[What, ...] = ()) -> None:
        def write(store: Store, now: datetime) -> None:
            store.incidents.save(incidents)
            for incident in incidents:
                for what in news:
                    store.second_channel.add(incident.id, what, now)

        await self.writer.do(write)
        self.messenger.poke()

    async def states(self) -> list[str]:
        return await self.writer.do(states)

    async def settled(self, *wanted: str) -> None:
        """Wait until the news so far have come to just that."""

        async def are() -> bool:
            return await self.states() == list(wanted)

        await until(are, IN_TIME)


def states(store: Store, _now: datetime) -> list[str]:
    return [f"{row['what']} {row['state']}" for row in store._db.query("select * from second_channel order by id")]


@asynccontextmanager
async def messaging(folder: Path, *urls: str, settings: SecondChannel = AT_ONCE) -> AsyncIterator[Bot]:
    writer = Writer(_now)
    sender = Sender(urls, folder / "marks", settings.timeout)
    messenger = Messenger(config(), settings, writer, sender, _now, gathering=timedelta(milliseconds=50))
    bot = Bot(writer, messenger)
    writer._clock = messenger.now = bot.now
    await writer.open(folder / "caretaker.db")
    task = asyncio.create_task(messenger.run())
    try:
        yield bot
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await writer.close()


@pytest.mark.slow
async def test_what_slack_does_not_take_for_two_minutes_is_told_and_so_is_its_end(tmp_path):
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        await bot.write(down(), news=(What.OPENED, What.UNACKNOWLEDGED))
        bot.move_on(TWO_MINUTES - timedelta(seconds=30))
        await bot.settled("opened waiting", "unacknowledged waiting")
        bot.move_on(timedelta(seconds=40))
        await bot.settled("opened sent", "unacknowledged waiting")
        [asked] = server.asked
        assert asked.title == "🔴 Open: web down"
        said = asked.message.splitlines()
        assert said[0] == "Port 80 is closed."
        assert said[1].startswith("Since ")
        assert said[2] == "I could not tell Slack. The buttons will be in Slack, #homelab."

        await bot.write(down().move(Move.RESOLVE, bot.now(), why="port 80 is open"), news=(What.OVER,))
        await bot.settled("opened sent", "unacknowledged needless", "over sent")
        assert server.asked[1].title == "🟢 Resolved: web down"
        assert server.asked[1].message.startswith("Port 80 is open. It lasted 2 min")


async def test_what_slack_took_in_time_is_not_told_and_neither_is_its_end(tmp_path):
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        await bot.write(down(), news=(What.OPENED,))
        await bot.writer.do(lambda store, now: store.outbox.posted("incident:1", Post("C1", "1.1"), now))
        bot.move_on(2 * TWO_MINUTES)
        await bot.settled("opened needless")
        await bot.write(down().move(Move.RESOLVE, bot.now()), news=(What.OVER,))
        await bot.settled("opened needless", "over needless")
        assert server.asked == []


@pytest.mark.slow
async def test_what_nobody_acknowledges_for_half_an_hour_is_told(tmp_path):
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        await bot.write(down(), down(TWO, VAULT), news=(What.UNACKNOWLEDGED,))
        await bot.write(replace(down(TWO, VAULT), status=Status.ACKNOWLEDGED, acknowledged_by=ALEX))
        bot.move_on(HALF_AN_HOUR - TWO_MINUTES)
        await bot.settled("unacknowledged waiting", "unacknowledged needless")
        bot.move_on(2 * TWO_MINUTES)
        await bot.settled("unacknowledged sent", "unacknowledged needless")
        [asked] = server.asked
        assert "Nobody has acknowledged it. The buttons are in Slack, #homelab." in asked.message


async def test_of_what_is_silenced_nobody_is_reminded(tmp_path):
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        silence = Silence(WEB, _now(), _now() + timedelta(hours=2), ALEX, "moving")
        await bot.writer.do(lambda store, _now: store.silences.add(silence))
        await bot.write(down(), news=(What.UNACKNOWLEDGED,))
        bot.move_on(HALF_AN_HOUR)
        await bot.settled("unacknowledged needless")
        assert server.asked == []


@pytest.mark.slow
async def test_what_becomes_due_together_is_one_message(tmp_path):
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        await bot.write(
            *(down(IncidentId(n), TargetId(f"service:s{n}")) for n in range(1, 8)), news=(What.OPENED,)
        )
        bot.move_on(TWO_MINUTES)
        await bot.settled(*["opened sent"] * 7)
        [asked] = server.asked
        assert asked.title == "7 incidents"
        assert asked.message.splitlines()[0] == "🔴 Open: s7 down: port 80 is closed"
        assert "… and 2 more" in asked.message


@pytest.mark.slow
async def test_what_certainly_reached_nobody_is_tried_again_until_it_does(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        server.status = 503
        await bot.write(down(), news=(What.OPENED,))
        bot.move_on(TWO_MINUTES)
        await until(lambda: len(server.asked) == 1, IN_TIME)
        await bot.settled("opened waiting")
        await until(lambda: "and try again" in caplog.text)
        assert await bot.writer.do(lambda store, _now: "503" in store.second_channel.failing())
        server.status = 200
        bot.move_on(timedelta(minutes=1))
        await bot.settled("opened sent")
        assert len(server.asked) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("status", "state"), [(500, "doubt"), (HANG, "timeout")])
async def test_what_may_have_arrived_is_not_sent_again_and_said_in_the_log(status, state, tmp_path, caplog):
    settings = SecondChannel(timeout=timedelta(seconds=1))
    async with outside() as server:
        server.status = status
        async with messaging(tmp_path, server.url("/a?rto=60", "json"), settings=settings) as bot:
            await bot.write(down(), news=(What.OPENED,))
            bot.move_on(TWO_MINUTES)
            await bot.settled(f"opened {state}")
            bot.move_on(timedelta(hours=1))
            await asyncio.sleep(0.3)
            assert len(server.asked) == 1
            assert f"nobody knows, and not again ({state})" in caplog.text


@pytest.mark.slow
async def test_one_of_two_services_is_enough_and_said(tmp_path, caplog):
    async with outside() as server:
        server.by_path["/b"] = 503
        urls = server.url("/a", "json"), server.url("/b", "json")
        async with messaging(tmp_path, *urls) as bot:
            await bot.write(down(), news=(What.OPENED,))
            bot.move_on(TWO_MINUTES)
            await bot.settled("opened partial")
            assert "a part of the second channel only, and not again" in caplog.text
            bot.move_on(timedelta(hours=1))
            await asyncio.sleep(0.3)
            assert len(server.asked) == 2


async def killed_at(folder: Path, url: str, moment: int) -> None:
    """Run the messenger as a process that ends itself at that moment."""
    process = await started(folder, url, moment)
    async with asyncio.timeout(4 * IN_TIME):
        assert await process.wait() == -signal.SIGKILL


@pytest.mark.slow
async def test_an_emergency_goes_past_the_database_and_that_slack_is_shut_is_told_once(tmp_path):
    async with outside() as server, messaging(tmp_path, server.url("/a", "json")) as bot:
        assert await bot.messenger.cry("I cannot write my database.")
        assert server.asked[0].message.startswith("I cannot write my database.\n")
        for n in range(2):
            await bot.messenger.unheard(f"unheard:2026-03-01:{n}", "⚠️ I can't speak in #homelab.\n• web1 down")
        assert [one.message.splitlines()[0] for one in server.asked[1:]] == ["⚠️ I can't speak in #homelab."]
        server.status = 500
        assert await bot.messenger.cry("again"), "it may have arrived"
        server.status = 503
        for _ in range(2):
            with pytest.raises(Offline):
                await bot.messenger.unheard("unheard:2026-04-01:0", "⚠️ I can't speak.")
    gone = server.url("/a", "json")
    async with messaging(tmp_path / "other", gone) as bot:
        assert not await bot.messenger.cry("nobody listens")


async def started(folder: Path, url: str, moment: int = 100) -> asyncio.subprocess.Process:
    """The messenger as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.second_channel.messenger_process"),
        *(str(folder / "caretaker.db"), url, str(moment)),
        cwd=ROOT,
    )


def seed(folder: Path) -> None:
    folder.mkdir()
    store = Store(folder / "caretaker.db")
    with store.transaction():
        store.incidents.save([down()])
        store.second_channel.add(ONE, What.OPENED, _now() - TWO_MINUTES)
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "end"), [*((m, "sent") for m in range(4)), (4, "doubt"), *((m, "sent") for m in range(5, 8))]
)
async def test_killed_before_or_after_each_write_it_is_told_once(moment, end, tmp_path):
    """The fifth moment is that in which it was sent, and that was not written yet."""
    folder = tmp_path / "bot"
    seed(folder)
    async with outside() as server:
        url = server.url("/a", "json")
        await killed_at(folder, url, moment)
        async with messaging(folder, url) as bot:
            await bot.settled(f"opened {end}")
            await asyncio.sleep(0.3)
        assert len(server.asked) == 1


@pytest.mark.slow
async def test_killed_while_the_answer_is_awaited_it_is_not_told_again(tmp_path):
    folder = tmp_path / "bot"
    seed(folder)
    async with outside() as server:
        server.status = HANG
        process = await started(folder, server.url("/a?rto=60", "json"))
        await until(lambda: server.asked, IN_TIME)
        process.kill()
        await process.wait()
        server.status = 200
        async with messaging(folder, server.url("/a", "json")) as bot:
            await bot.settled("opened doubt")
            await asyncio.sleep(0.3)
        assert len(server.asked) == 1
