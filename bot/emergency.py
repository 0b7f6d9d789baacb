"""Tells that the database can't be written: straight to Slack, for the outbox is in that database.

One message while it lasts, kept up to date; a new one each hour, so that it is not overlooked; all of them say so
when it is over. A message whose answer was lost is looked for by its key before it is posted again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bot.core.health import Observation, TargetId
from bot.core.picture import Trouble
from bot.slack import Slack
from bot.slack_errors import SlackError
from bot.store.writer import Writer
from bot.views import Card
from bot.views.emergency import can_write_card, cannot_start_card, cannot_write_card, cannot_write_words
from bot.views.times import lasted

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long it must last to be told; how often the message is brought up to date, and posted anew."""

    patience: timedelta = timedelta(seconds=10)
    update: timedelta = timedelta(seconds=15)
    again: timedelta = AGAIN


@dataclass(frozen=True, slots=True)
class Told:
    """A message in Slack, and what it says."""

    channel: str
    ts: str
    key: str
    card: Card


@dataclass(slots=True)
class Emergency:
    """Watches the writer. `noticed`: what fails and could not be written; `names`: what people call a target.

    `zone`: of the times in what is told elsewhere.
    """

    writer: Writer
    slack: Slack
    channel: str
    owner: str
    now: Callable[[], datetime]
    noticed: Callable[[], Sequence[Observation]]
    names: Callable[[TargetId], str]
    pace: Pace = Pace()
    elsewhere: Callable[[str], Awaitable[bool]] | None = None
    slack_silent: timedelta = timedelta(minutes=2)
    zone: tzinfo = UTC
    _told: list[Told] = field(default_factory=list)
    _cried: set[str] = field(default_factory=set)  # what was told elsewhere, by its key or fingerprint
    _in_doubt: str | None = None  # the key of a message that may have arrived

    async def run(self) -> None:
        """Tell, until cancelled."""
        while True:
            trouble = await self.writer.fails()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pace.patience.total_seconds()):
                    await self.writer.succeeds()
                    continue
            while self.writer.trouble is not None:
                await self._tell(trouble)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.pace.update.total_seconds()):
                        await self.writer.succeeds()
            await self._over(trouble)

    async def _tell(self, trouble: Trouble) -> None:
        """Post the message where there is none or the last is old, else bring it up to date."""
        card = cannot_write_card(trouble, self.owner, self.noticed(), self.names)
        hours = int((self.now() - trouble.since) / self.pace.again)
        key = f"cannot-write:{trouble.since.isoformat()}:{hours}"
        try:
            if not self._told or self._told[-1].key != key:
                self._told.append(await self._post(card, key, trouble.since))
            elif self._told[-1].card != card:
                self._told[-1] = await self._update(self._told[-1], card)
        except SlackError as why:
            log.error("cannot tell that the database can't be written: %s", why)
            await self._cry(trouble, key)

    async def _cry(self, trouble: Trouble, key: str) -> None:
        """Slack does not take it: tell it elsewhere, once for each message that Slack was to have had."""
        if self.elsewhere is None or self.now() - trouble.since < self.slack_silent:
            return
        noticed = self.noticed()
        news = {key, *map(str, (one.fingerprint for one in noticed))} - self._cried
        if any(one.key == key for one in self._told):
            news.discard(key)
        if news and await self.elsewhere(cannot_write_words(trouble, noticed, self.names, self.zone)):
            self._cried |= news

    async def _cry_over(self, trouble: Trouble) -> None:
        """What was told elsewhere is over."""
        if self.elsewhere is not None and self._cried and self.writer.trouble is None:
            self._cried.clear()
            await self.elsewhere(
                f"🟢 My database is in order again. It was not for {lasted(self.now() - trouble.since)}."
            )

    async def _post(self, card: Card, key: str, since: datetime) -> Told:
        found = await self._found(key, since)
        if found is None:
            channel = await self.slack.channel_id(self.channel)
            self._in_doubt = key
            found = Told(channel, await self.slack.post(channel, card.text, card.blocks, key=key), key, card)
        self._in_doubt = None
        return found

    async def _found(self, key: str, since: datetime) -> Told | None:
        """The message of that key, if it arrived although no answer came back; what it says is not known."""
        channel = await self.slack.channel_id(self.channel)
        sent = await self.slack.find(channel, key, since=since)
        return Told(channel, sent, key, Card("")) if sent else None

    async def _update(self, told: Told, card: Card) -> Told:
        await self.slack.update(told.channel, told.ts, card.text, card.blocks, key=told.key)
        return Told(told.channel, told.ts, told.key, card)

    async def _over(self, trouble: Trouble) -> None:
        """Let every message say that it is over, however long Slack takes to hear it, unless it begins again."""
        card = can_write_card(trouble, self.now())
        await self._cry_over(trouble)
        while (self._told or self._in_doubt) and self.writer.trouble is None:
            try:
                if self._in_doubt is not None:
                    arrived = await self._found(self._in_doubt, trouble.since)
                    self._told += [arrived] if arrived else []
                    self._in_doubt = None
                for told in list(self._told):
                    await self._update(told, card)
                    self._told.remove(told)
            except SlackError as why:
                log.error("cannot tell that the database can be written again: %s", why)
                await asyncio.sleep(self.pace.update.total_seconds())


async def cannot_start(slack: Slack, channel: str, owner: str, why: str, now: datetime) -> None:
    """Tell that the bot can't start, at most once an hour: whoever supervises it tries again and again.

    Raises SlackError.
    """
    where = await slack.channel_id(channel)
    if await slack.find(where, "cannot-start", since=now - AGAIN) is None:
        card = cannot_start_card(why, owner)
        await slack.post(where, card.text, card.blocks, key="cannot-start")
