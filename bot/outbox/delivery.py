"""Delivers what waits in the outbox: sends errand after errand to Slack, and has noted what became of each.

A request whose answer was lost is looked up by its key before it is repeated, so that neither a crash nor a lost
answer loses or doubles a message. What Slack refuses is never dropped while it has something to say. What to send,
and what follows, is errands.py's.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from bot.core.incident import Tell
from bot.errands import (
    Draw,
    Errand,
    Method,
    begin_anew,
    doubt,
    give_up,
    instead_of_file,
    last_channel,
    put_back,
    record,
    recover,
    say_late,
    stranded,
    take,
)
from bot.outbox import earlier
from bot.outbox.channel import Channel
from bot.outbox.pace import USUAL, Pace
from bot.outbox.voice import Voice
from bot.slack import Slack
from bot.slack_errors import InDoubt, Offline, RateLimited, Rejected, SlackError, asked_beforehand
from bot.slack_refusals import Remedy
from bot.store import StoreFailed
from bot.store.outbox import Post
from bot.store.thread import UseCase
from bot.store.writer import Writer
from bot.views.forms import after, is_empty, sent
from bot.views.outside import visible

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

NEW_ONES = 3  # times that one message may begin its card anew, however often it was tried; a restart forgets them


class Courier:
    """Runs the errands, one after another. `online` says whether the last try reached Slack.

    When Slack rate-limits, refuses or can't be reached, only that API method rests.
    """

    def __init__(
        self,
        writer: Writer,
        slack: Slack,
        channel: str,
        draw: Draw,
        clock: Callable[[], datetime],
        *,
        voice: Voice | None = None,
        pace: Pace = USUAL,
    ) -> None:
        self.online = False
        self._writer = writer
        self._slack = slack
        self._channel = Channel(slack, channel, lambda: self._note(last_channel))
        self._draw = draw
        self._clock = clock
        self._voice = voice or Voice(writer, slack, channel, clock)
        self._pace = pace
        self._poked = asyncio.Event()
        self._resting: dict[Method, float] = {}
        self._pauses: dict[Method, timedelta] = {}
        self._odd: set[tuple[Method, str]] = set()
        self._begun_anew: Counter[str] = Counter()  # by key, of what is not delivered yet
        self._barred: set[Method] = set()  # what a person has to mend

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
            await asyncio.sleep(self._pace.store.total_seconds())

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
            await self._in_another_form(errand, f"{type(why).__name__}: {why}")
        else:
            self._went(online=True)
            self._pauses.pop(errand.method, None)
            self._begun_anew.pop(errand.waiting.key, None)
            await self._note(record, errand, post)
            await self._heard(errand.method)

    async def _send(self, errand: Errand) -> Post:
        """Send one request, or find that an earlier one arrived after all."""
        waiting, shown = errand.waiting, sent(errand.card, errand.form, errand.waiting.key)
        if (old := waiting.parcel.replaces) is not None and waiting.at is not None:
            await earlier.replace(self._slack, waiting, old, waiting.at)
            return waiting.at
        key = waiting.key if shown.keyed else None
        if errand.method is Method.UPDATE and waiting.at is not None:
            await self._slack.update(waiting.at.channel, waiting.at.ts, shown.text, shown.blocks, key=key)
            return waiting.at
        with asked_beforehand():
            channel, thread = await self._channel.place(waiting)
            found = await earlier.find(self._slack, waiting, channel, thread) if waiting.doubtful else None
        if found is None and errand.method is Method.UPLOAD:
            name, title = waiting.parcel.name or "file", visible(waiting.parcel.text)
            found = await self._slack.upload(
                channel, name, errand.content, title=title, comment=shown.text, thread=thread
            )
        elif found is None:
            all_see = waiting.parcel.tell == Tell.BROADCAST
            found = await self._slack.post(
                channel, shown.text, shown.blocks, key=key, thread=thread, broadcast=all_see
            )
        return Post(channel, found)

    async def _failed(self, errand: Errand, why: SlackError) -> None:
        """Do what the failure leaves possible."""
        waiting, method = errand.waiting, errand.method
        self._went(online=not isinstance(why, Offline | InDoubt), why=str(why))
        match why:
            case RateLimited():
                self._rest(method, timedelta(seconds=why.retry_after))
                await self._note(put_back, waiting, str(why), tried=False)
            case Rejected():
                await self._refused(errand, why)
            case InDoubt():
                self._rest_longer(method, self._pace.first, self._pace.longest)
                await self._note(doubt, waiting, str(why))
            case _:
                self._rest_longer(method, self._pace.first, self._pace.longest)
                await self._note(put_back, waiting, str(why), tried=False)
        if method is Method.UPLOAD and self._clock() - waiting.created_at >= self._pace.late_file:
            await self._file_is_late(errand, why)

    async def _file_is_late(self, errand: Errand, why: SlackError) -> None:
        """Say so in its place, where nothing but the file is stuck. It is tried on."""
        if await self._slack.reachable():
            await self._note(say_late, errand, str(why))

    async def _refused(self, errand: Errand, why: Rejected) -> None:
        """Do what the code asks for; what is known for no code is tried again, ever more slowly."""
        waiting, remedy = errand.waiting, why.remedy
        if errand.method is Method.UPLOAD and (remedy in _NO_FILE or why.error == "missing_scope"):
            log.error("cannot deliver %s: because %s", waiting.key, why)
            await self._note(instead_of_file, errand, str(why), why.error)
        elif remedy is Remedy.CONTENT:
            await self._in_another_form(errand, str(why))
        elif remedy is Remedy.ANEW and _stands_on(errand) and self._begun_anew[waiting.key] < NEW_ONES:
            log.warning("begin anew after %s: because %s", waiting.key, why)
            await self._begin_anew(errand, str(why), stands=why.error not in earlier.GONE)
        elif remedy is Remedy.CHANNEL and await self._channel.has_moved(_stands_on(errand)):
            await self._begin_anew(errand, str(why), stands=False)
        elif remedy in {Remedy.CHANNEL, Remedy.TOKEN}:
            for method in Method if remedy is Remedy.TOKEN else (errand.method,):
                self._rest_longer(method, self._pace.refused, self._pace.refused_longest)
            await self._note(put_back, waiting, str(why))
            await self._unheard(why, errand.method)
        else:
            await self._slowly(errand, str(why), why.error)

    async def _in_another_form(self, errand: Errand, why: str) -> None:
        """Say it in another form. What has nothing to say is given up; nothing else is."""
        waiting = errand.waiting
        log.error("cannot deliver %s: because %s", waiting.key, why)
        following = after(errand.card, errand.form, waiting.key)
        if is_empty(errand.card) or waiting.parcel.replaces is not None:
            await self._note(give_up, waiting, why)
        elif following is not None:
            await self._deliver(replace(errand, form=following))
        elif errand.method is Method.UPDATE and self._begun_anew[waiting.key] < NEW_ONES:
            await self._begin_anew(errand, why, stands=True)
        else:
            await self._slowly(errand, why, "content")

    async def _begin_anew(self, errand: Errand, why: str, *, stands: bool) -> None:
        self._begun_anew[errand.waiting.key] += 1
        await self._note(begin_anew, errand, why, stands=stands)

    async def _slowly(self, errand: Errand, why: str, code: str) -> None:
        """Try again later, and then ever later."""
        if (errand.method, code) not in self._odd:
            self._odd.add((errand.method, code))
            log.error("cannot deliver %s, and try again: because %s", errand.waiting.key, why)
        self._rest_longer(errand.method, self._pace.first, self._pace.longest)
        wait = min(self._pace.slow * 2 ** min(errand.waiting.attempts, 20), self._pace.slowest)
        await self._note(put_back, errand.waiting, why, wait)

    async def _unheard(self, why: Rejected, method: Method) -> None:
        self._barred.add(method)
        waiting = await self._note(stranded, self._draw)
        with suppress(StoreFailed):
            await self._voice.refused(why, waiting)

    async def _heard(self, method: Method) -> None:
        self._barred.discard(method)
        if not self._barred:
            with suppress(StoreFailed):
                await self._voice.heard()

    def _rest_longer(self, method: Method, first: timedelta, longest: timedelta) -> None:
        pause = min(max(self._pauses.get(method, first), first), longest)
        self._pauses[method] = min(2 * pause, longest)
        self._rest(method, pause)

    def _went(self, *, online: bool, why: str = "") -> None:
        if online is not self.online:
            log.info("Slack is reachable") if online else log.warning("Slack is out of reach: %s", why)
        self.online = online


def _stands_on(errand: Errand) -> Post | None:
    """The message that is changed, or in whose thread it goes."""
    return errand.waiting.at if errand.method is Method.UPDATE else errand.waiting.thread


_NO_FILE = frozenset({Remedy.FILE, Remedy.CONTENT})
