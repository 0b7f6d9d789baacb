"""The line on which Slack calls the bot: one Socket Mode connection, kept up by a watchdog.

bolt's client (the one on `websockets`) connects and acknowledges; when to connect is decided here alone. Each
attempt asks for a new address, because a failed handshake uses its own up. It knows nothing of what arrives.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.websockets import SocketModeClient
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from bot.slack import Slack
from bot.slack_company import Company
from bot.slack_errors import RateLimited, Rejected, named

log = logging.getLogger(__name__)

_LONGEST_PAUSE: Final = 30.0  # seconds
_STEADY: Final = 5.0  # seconds a connection must last before the next failure counts as the first again
_UNHEARD: Final = 0.2  # seconds after which a cancellation that shows no effect is repeated
_CLOSING: Final = 2.0  # seconds to wait for the other side's goodbye


@dataclass(frozen=True, slots=True)
class LineState:
    """Whether Slack can call the bot, since when, and why (not)."""

    connected: bool
    since: datetime
    why: str


class Line:
    """Keeps `app` connected from `start` to `close`; both, and building it, inside a running event loop.

    `on_hopeless` is called when no connection came about for `patience` although the Web API answers: then only a
    new process may help. `ping_every` and `pong_within`, seconds: when a silent connection counts as lost.
    `company`: whether others are connected as the same app.
    """

    def __init__(
        self,
        app: AsyncApp,
        slack: Slack,
        *,
        now: Callable[[], datetime],
        on_hopeless: Callable[[], None],
        patience: timedelta = timedelta(minutes=10),
        ping_every: float = 10.0,
        pong_within: float = 5.0,
    ) -> None:
        self._slack = slack
        self._client = _client(app, slack, ping_every)
        self.company = Company()
        self._client.message_listeners.append(self.company.hear)
        self._now = now
        self._on_hopeless = on_hopeless
        self._patience = patience.total_seconds()
        self._ping_every = ping_every
        self._pong_within = pong_within
        self._task: asyncio.Task[None] | None = None
        self._told: tuple[bool, bool] | None = None
        self.state = LineState(connected=False, since=now(), why="not tried yet")

    def start(self) -> None:
        """Begin connecting, in the background; without a network it goes on trying."""
        self._task = asyncio.create_task(self._keep_up(), name="slack-line")

    async def close(self) -> None:
        """Hang up. What was received and not yet acknowledged, Slack will deliver again."""
        while self._task is not None and not self._task.done():
            self._task.cancel()  # again, until it is heard: a library that is just connecting may swallow it
            await asyncio.wait({self._task}, timeout=_UNHEARD)
        await self._client.close()  # type: ignore[no-untyped-call]
        with suppress(TimeoutError):  # a new connection may just be put in the place of that one
            async with asyncio.timeout(_CLOSING), self._client.connect_operation_lock:
                await self._client.close()  # type: ignore[no-untyped-call]
        self.state = LineState(connected=False, since=self._now(), why="closed by us")
        log.info("closed the connection to Slack")

    async def _keep_up(self) -> None:
        failures, last_up = 0, time.monotonic()
        while True:
            trouble = await self._connect()
            if trouble is None:
                began = time.monotonic()
                self._turn(connected=False, why=await self._until_lost())
                last_up = time.monotonic()
                failures = 0 if last_up - began > _STEADY else failures
            elif time.monotonic() - last_up > self._patience and await self._is_hopeless(trouble):
                last_up = time.monotonic()
                self._on_hopeless()
            failures += 1
            asked = trouble.retry_after if isinstance(trouble, RateLimited) else 0.0
            await asyncio.sleep(max(_pause(failures), asked))

    async def _connect(self) -> Exception | None:
        """Try once; returns what went wrong."""
        self.company.connects()
        try:
            await self._client.connect_to_new_endpoint()
            if not await self._client.is_connected():
                raise ConnectionError("the attempt before this one has not ended yet")
        except Exception as error:  # noqa: BLE001 (a watchdog outlives whatever the library raises)
            trouble = named("connect to Slack", error) if isinstance(error, SlackApiError) else error
            why = str(trouble) or type(trouble).__name__
            self._turn(connected=False, why=why, refused=isinstance(trouble, Rejected))
            return trouble
        self._turn(connected=True, why="Slack accepted the connection")
        return None

    async def _until_lost(self) -> str:
        """Wait until the connection is gone or leaves a ping unanswered; returns which.

        When Slack announces its end, the client puts a new one in its place first: that is no loss.
        """
        while True:
            session = self._client.current_session
            if session is None or session.close_code is not None:
                return "the connection was closed"
            session.close_timeout = _CLOSING
            if self.company.is_due():
                await self._replace()
                continue
            try:
                async with asyncio.timeout(self._ping_every):
                    await session.wait_closed()
            except TimeoutError:
                if not await self._answers(session):
                    session.transport.abort()
                    return f"no answer to a ping within {self._pong_within:g} s"

    async def _replace(self) -> None:
        """Put a new connection in the place of this one, if one can be had."""
        with suppress(Exception):  # whatever the library raises: this one stands, or its loss is noticed
            await self._client.connect_to_new_endpoint(force=True)

    async def _answers(self, session: ClientConnection) -> bool:
        try:
            async with asyncio.timeout(self._pong_within):
                await (await session.ping())
        except TimeoutError:
            return False
        except ConnectionClosed:
            return True  # it has ended in the meantime, which the next look will find
        return True

    async def _is_hopeless(self, trouble: Exception) -> bool:
        # What Slack refuses, it refuses a new process too: a person has to mend the token or the app.
        return not isinstance(trouble, Rejected) and await self._slack.reachable()

    def _turn(self, *, connected: bool, why: str, refused: bool = False) -> None:
        """Note the state; log it when it is news, not at each attempt."""
        since = self.state.since if connected == self.state.connected else self._now()
        was_up, self.state = self.state.connected, LineState(connected=connected, since=since, why=why)
        if self._told == (connected, refused):
            return
        self._told = (connected, refused)
        if connected:
            log.info("connected to Slack")
        elif was_up:
            log.warning("lost the connection to Slack: %s", why)
        else:
            log.warning("not connected to Slack, still trying: %s", why)


def _client(app: AsyncApp, slack: Slack, ping_every: float) -> SocketModeClient:
    handler = AsyncSocketModeHandler(
        app, slack.app_token, logger=_library, web_client=slack.web, ping_interval=ping_every
    )
    client = handler.client
    # Its own monitor looks only every `ping_interval`, and two who reconnect get in each other's way.
    client.default_auto_reconnect_enabled = client.auto_reconnect_enabled = False
    return client


def _pause(failures: int) -> float:
    """Seconds before the next attempt: doubling, bounded, and not in step with everybody else's."""
    return min(_LONGEST_PAUSE, 0.25 * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311


def _not_told_here(record: logging.LogRecord) -> bool:
    """The library reports every attempt; of that only what the line does not say itself passes."""
    return record.levelno <= logging.DEBUG or record.getMessage().startswith("Failed to run a ")


_library = logging.getLogger(f"{__name__}.library")
_library.addFilter(_not_told_here)
_library.setLevel(logging.INFO)
