"""Delivers what waits in the outbox: draws each card as it now stands, posts or updates it, records where it is.

Intent is committed before a request is sent. A request whose answer was lost is looked up by its key before it is
repeated, so that neither a crash nor a lost answer loses or doubles a message. 429 is obeyed, a method at a time.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.incident import Tell
from bot.slack import Slack
from bot.slack_errors import InDoubt, Offline, RateLimited, Rejected
from bot.store import Store
from bot.store.outbox import Post, Waiting
from bot.store.writer import Writer
from bot.views import Card, line

log = logging.getLogger(__name__)

Draw = Callable[[Store, str, datetime], Card | None]
"""The card of a subject (`incident:7`, `run:3:step:2`) as it now stands; None if there is nothing to show."""

FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(minutes=1)
SETTLING = timedelta(seconds=5)  # a request whose answer was lost may still arrive: only then is "not there" true
AHEAD = 50


class Method(StrEnum):
    """What is asked of Slack; each has a rate limit of its own."""

    POST = "post"
    UPDATE = "update"
    UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Errand:
    """One try: what to deliver, drawn, and where. `at`: the message to update; `thread`: the ts to reply to."""

    waiting: Waiting
    method: Method
    card: Card
    at: Post | None
    thread: str | None


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to deliver before `due`, None for nothing at all."""

    due: datetime | None


class Courier:
    """Runs the errands, one after another. `online` says whether the last try reached Slack."""

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
        self._resting: dict[Method, datetime] = {}

    def poke(self) -> None:
        """Something was put into the outbox."""
        self._poked.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        channel = await self._find_channel()
        while True:
            self._poked.clear()
            resting = {m for m, until in self._resting.items() if until > self._clock()}
            found = await self._writer.do(take, self._draw, resting)
            if isinstance(found, Errand):
                await self._deliver(channel, found)
            else:
                await self._wait(found.due)

    async def _find_channel(self) -> str:
        pause = FIRST_RETRY
        while True:
            try:
                return await self._slack.channel_id(self._channel)
            except (Offline, InDoubt, RateLimited, Rejected) as why:
                log.warning("cannot deliver yet: because %s", why)
            await asyncio.sleep(pause.total_seconds())
            pause = min(2 * pause, LONGEST_RETRY)

    async def _wait(self, due: datetime | None) -> None:
        times = [t for t in (due, *self._resting.values()) if t is not None and t > self._clock()]
        seconds = (min(times) - self._clock()).total_seconds() if times else None
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._poked.wait()

    async def _deliver(self, channel: str, errand: Errand) -> None:
        waiting = errand.waiting
        try:
            post = await self._send(channel, errand)
        except RateLimited as limit:
            until = self._clock() + timedelta(seconds=limit.retry_after)
            self._resting[errand.method] = until
            await self._writer.do(put_back, waiting, until, str(limit), doubtful=waiting.doubtful)
        except Offline as why:
            self._went(online=False, why=str(why))
            await self._writer.do(put_back, waiting, self._later(waiting), str(why), doubtful=waiting.doubtful)
        except InDoubt as why:
            self._went(online=False, why=str(why))
            due = max(self._later(waiting), self._clock() + SETTLING)
            await self._writer.do(put_back, waiting, due, str(why), doubtful=True)
        except Rejected as why:
            await self._refused(waiting, why)
        else:
            self._went(online=True)
            await self._writer.do(record, errand, post)

    async def _send(self, channel: str, errand: Errand) -> Post | None:
        """Send one request, or find that an earlier one arrived after all."""
        waiting, parcel, card = errand.waiting, errand.waiting.parcel, errand.card
        where, since = errand.at, waiting.created_at
        if where is not None:
            await self._slack.update(where.channel, where.ts, card.text, card.blocks, key=waiting.key)
            return where
        if parcel.tell == "file":
            name = parcel.name or "file"
            found = waiting.doubtful and await self._slack.find_upload(
                channel, name, since=since, thread=errand.thread
            )
            if not found:
                await self._slack.upload(
                    channel,
                    name,
                    parcel.content or b"",
                    title=parcel.text,
                    comment=parcel.text,
                    thread=errand.thread,
                )
            return None
        if waiting.doubtful:
            ts = await self._slack.find(channel, waiting.key, since=since, thread=errand.thread)
            if ts is not None:
                return Post(channel, ts)
        broadcast = parcel.tell == Tell.BROADCAST
        ts = await self._slack.post(
            channel, card.text, card.blocks, key=waiting.key, thread=errand.thread, broadcast=broadcast
        )
        return Post(channel, ts)

    async def _refused(self, waiting: Waiting, why: Rejected) -> None:
        """Wait for a person to mend what can be (token, scope, channel); give up what will never be taken."""
        log.error("cannot deliver %s: because %s", waiting.key, why)
        if why.is_permanent:
            await self._writer.do(give_up, waiting, str(why), deleted=why.error == "message_not_found")
        else:
            due = self._clock() + LONGEST_RETRY
            await self._writer.do(put_back, waiting, due, str(why), doubtful=waiting.doubtful)

    def _later(self, waiting: Waiting) -> datetime:
        pause: timedelta = FIRST_RETRY * 2 ** min(waiting.attempts, 10)
        return self._clock() + min(pause, LONGEST_RETRY)

    def _went(self, *, online: bool, why: str = "") -> None:
        if online is not self.online:
            log.info("Slack is reachable") if online else log.warning("Slack is out of reach: %s", why)
        self.online = online


def take(store: Store, now: datetime, draw: Draw, resting: set[Method]) -> Errand | Nothing:
    """The next errand, its begin committed; or when there will be one."""
    later = []
    for waiting in store.outbox.waiting(AHEAD):
        parcel = waiting.parcel
        at = store.outbox.post(parcel.subject) if parcel.tell == Tell.CARD else None
        thread = store.outbox.post(parcel.thread) if parcel.thread else None
        method = Method.UPLOAD if parcel.tell == "file" else Method.UPDATE if at else Method.POST
        if method in resting or (parcel.thread and thread is None):
            continue
        if waiting.due_at > now:
            later.append(waiting.due_at)
            continue
        card = draw(store, parcel.subject, now) if parcel.tell == Tell.CARD else line(parcel.text)
        if card is None:
            store.outbox.sent(waiting.id)
            continue
        store.outbox.begin(waiting.id, now)
        return Errand(waiting, method, card, at, thread.ts if thread else None)
    return Nothing(min(later, default=None))


def record(store: Store, now: datetime, errand: Errand, post: Post | None) -> None:
    """It was delivered. A card found again after doubt may show the past, so it is drawn once more."""
    waiting = errand.waiting
    if waiting.parcel.tell == Tell.CARD and post is not None:
        store.outbox.posted(waiting.parcel.subject, post, now)
    if waiting.parcel.tell == Tell.CARD and waiting.doubtful and errand.at is None:
        store.outbox.again(waiting.id, now, "", doubtful=False)
    else:
        store.outbox.sent(waiting.id)


def put_back(store: Store, _now: datetime, waiting: Waiting, due: datetime, why: str, *, doubtful: bool) -> None:
    """It was not delivered, or nobody knows: try again at `due`."""
    store.outbox.again(waiting.id, due, why, doubtful=doubtful)


def give_up(store: Store, now: datetime, waiting: Waiting, why: str, *, deleted: bool) -> None:
    """Slack will never take it. A card whose message someone `deleted` is posted anew."""
    if deleted:
        store.outbox.forget_post(waiting.parcel.subject)
        store.outbox.again(waiting.id, now, why, doubtful=False)
    else:
        store.outbox.failed(waiting.id, why)
        store.alive.write(f"cannot deliver {waiting.key}: because {why}", now)
