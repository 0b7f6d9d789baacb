"""What befalls the bot's own process and the system's clock: noticed each second, followed, and put on record.

What can't be written when it is noticed is written as soon as it can be: the database has to follow the clock that
all else follows already.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.config import Config
from bot.core.clock_step import shifted
from bot.core.incidents.situation import Gap
from bot.sightings import stopped
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases.clock_steps import clock_stepped

log = logging.getLogger(__name__)

STOPPED: Final = "My own process was stopped"


class OwnTime:
    """Follows both. `tick`: for how long this process was stopped; `follow`: by how much the clock was set.

    `shift`: has all that is planned or counted in memory shift; `missed` is told of a time without a look, and
    whether that was so long that it is told.
    """

    def __init__(
        self,
        config: Config,
        writer: Writer,
        now: Callable[[], datetime],
        *,
        tick: Callable[[], timedelta | None],
        follow: Callable[[], timedelta | None],
        shift: Callable[[timedelta], None],
        missed: Callable[[Gap, bool], None],
    ) -> None:
        self._config, self._writer, self._now = config, writer, now
        self._tick, self._follow, self._shift, self._missed = tick, follow, shift, missed
        self._turn = asyncio.Lock()
        self._stops: list[Gap] = []  # not written yet
        self._befell = 0
        self._step = timedelta(0)  # by which the clock was set, and the database does not know of yet

    async def run(self) -> None:
        """Notice and write, for ever. The scheduler can't do that: a step may stop it."""
        while True:
            await asyncio.sleep(1)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Note what befell: nothing may be decided by what was so before a stop, or by the time that it took."""
        async with self._turn:
            news = self._notice()
            try:
                await self._write()
            except StoreFailed as why:
                if news:
                    log.error("cannot note yet what befell this process: because %s", why)
            except Exception:  # whoever waits for this goes on
                log.exception("cannot note what befell this process; it is tried again")

    async def befell(self) -> int:
        """How many times by now this process was stopped or the clock set: what began before the last is old."""
        await self.catch_up()
        return self._befell

    def _notice(self) -> bool:
        """Whether anything befell it since it was looked at last."""
        length, step = self._tick(), self._follow()
        if length is not None:
            log.warning("this process was stopped for %.0f s", length.total_seconds())
            now = self._now() - (step or timedelta(0))
            self._stops.append(Gap(now - length, now, STOPPED, self._config.zone))
        if step is not None:
            log.warning("the system's clock was set by %+.0f s", step.total_seconds())
            self._shift(step)
            self._stops = [shifted(gap, step) for gap in self._stops]
            self._step += step
        news = length is not None or step is not None
        self._befell += news
        return news

    async def _write(self) -> None:
        if self._step:
            await self._writer.do(clock_stepped, self._config, self._step)
            self._step = timedelta(0)
        while self._stops:
            self._missed(self._stops[0], await self._writer.do(stopped, self._config, self._stops[0]))
            del self._stops[0]
