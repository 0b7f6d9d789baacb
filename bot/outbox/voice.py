"""Whether Slack lets the bot speak: looked at before there is something to say, kept for `health`, told elsewhere.

Elsewhere is the fallback channel, or people's direct messages; what reaches people without Slack is a `Way` in
`outside`, and gets the same words. It delivers nothing itself: what waits stays in the outbox.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.outbox.pace import USUAL
from bot.slack import Slack
from bot.slack_errors import InDoubt, Rejected, SlackError
from bot.slack_refusals import Remedy, mend_for
from bot.store import Store, StoreFailed
from bot.store.writer import Writer

log = logging.getLogger(__name__)

SUBJECT = "unheard"
MOST_LINES = 10

Way = Callable[[str, str], Awaitable[None]]
"""`(key, text)`: reach someone. Raises SlackError where it can't; anything else is logged."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """The bot can't speak in its channel: since when, Slack's code, what kept it, what mends it."""

    since: datetime
    code: str
    why: str
    mend: str


def keep(store: Store, now: datetime, unheard: Unheard | None, told: Sequence[str]) -> None:
    """Keep it for whoever asks from outside; None: all is well."""
    fields = [unheard.since.isoformat(), unheard.code, unheard.why, unheard.mend] if unheard else []
    store.told.keep(SUBJECT, [*fields, *(told if unheard else ())], now)


def kept(store: Store) -> tuple[Unheard | None, tuple[str, ...]]:
    """What was kept, and what was told elsewhere of it."""
    since, *rest = store.told.last(SUBJECT) or [""]
    if not since:
        return None, ()
    code, why, mend, *told = rest
    return Unheard(datetime.fromisoformat(since), code, why, mend), tuple(told)


@dataclass(slots=True)
class Voice:
    """`ways`: over Slack, in order; the first that works is enough. `outside`: without it, all of them."""

    writer: Writer
    slack: Slack
    channel: str
    now: Callable[[], datetime]
    ways: Sequence[Way] = ()
    outside: Sequence[Way] = ()
    unheard: Unheard | None = None
    _told: list[str] = field(default_factory=list)
    _logged: set[str] = field(default_factory=set)
    _found_by_looking: bool = False

    async def run(self, every: timedelta = USUAL.look) -> None:
        """Look now and every so often, until cancelled."""
        await self.recall()
        while True:
            with suppress(StoreFailed):
                await self.look()
            await asyncio.sleep(every.total_seconds())

    async def recall(self) -> None:
        """Know again what was so, and what was told of it, before a restart."""
        self.unheard, told = await self.writer.do(lambda store, _now: kept(store))
        self._told = list(told)
        self._found_by_looking = self.unheard is not None

    async def look(self) -> None:
        """Ask Slack whether the bot may speak in its channel. What can't be asked now is asked later."""
        try:
            await self._demand_channel()
        except Rejected as why:
            if why.remedy in {Remedy.CHANNEL, Remedy.TOKEN}:
                self._found_by_looking = True
                await self.refused(why, ())
        except SlackError as why:
            log.debug("cannot look whether Slack lets me speak: %s", why)
        else:
            if self._found_by_looking:
                await self.heard()

    async def refused(self, why: Rejected, waiting: Sequence[tuple[str, str]]) -> None:
        """Slack refuses what a person must mend. `waiting`: what can't be said, by key; each is told once."""
        mend = mend_for(why.error)
        if why.error not in self._logged:
            log.error("cannot speak in Slack: %s; to change that: %s", why, mend)
            self._logged.add(why.error)
        is_new = self.unheard is None
        self.unheard = self.unheard or Unheard(self.now(), why.error, str(why), mend)
        news = [(key, text) for key, text in waiting if key not in self._told]
        if self._told and not news:
            return
        if is_new:  # whatever becomes of telling it
            await self.writer.do(keep, self.unheard, self._told)
        told = await self._say(self.unheard, [text for _, text in news], alone=why.remedy is not Remedy.TOKEN)
        if told:
            self._told += [self.unheard.code, *(key for key, _ in news)]
            await self.writer.do(keep, self.unheard, self._told)

    async def heard(self) -> None:
        """Slack takes messages."""
        if self.unheard is None:
            return
        log.info("Slack lets me speak again, after %s", self.unheard.code)
        self.unheard, self._found_by_looking = None, False
        self._told.clear()
        self._logged.clear()
        await self.writer.do(keep, None, ())

    async def _say(self, unheard: Unheard, lines: Sequence[str], *, alone: bool) -> bool:
        """Say it over the first way that works and all that need no Slack; whether anyone was reached."""
        name = self.channel.removeprefix("#")
        more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
        meanwhile = ["What waits to be said there:", *(f"• {line}" for line in [*lines[:MOST_LINES], *more])]
        head = f"⚠️ I can't speak in #{name} (Slack: {unheard.code}). To change that: {unheard.mend}."
        text = "\n".join([head, *(meanwhile if lines else ())])
        key = f"{SUBJECT}:{unheard.since.isoformat()}:{len(self._told)}"
        reached = [await _tried(way, key, text) for way in self.outside]
        for way in self.ways if alone else ():
            if await _tried(way, key, text):
                return True
        return any(reached)

    async def _demand_channel(self) -> None:
        """Raises Rejected where the bot can't speak in its channel."""
        await self.slack.ask("authenticate", self.slack.web.auth_test())
        found = await self.slack.channel(self.channel)
        if found.get("is_archived"):
            raise Rejected(f"cannot post in {self.channel!r}: because it is archived", "is_archived")
        if not found.get("is_member"):
            raise Rejected(f"cannot post in {self.channel!r}: because the bot is not in it", "not_in_channel")


def over_slack(slack: Slack, places: Sequence[str]) -> tuple[Way, ...]:
    """Ways to post in each of these channels, or to these people directly, by their ids or names."""
    return tuple(partial(_post, slack, place) for place in places)


async def _post(slack: Slack, place: str, key: str, text: str) -> None:
    await slack.post(place, text, [], key=key)


async def _tried(way: Way, key: str, text: str) -> bool:
    """Whether it was said. What may have been said is not said again."""
    try:
        await way(key, text)
    except InDoubt as why:
        log.warning("it may be that nobody was told: %s", why)
    except SlackError as why:
        log.warning("cannot tell anyone elsewhere: %s", why)
        return False
    except Exception:
        log.exception("cannot tell anyone elsewhere")
        return False
    return True
