"""The heartbeat against a real server on loopback that answers as Healthchecks does, or not at all."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Heartbeat, Method, OnCritical, Secrets
from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId, Move
from bot.heartbeat import Heart
from bot.redact import RedactedLog, redactor_of
from bot.scheduler import Scheduler
from bot.store import Store, StoreFailed
from bot.store.reader import Reader
from bot.store.writer import Writer
from tests.kept_lab import config
from tests.outside import HANG, Outside, outside
from tests.real.disk import needs_mounts, small_disk
from tests.waiting import until

UUID = "/5a2ad5bd-2a4c-4b6e-9a8c-a6a5d6c7e8f9"
EVERY = timedelta(milliseconds=100)
QUICK = Heartbeat(every=EVERY, timeout=timedelta(milliseconds=300))
POWER = Incident(
    IncidentId(1),
    Kind.POWER_LOSS,
    TargetId("ups:rack"),
    "on battery",
    datetime(2026, 3, 1, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Bot:
    """A bot's database and its heartbeat."""

    writer: Writer
    heart: Heart
    late: list[str] = field(default_factory=list)

    async def has(self, *incidents: Incident) -> None:
        await self.writer.do(lambda store, _now: store.incidents.save(incidents))

    async def last(self):
        return await self.writer.do(lambda store, _now: store.heartbeat.last())


@asynccontextmanager
async def beating(folder: Path, url: str, settings: Heartbeat = QUICK) -> AsyncIterator[Bot]:
    secrets = Secrets("xoxb-1-2-hush", "xapp-1-2-hush", heartbeat=url)
    writer = Writer(now, redactor_of(config(), secrets))
    reader = Reader(now, writer)
    for one in (writer, reader):
        await one.open(folder / "caretaker.db")
    late: list[str] = []
    heart = Heart(url, settings, writer, reader, lambda _patience: late)
    beating = asyncio.create_task(heart.run())
    try:
        yield Bot(writer, heart, late)
        assert not beating.done()
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        for one in (reader, writer):
            await one.close()


async def several(server: Outside, path: str, times: int = 3) -> None:
    """Wait until that was asked for so often from now on."""
    before = len(server.asked)
    await until(lambda: server.paths[before:].count(path) >= times)


async def silent(server: Outside) -> None:
    """Nothing is asked for over several intervals."""
    before = len(server.asked)
    await asyncio.sleep(6 * EVERY.total_seconds())
    assert len(server.asked) == before


async def test_a_bot_that_lives_and_looks_pings_and_never_more_often_than_its_interval(tmp_path):
    async with outside() as server, beating(tmp_path, server.url(UUID)) as bot:
        await several(server, UUID, 5)
        gaps = [later - earlier for earlier, later in zip(server.when, server.when[1:], strict=False)]
        assert min(gaps) >= 0.8 * EVERY.total_seconds(), "what comes late on the way may seem close to the next"
        assert (server.when[-1] - server.when[0]) / (len(server.when) - 1) >= 0.97 * EVERY.total_seconds()
        assert {(one.method, one.body) for one in server.asked} == {("GET", "")}
        last = await bot.last()
        assert last is not None
        assert not last.failing


@pytest.mark.parametrize("method", Method)
async def test_it_asks_by_the_method_that_is_configured(method, tmp_path):
    async with outside() as server, beating(tmp_path, server.url(UUID), replace(QUICK, method=method)):
        await several(server, UUID, 1)
        assert server.asked[0].method == method


async def test_a_critical_incident_fails_until_it_is_over_and_another_kind_does_not(tmp_path):
    async with outside() as server, beating(tmp_path, server.url(UUID)) as bot:
        await bot.has(replace(POWER, id=IncidentId(2), kind=Kind.GUEST_DOWN))
        await several(server, UUID)
        assert f"{UUID}/fail" not in server.paths
        await bot.has(POWER)
        await several(server, f"{UUID}/fail")
        assert (await bot.last()).failing
        assert {one.body for one in server.asked} == {""}, "nothing is told of the lab"
        await bot.has(POWER.move(Move.RESOLVE, now()))
        await several(server, UUID)


async def test_which_kinds_are_critical_is_a_setting(tmp_path):
    settings = replace(QUICK, critical=(Kind.GUEST_DOWN,))
    async with outside() as server, beating(tmp_path, server.url(UUID), settings) as bot:
        await bot.has(POWER)
        await several(server, UUID)
        await bot.has(replace(POWER, id=IncidentId(2), kind=Kind.GUEST_DOWN))
        await several(server, f"{UUID}/fail")


async def test_a_failure_that_was_not_taken_is_told_although_its_incident_is_over(tmp_path):
    async with outside() as server, beating(tmp_path, server.url(UUID)) as bot:
        server.by_path[f"{UUID}/fail"] = 503
        await bot.has(POWER)
        await several(server, f"{UUID}/fail", 2)
        await bot.has(POWER.move(Move.RESOLVE, now()))
        await several(server, f"{UUID}/fail", 2)
        server.by_path.clear()
        await several(server, UUID)
        assert server.paths[-4:-3] == [UUID] or f"{UUID}/fail" in server.paths[-5:]


async def test_it_can_tell_of_the_incident_where_that_is_configured(tmp_path):
    async with outside() as server, beating(tmp_path, server.url(UUID), replace(QUICK, tell=True)) as bot:
        await bot.has(POWER)
        await several(server, f"{UUID}/fail", 1)
        failed = next(one for one in server.asked if one.path == f"{UUID}/fail")
        assert (failed.method, failed.body) == ("POST", "open: Power failure (rack)")


async def test_it_can_pause_while_an_incident_is_critical_or_ignore_that(tmp_path):
    settings = replace(QUICK, on_critical=OnCritical.PAUSE)
    async with outside() as server, beating(tmp_path / "a", server.url(UUID), settings) as bot:
        await several(server, UUID)
        await bot.has(POWER)
        await asyncio.sleep(2 * EVERY.total_seconds())  # one may be under way
        await silent(server)
        await bot.has(POWER.move(Move.RESOLVE, now()))
        await several(server, UUID)
    settings = replace(QUICK, on_critical=OnCritical.IGNORE)
    async with outside() as server, beating(tmp_path / "b", server.url(UUID), settings) as bot:
        await bot.has(POWER)
        await several(server, UUID)


async def test_a_bot_whose_checks_have_stalled_does_not_ping(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with outside() as server, beating(tmp_path, server.url(UUID)) as bot:
        await several(server, UUID, 1)
        bot.late.append("hypervisor@host:atlas")
        await asyncio.sleep(2 * EVERY.total_seconds())  # one may be under way
        await silent(server)
        assert "no heartbeat: these no longer look: hypervisor@host:atlas" in caplog.text
        bot.late.clear()
        await several(server, UUID)
        assert caplog.text.count("no heartbeat") == 1
        assert "the heartbeat goes on" in caplog.text


async def test_a_job_that_hangs_is_known_to_have_stalled():
    scheduler = Scheduler(lambda _name, _why: None)
    hangs, patience = asyncio.Event(), timedelta(milliseconds=600)

    async def quick() -> None:
        pass

    async def hung() -> None:
        await hangs.wait()

    scheduler.every("well", timedelta(milliseconds=100), quick, at_once=True)
    scheduler.every("hung", timedelta(milliseconds=100), hung, at_once=True)
    scheduler.every("seldom", timedelta(hours=1), quick)
    scheduler.start()
    await until(lambda: scheduler.stalled(patience) == ["hung"])
    hangs.set()
    await until(lambda: scheduler.stalled(patience) == [])
    scheduler.stop()
    await until(lambda: scheduler.stalled(patience) == ["hung", "well"] or not scheduler.stalled(patience))


@needs_mounts
@pytest.mark.real
async def test_a_bot_that_can_not_write_its_database_does_not_ping(tmp_path):
    with small_disk(tmp_path / "data") as disk:
        async with outside() as server, beating(disk.folder, server.url(UUID)) as bot:
            await several(server, UUID, 1)

            async def refused() -> bool:
                disk.fill()
                try:
                    await bot.writer.do(lambda store, now: store.alive.write("x" * 100_000, now))
                except StoreFailed:
                    return True
                return False

            await until(refused)
            await asyncio.sleep(2 * EVERY.total_seconds())  # one may be under way
            await silent(server)
            disk.free()
            await bot.writer.do(lambda store, now: store.alive.write("x", now))
            await several(server, UUID)


@pytest.mark.parametrize(
    ("status", "page", "said"),
    [
        (404, "not found", "it answers 404"),
        (503, "", "it answers 503"),
        (302, "", "it answers 302"),
        (200, "OK (not found)", "it answers OK (not found)"),
        (200, "OK (rate limited)", "it answers OK (rate limited)"),
        (HANG, "", "no answer within 0.3 s"),
    ],
)
async def test_what_is_not_taken_is_tried_again_and_logged_once(status, page, said, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    async with outside() as server, beating(tmp_path, server.url(UUID)) as bot:
        server.status, server.page = status, page
        await several(server, UUID)
        assert caplog.text.count(said) == 1
        failed = await bot.last()
        assert (failed.taken_at, failed.why) == (None, said)
        server.status, server.page = 200, "OK"
        await until(lambda: "the heartbeat is taken again" in caplog.text)
        await until(bot_is_well(bot))


def bot_is_well(bot: Bot):
    async def well() -> bool:
        last = await bot.last()
        return last.taken_at is not None and not last.why

    return well


async def test_where_nobody_listens_it_goes_on_trying(tmp_path, caplog):
    async with outside() as gone:
        url = gone.url(UUID)
    async with beating(tmp_path, url) as bot:

        async def failed() -> bool:
            last = await bot.last()
            return last is not None and "refused" in last.why.lower()

        await until(failed)
    assert UUID.strip("/") not in caplog.text


async def test_its_address_is_in_no_log_and_no_database(tmp_path, caplog):
    async with outside() as server:
        url = server.url(UUID)
        secrets = Secrets("xoxb-1-2-hush", "xapp-1-2-hush", heartbeat=url)
        server.status = 404
        async with beating(tmp_path, url) as bot:
            await several(server, UUID)
            await bot.writer.do(lambda store, now: store.alive.write(f"a script printed {url}/fail", now))
            [(_, line)] = await bot.writer.do(lambda store, _now: store.alive.journal(1))
    assert line.startswith("a script printed [secret]")
    assert UUID.strip("/") not in caplog.text
    record = logging.LogRecord("x", logging.INFO, "f", 1, "asked %s", (f"{url}?a",), None)
    assert UUID.strip("/") not in RedactedLog(redactor_of(config(), secrets)).format(record)
    with_store = Store(tmp_path / "caretaker.db", read_only=True)
    assert with_store.heartbeat.last() is not None
    with_store.close()
