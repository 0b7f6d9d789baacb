"""The heartbeat: tells somebody outside the house, again and again, that the bot lives and looks.

It says nothing as long as the bot can't write its database or its checks have stalled: silence is the alarm, and
it comes also when house, line or bot are gone. It holds up nothing, and never asks more often than its interval.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from bot.config.outward import Heartbeat, Method, OnCritical
from bot.core.picture import Trouble
from bot.heartbeat.ping import PingFailed, ping, url_of_failure
from bot.store import StoreFailed
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.usecases.heartbeat import critical, note_answer, note_failure
from bot.views.times import lasted

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Heart:
    """Pings `url`. `stalled`: the names of jobs that are late by more than that."""

    url: str = field(repr=False)
    settings: Heartbeat
    writer: Writer
    reader: Reader
    stalled: Callable[[timedelta], Sequence[str]]
    _quiet: str = ""  # why it says nothing, as it was logged last
    _failed: str = ""  # why the last ping failed
    _owed: bool = False  # a critical incident opened, and that was not taken yet

    async def run(self) -> None:
        """Ping until cancelled. The first comes after one interval: a bot that keeps dying does not live."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.settings.every.total_seconds()
            await asyncio.sleep(self.settings.every.total_seconds())
            try:
                await self._beat()
            except Exception:
                log.exception("cannot send the heartbeat")
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _beat(self) -> None:
        why = self._unfit(self.writer.trouble)
        if why != self._quiet:
            log.warning("no heartbeat: %s", why) if why else log.info("the heartbeat goes on")
            self._quiet = why
        if why:
            return
        try:
            found = await self.reader.ask(critical, self.settings.critical)
        except StoreFailed as failed:
            log.warning("no heartbeat: %s", failed)
            return
        if self.settings.on_critical is OnCritical.FAIL:
            self._owed = self._owed or bool(found)
            await self._ping(failing=self._owed, found=found)
        elif not found or self.settings.on_critical is OnCritical.IGNORE:
            await self._ping(failing=False, found=found)

    def _unfit(self, trouble: Trouble | None) -> str:
        """Why the bot does not do its work; empty if it does."""
        if trouble is not None:
            return f"the database cannot be written since {trouble.since:%H:%M} UTC: {trouble.why}"
        late = self.stalled(self.settings.stalled_after)
        return f"these no longer look: {', '.join(late[:5])}" if late else ""

    async def _ping(self, *, failing: bool, found: Sequence[str]) -> None:
        url = url_of_failure(self.url) if failing else self.url
        body = "\n".join(found) if failing and self.settings.tell else ""
        try:
            await ping(url, Method.POST if body else self.settings.method, body, self.settings.timeout)
        except PingFailed as why:
            if str(why) != self._failed:
                again = lasted(self.settings.every)
                log.warning("the heartbeat was not taken, and is tried again every %s: %s", again, why)
            self._failed = str(why)
            await self._note(partial(note_failure, why=str(why)))
            return
        if self._failed:
            log.info("the heartbeat is taken again")
        self._failed, self._owed = "", failing and bool(found)
        await self._note(partial(note_answer, failing=failing))

    async def _note(self, use_case: Callable[..., None]) -> None:
        try:
            await self.writer.do(use_case)
        except StoreFailed as why:
            log.warning("cannot note the heartbeat: %s", why)
