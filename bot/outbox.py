"""Delivers what waits in the outbox: sends errand after errand to Slack, and has noted what became of each.

A request whose answer was lost is looked up by its key before it is repeated, so that neither a crash nor a lost
answer loses or doubles a message. What to send, and what follows, is errands.py's.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from bot.core.incident import Tell
from bot.errands import (
    MENDING,
    Draw,
    Errand,
    Method,
    begin_anew,
    doubt,
    give_up,
    put_back,
    record,
    recover,
    take,
)
from bot.slack import Slack
from bot.slack_errors import InDoubt, Offline, RateLimited, Rejected, SlackError
from bot.store import StoreFailed
from bot.store.outbox import Post, Waiting
from bot.store.thread import UseCase
from bot.store.writer import Writer
from bot.views import Card
from bot.views.outside import visible

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=15)  # so long at most is a network that has come back left unused
REFUSED_PAUSE = timedelta(seconds=5)  # after what a person must mend: the next may fare better
STORE_PAUSE = timedelta(seconds=5)  # between tries to write

_GONE = frozenset({"message_not_found", "cant_update_message", "thread_not_found"})
"""Slack's words for a message that someone deleted, or that another app's token posted."""


class Courier:
    """Runs the errands, one after another. `online` says whether the last try reached Slack.

    What Slack limits, or can't be reached for, rests: that method and no other. Rests are by the loop's clock,
    which nobody sets.
    """

    def __init__(
        self, writer: Writer, slack: Slack, channel: str, draw: Draw, clock: Callable[[], datetime]
    ) -> None:
        self.online = False
        self._writer = writer
        self._slack = slack
        self._channel = channel
        self._draw = draw
        self._clock = clock
        self._poked = asyncio.Event()
        self._resting: dict[Method, float] = {}
        self._pauses: dict[Method, timedelta] = {}

    def poke(self) -> None:
        """Something was put into the outbox."""
        self._poked.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        await self._note(recover)
        while True:
            self._poked.clear()
            found = await self._note(take, self._draw, self._at_rest())
            if isinstance(found, Errand):
                await self._deliver(found)
            else:
                await self._wait(found.due)

    async def _note(self, use_case: UseCase[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Have it written, however long that takes: what was sent but not noted would be sent again."""
        while True:
            try:
                return await self._writer.do(use_case, *args, **kwargs)
            except StoreFailed as why:
                log.error("delivery waits: %s", why)
            await asyncio.sleep(STORE_PAUSE.total_seconds())

    def _at_rest(self) -> frozenset[Method]:
        now = asyncio.get_running_loop().time()
        self._resting = {method: until for method, until in self._resting.items() if until > now}
        return frozenset(self._resting)

    def _rest(self, method: Method, length: timedelta) -> None:
        self._resting[method] = asyncio.get_running_loop().time() + length.total_seconds()

    async def _wait(self, due: datetime | None) -> None:
        """Until something is put in, a rest ends, or `due`."""
        now = asyncio.get_running_loop().time()
        lengths = [until - now for until in self._resting.values()]
        if due is not None:
            lengths.append((due - self._clock()).total_seconds())
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(lengths)) if lengths else None):
                await self._poked.wait()

    async def _deliver(self, errand: Errand) -> None:
        try:
            post = await self._send(errand)
        except SlackError as why:
            await self._failed(errand, why)
        except Exception as why:  # our own mistake, e.g. blocks that can't be built: the rest must still go
            log.exception("cannot send %s", errand.waiting.key)
            await self._note(give_up, errand.waiting, f"{type(why).__name__}: {why}")
        else:
            self._went(online=True)
            self._pauses.pop(errand.method, None)
            await self._note(record, errand, post)

    async def _send(self, errand: Errand) -> Post:
        """Send one request, or find that an earlier one arrived after all."""
        waiting, card = errand.waiting, errand.card
        if errand.method is Method.UPDATE and waiting.at is not None:
            await self._slack.update(waiting.at.channel, waiting.at.ts, card.text, card.blocks, key=waiting.key)
            return waiting.at
        channel, thread = await self._place(waiting)
        sent = await self._find(waiting, channel, thread) if waiting.doubtful else None
        if sent is None and errand.method is Method.UPLOAD:
            name, title = waiting.parcel.name or "file", visible(waiting.parcel.text)
            sent = await self._slack.upload(
                channel, name, errand.content, title=title, comment=card.text, thread=thread
            )
        elif sent is None:
            all_see = waiting.parcel.tell == Tell.BROADCAST
            sent = await self._slack.post(
                channel, card.text, card.blocks, key=waiting.key, thread=thread, broadcast=all_see
            )
        return Post(channel, sent)

    async def _place(self, waiting: Waiting) -> tuple[str, str | None]:
        """The channel and thread where it goes."""
        if waiting.thread is not None:
            return waiting.thread.channel, waiting.thread.ts
        try:
            return await self._slack.channel_id(self._channel), None
        except InDoubt as why:
            raise Offline(str(why)) from why  # only the channel was asked for

    async def _find(self, waiting: Waiting, channel: str, thread: str | None) -> str | None:
        """What an earlier, doubtful try has left in Slack."""
        parcel, since = waiting.parcel, waiting.created_at
        if parcel.is_file:
            return await self._slack.find_upload(channel, parcel.name or "file", since=since, thread=thread)
        return await self._slack.find(channel, waiting.key, since=since, thread=thread)

    async def _failed(self, errand: Errand, why: SlackError) -> None:
        """Do what the failure leaves possible."""
        waiting, method = errand.waiting, errand.method
        self._went(online=not isinstance(why, Offline | InDoubt), why=str(why))
        match why:
            case RateLimited():
                self._rest(method, timedelta(seconds=why.retry_after))
                await self._note(put_back, waiting, str(why))
            case Rejected():
                await self._refused(errand, why)
            case _:
                pause = self._pauses.get(method, FIRST_PAUSE)
                self._pauses[method] = min(2 * pause, LONGEST_PAUSE)
                self._rest(method, pause)
                await self._note(doubt if isinstance(why, InDoubt) else put_back, waiting, str(why))

    async def _refused(self, errand: Errand, why: Rejected) -> None:
        """Wait for a person to mend what can be; of what is refused for ever, bring at least the words."""
        log.error("cannot deliver %s: because %s", errand.waiting.key, why)
        if not why.is_permanent:
            self._rest(errand.method, REFUSED_PAUSE)
            await self._note(put_back, errand.waiting, str(why), MENDING)
        elif why.error in _GONE:
            await self._note(begin_anew, errand, str(why))
        elif errand.card.blocks:
            await self._deliver(replace(errand, card=Card(errand.card.text)))
        else:
            await self._note(give_up, errand.waiting, str(why))

    def _went(self, *, online: bool, why: str = "") -> None:
        if online is not self.online:
            log.info("Slack is reachable") if online else log.warning("Slack is out of reach: %s", why)
        self.online = online
