"""The line against the workspace in a box: cut, refused, told to reconnect, started before the network."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.slack import Slack
from bot.slack_app import make_app
from bot.slack_company import LASTING, Company
from bot.slack_socket import Line
from bot.workspace.records import ALEX, APP, HOMELAB
from bot.workspace.server import Box, Settings
from tests.waiting import until

pytestmark = pytest.mark.slow  # real processes, one after another

BUTTON = {
    "type": "actions",
    "block_id": "card",
    "elements": [{"type": "button", "action_id": "ack", "text": {"type": "plain_text", "text": "Acknowledge"}}],
}
CLICK = {"block_id": "card", "action_id": "ack"}


class Bot:
    """A line with one listener: it acknowledges a click and counts it."""

    def __init__(self, api_url: str, app_token: str = APP.app_token, **line: Any) -> None:
        self.slack = Slack(bot_token=APP.bot_token, app_token=app_token, api_url=api_url)
        self.clicks: list[dict] = []
        self.before_ack: Callable[[], Awaitable[object]] | None = None
        self.hopeless: list[str] = []
        self.company: list[bool] = []
        app = make_app(self.slack)
        app.action("ack")(self._listen)
        line = {"now": lambda: datetime.now(UTC), "on_hopeless": lambda: self.hopeless.append("hopeless"), **line}
        lasting = line.pop("company_lasting", LASTING)
        self.line = Line(app, self.slack, **line)
        self.line.company.changed, self.line.company.lasting = self._heard_of_company, lasting

    async def _heard_of_company(self, there: bool) -> None:
        self.company.append(there)

    async def _listen(self, ack: Callable, body: dict) -> None:
        if self.before_ack:
            await self.before_ack()
        await ack()
        self.clicks.append(body)

    async def connected(self, seconds: float = 10) -> None:
        await until(lambda: self.line.state.connected, seconds)


@asynccontextmanager
async def running(api_url: str, **line: Any) -> AsyncIterator[Bot]:
    bot = Bot(api_url, **line)
    bot.line.start()
    try:
        yield bot
    finally:
        await bot.line.close()
        await bot.slack.close()


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    async with Box.start(settings=Settings(ack_seconds=0.5, rate_limits=False)) as box:
        yield box


@pytest.fixture
async def bot(box: Box) -> AsyncIterator[Bot]:
    async with running(box.api_url) as bot:
        await bot.connected()
        yield bot


async def click(box: Box) -> str:
    message = box.workspace.messages.post(HOMELAB.id, {"user": APP.user_id, "text": "web1", "blocks": [BUTTON]})
    return await box.workspace.click(ALEX.id, message["ts"], CLICK)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("bot.slack")]


async def test_a_click_reaches_the_listener_and_is_acknowledged(box, bot):
    assert await click(box) == ""
    await until(lambda: len(bot.clicks) == 1)


async def test_a_cut_connection_is_noticed_at_once_and_made_anew(box, bot, caplog):
    caplog.set_level(logging.INFO)
    await box.faults.drop_sockets()
    await until(lambda: not bot.line.state.connected, seconds=1)
    await bot.connected(seconds=2)
    assert await click(box) == ""
    assert said(caplog) == ["lost the connection to Slack: the connection was closed", "connected to Slack"]


async def test_when_slack_asks_to_reconnect_the_new_connection_stands_before_the_old_one_goes(box, bot, caplog):
    caplog.set_level(logging.INFO)
    before = bot.line.state
    await box.faults.request_disconnect("warning")
    await until(lambda: box.calls.counts["apps.connections.open"] == 2)
    await until(lambda: box.sockets.connected == 1)
    assert await click(box) == ""
    assert bot.line.state == before
    assert said(caplog) == []


async def test_failed_handshakes_are_followed_by_a_new_address_each_until_one_succeeds(box, caplog):
    caplog.set_level(logging.INFO)
    box.faults.refuse_handshakes(2)
    async with running(box.api_url) as bot:
        await bot.connected()
        assert box.calls.counts["apps.connections.open"] == 3
        assert await click(box) == ""
    [trouble, *rest] = said(caplog)
    assert trouble.startswith("not connected to Slack, still trying: ")
    assert rest == ["connected to Slack", "closed the connection to Slack"]


async def test_the_bot_starts_without_a_network_and_connects_when_it_comes(caplog):
    caplog.set_level(logging.INFO)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    async with running(f"http://127.0.0.1:{port}/api/") as bot:
        await until(lambda: said(caplog))
        assert not bot.line.state.connected
        async with Box.start(port) as box:
            await bot.connected()
            assert await click(box) == ""
            assert len(said(caplog)) == 2  # not connected, connected: a line a change, not an attempt


async def test_an_api_that_fails_for_a_while_is_outlasted(box):
    box.faults.fail("apps.connections.open", "unavailable", times=2)
    async with running(box.api_url) as bot:
        await bot.connected()


async def test_a_click_that_is_delivered_again_because_its_ack_came_late_is_handled_once(box, bot, caplog):
    caplog.set_level(logging.DEBUG, "bot.slack_app")
    repeated = asyncio.Event()
    bot.before_ack = repeated.wait
    assert await click(box) == "operation_timeout"
    await until(lambda: "dropped a repeated delivery" in caplog.text)
    repeated.set()
    await until(lambda: bot.clicks)
    assert len(bot.clicks) == 1


async def test_a_click_whose_ack_is_lost_with_the_connection_is_handled_once(box, bot, caplog):
    caplog.set_level(logging.DEBUG, "bot.slack_app")
    bot.before_ack = box.faults.drop_sockets
    await click(box)
    await until(lambda: "dropped a repeated delivery" in caplog.text)
    assert len(bot.clicks) == 1


async def test_a_connection_that_no_longer_answers_pings_is_replaced():
    addresses: list[int] = []

    async def open_connection(request: web.Request) -> web.Response:
        addresses.append(len(addresses))
        url = f"ws://{request.host}/socket?silent={1 if len(addresses) == 1 else 0}"
        return web.json_response({"ok": True, "url": url})

    async def hold(request: web.Request) -> web.WebSocketResponse:
        held = web.WebSocketResponse(autoping=request.query["silent"] == "0")
        await held.prepare(request)
        async for _ in held:
            pass
        return held

    app = web.Application()
    app.add_routes([web.post("/api/apps.connections.open", open_connection), web.get("/socket", hold)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        async with running(url, ping_every=0.1, pong_within=0.1) as bot:
            await until(lambda: len(addresses) == 2 and bot.line.state.connected)
            since = bot.line.state.since
            await until(lambda: datetime.now(UTC) - since > timedelta(seconds=0.5))
            assert bot.line.state.connected
            assert len(addresses) == 2
    finally:
        await runner.cleanup()


async def test_without_a_connection_for_long_although_slack_answers_a_new_process_is_asked_for(box):
    box.faults.refuse_handshakes(1_000)
    async with running(box.api_url, patience=timedelta(seconds=0.1)) as bot:
        await until(lambda: bot.hopeless)


async def test_without_a_network_a_new_process_would_not_help_and_is_not_asked_for():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/api/"
        async with running(url, patience=timedelta(0)) as bot:
            await until(lambda: bot.line.state.why != "not tried yet")
            assert bot.hopeless == []


async def test_a_refused_app_token_is_named_and_a_new_process_is_not_asked_for(box, caplog):
    async with running(box.api_url, app_token="xapp-wrong", patience=timedelta(0)) as bot:
        await until(lambda: box.calls.counts["apps.connections.open"] >= 2)
        assert "invalid_auth" in bot.line.state.why
        assert bot.hopeless == []
    assert len([line for line in said(caplog) if "invalid_auth" in line]) == 1


async def test_closing_leaves_no_connection_and_no_task_behind(box):
    async with running(box.api_url) as bot:
        await bot.connected()
    await until(lambda: box.sockets.connected == 0)
    assert bot.line.state.why == "closed by us"


async def test_closing_while_a_connection_is_being_replaced_leaves_none_behind_either(box):
    for _ in range(10):
        async with running(box.api_url) as bot:
            await bot.connected()
            opened = box.calls.counts["apps.connections.open"]
            await box.faults.request_disconnect("refresh_requested")
            await until(lambda before=opened: box.calls.counts["apps.connections.open"] > before, every=0)
        assert bot.line.state.why == "closed by us"
    await until(lambda: box.sockets.connected == 0)


async def test_another_bot_of_the_same_app_is_told_once_it_has_stayed_and_so_is_its_end(box, bot):
    await until(lambda: bot.company == [False])
    async with running(box.api_url, ping_every=0.05, company_lasting=1.0) as copy:
        await until(lambda: copy.company == [True])
        assert box.sockets.connected == 2
        await box.faults.request_disconnect("refresh_requested")
        await until(lambda: box.calls.counts["apps.connections.open"] >= 5 and box.sockets.connected == 2)
        assert copy.company == [True]
        await bot.line.close()
        await until(lambda: copy.company == [True, False])


async def test_a_connection_of_ours_that_slack_still_counts_is_no_other_bot(box):
    async with running(box.api_url) as cut_off, running(box.api_url, ping_every=0.05, company_lasting=0.3) as bot:
        await bot.connected()
        assert bot.company == []
        await cut_off.line.close()
        await until(lambda: bot.company == [False])
        assert box.sockets.connected == 1


async def test_connections_that_are_lost_again_and_again_are_no_other_bot():
    company, told = Company(), []
    company.lasting = 0

    async def changed(there: bool) -> None:
        told.append(there)

    async def greeted(connections: int) -> None:
        await company.hear(None, {"type": "hello", "num_connections": connections}, None)

    company.changed = changed
    for _ in range(2):
        company.connects()
        await greeted(2)
        assert (told, company.is_due(), company.is_due()) == ([], True, False)
    await greeted(3)  # in place of one of ours
    assert told == [True]
    await greeted(2)
    assert told == [True, False]
