"""A box, the real Slack clients, and a real bolt app on it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.server import Box, Settings
from tests.waiting import until

ACK_SECONDS = 0.25  # instead of Slack's three: what isn't acknowledged is noticed sooner


@dataclass
class Clock:
    """Wall time that stands still unless it is moved."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """A box, a client of it, and a bolt app that a test adds listeners to before `connected`."""

    box: Box
    clock: Clock
    client: AsyncWebClient
    app: AsyncApp
    heard: list = field(default_factory=list)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncSocketModeHandler]:
        """The app's Socket Mode connection stands."""
        handler = AsyncSocketModeHandler(self.app, self.box.app_token, web_client=self.client, ping_interval=0.1)
        await handler.connect_async()
        try:
            await until(lambda: self.box.sockets.connected == 1)
            yield handler
        finally:
            await handler.close_async()


@asynccontextmanager
async def a_world(**settings: object) -> AsyncIterator[World]:
    """A world in which time stands still and an acknowledgement is due in a quarter of a second."""
    clock = Clock()
    usual = {"clock": clock, "ack_seconds": ACK_SECONDS}
    async with Box.start(settings=Settings(**(usual | settings))) as box:
        client = AsyncWebClient(token=box.bot_token, base_url=box.api_url, retry_handlers=[])
        app = AsyncApp(client=client, logger=logging.getLogger("app"))
        yield World(box, clock, client, app)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_world() as made:
        yield made
