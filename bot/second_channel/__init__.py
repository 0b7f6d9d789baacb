"""The second channel: tells a person what Slack can't, one message after another. What is due, usecases decide.

It is told once: where nobody knows whether a message arrived it is not sent again, and that is said in the log and
by `health`.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from bot.config import Config
from bot.config.outward import SecondChannel
from bot.second_channel.sender import Result, Sender, has_left
from bot.slack_errors import Offline
from bot.store import StoreFailed
from bot.store.thread import UseCase
from bot.store.writer import Writer
from bot.usecases.second_channel import Order, is_news, is_unknown, record, recover, take
from bot.views.elsewhere import emergency

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

GATHERING = timedelta(seconds=5)  # between two messages: what becomes due meanwhile is one
STORE_PAUSE = timedelta(seconds=5)
ASKS = timedelta(minutes=1)  # at most between two looks whether something is due


@dataclass(slots=True)
class Messenger:
    """Sends what is due, until cancelled."""

    config: Config
    settings: SecondChannel
    writer: Writer
    sender: Sender
    now: Callable[[], datetime]
    gathering: timedelta = GATHERING
    _poked: asyncio.Event = field(default_factory=asyncio.Event)

    def poke(self) -> None:
        """Something may have to be told."""
        self._poked.set()

    async def run(self) -> None:
        """Send until cancelled."""
        doubtful = await self._note(recover, lambda one, attempt: has_left(self.sender.mark(one, attempt)))
        if doubtful:
            log.warning("%d messages of the second channel may have left, and are not sent again", doubtful)
        await asyncio.to_thread(self.sender.tidy)
        while True:
            self._poked.clear()
            found = await self._note(take, self.config, self.settings)
            if isinstance(found, Order):
                await self._send(found)
                await asyncio.sleep(self.gathering.total_seconds())
            else:
                await self._wait(found.due)

    async def cry(self, what: str) -> bool:
        """Tell of an emergency, past the database. Whether it may have reached somebody."""
        try:
            result = await self.sender.send(emergency(what, self.config))
        except OSError as why:  # no process
            result = Result("failed", f"{type(why).__name__}: {why.strerror}")
        self._log("an emergency", result)
        return result.state != "failed"

    async def unheard(self, key: str, text: str) -> None:
        """Slack does not let the bot speak: that, once for as long as it lasts. The news have their own time.

        It is a `Way` of outbox/voice.py; its key says since when. Raises Offline.
        """
        since = key.rpartition(":")[0]
        if await self.writer.do(is_news, since) and not await self.cry(text.partition("\n")[0]):
            await self.writer.do(is_unknown)
            raise Offline("the second channel can't be reached")

    async def _send(self, order: Order) -> None:
        mark = self.sender.mark(order.id, order.attempt)
        try:
            result = await self.sender.send(order.message, mark)
        except OSError as why:  # no process, no folder
            result = Result("failed", f"{type(why).__name__}: {why.strerror}")
        self._log(f"“{order.message.title}”", result)
        await self._note(record, order, result.state, self.writer.redactor.text(result.why))
        with suppress(OSError):
            mark.unlink()

    def _log(self, what: str, result: Result) -> None:
        for number in result.unknown:
            log.error("address %d of the second channel is none that Apprise knows", number)
        match result.state:
            case "sent":
                log.info("told over the second channel: %s", what)
            case "failed":
                log.warning("cannot tell %s over the second channel, and try again: %s", what, result.why)
            case "partial":
                log.warning("told over a part of the second channel only, and not again: %s: %s", what, result.why)
            case _:
                log.warning(
                    "may have told %s over the second channel, nobody knows, and not again (%s): %s",
                    what,
                    result.state,
                    result.why,
                )

    async def _note(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have it written, however long that takes: what was sent but not noted would be sent again."""
        while True:
            try:
                return await self.writer.do(use_case, *args, **kwargs)
            except StoreFailed as why:
                log.error("the second channel waits: %s", why)
            await asyncio.sleep(STORE_PAUSE.total_seconds())

    async def _wait(self, due: datetime | None) -> None:
        longest = ASKS.total_seconds()
        seconds = longest if due is None else min(longest, max(0.0, (due - self.now()).total_seconds()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._poked.wait()
