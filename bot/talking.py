"""The conversation with Slack, put together: what delivers, what listens, the line on which Slack calls.

When it begins, app.py says. It is imported after the bot has begun to look: Slack's libraries take their time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot import emergency
from bot.cards import Artist
from bot.config import Config, Secrets
from bot.core.health import Observation, TargetId
from bot.core.permit import Role
from bot.core.picture import Outlook
from bot.core.progress import Progress
from bot.library import Library
from bot.outbox import Courier, Voice
from bot.outbox.voice import over_slack
from bot.outward import begun, heart_of, messenger_of
from bot.redact import Redactor, redactor_of
from bot.second_channel import Messenger
from bot.slack import Slack
from bot.slack_app import make_app
from bot.slack_errors import SlackError
from bot.slack_socket import Line
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.usecases.company import company_changed
from bot.usecases.run_context import House
from handlers import Desk, register
from handlers.desk import MoveRun, Search, StartRun

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=10)  # for Slack to hear why the bot can't start


@dataclass(frozen=True, slots=True)
class Talk:
    """What the conversation needs of the bot. `on_hopeless`: see `Line`."""

    config: Config
    now: Callable[[], datetime]
    writer: Writer
    reader: Reader
    library: Library
    house: House
    progress: Mapping[tuple[int, int], Progress]
    start_run: StartRun
    move_run: MoveRun
    on_hopeless: Callable[[], None]
    outlook: Callable[[], Outlook]
    unwritten: Callable[[], Sequence[Observation]]
    names: Callable[[TargetId], str]
    stalled: Callable[[timedelta], Sequence[str]]
    search: Search

    def begin(self, secrets: Secrets, opened: AsyncExitStack) -> Sequence[asyncio.Task[None]]:
        """Deliver and listen until `opened` is closed; the tasks that deliver, which have no end of their own."""
        slack = _slack(secrets, self.writer.redactor, self.config.zone)
        opened.push_async_callback(slack.close)
        artist = Artist(self.config, self.library, self.progress, self.house)
        channel = self.config.slack.channel
        messenger = messenger_of(secrets, self.config, self.writer, self.now)
        outside = (messenger.unheard,) if messenger else ()
        voice = Voice(self.writer, slack, channel, self.now, over_slack(slack, self._elsewhere()), outside)
        courier = Courier(self.writer, slack, channel, artist.draw, self.now, voice=voice)
        self.writer.wake = _both(courier.poke, messenger.poke) if messenger else courier.poke
        heart = heart_of(secrets, self.config, self.writer, self.reader, self.stalled)
        delivering = (
            *begun(messenger, heart),
            asyncio.create_task(courier.run(), name="delivery to Slack"),
            asyncio.create_task(voice.run(), name="looking whether Slack lets it speak"),
            asyncio.create_task(
                self._emergency(slack, messenger).run(), name="telling of a database that can't be written"
            ),
        )
        app = make_app(slack)
        register(app, self._desk(slack))
        line = Line(app, slack, now=self.now, on_hopeless=self.on_hopeless)
        line.company.changed = self._company_changed
        opened.push_async_callback(line.close)
        line.start()
        return delivering

    async def _company_changed(self, there: bool) -> None:  # noqa: FBT001
        await self.writer.do(company_changed, there)

    def _emergency(self, slack: Slack, messenger: Messenger | None) -> emergency.Emergency:
        return emergency.Emergency(
            self.writer,
            slack,
            self.config.slack.channel,
            self.config.owner.slack,
            self.now,
            self.unwritten,
            self.names,
            elsewhere=messenger.cry if messenger else None,
            slack_silent=messenger.settings.slack_silent if messenger else timedelta(),
            zone=self.config.zone,
        )

    def _elsewhere(self) -> Sequence[str]:
        """Where it is said that the channel can't be posted to: in the fallback channel, else to an admin."""
        fallback = self.config.slack.fallback_channel
        admins = (one.slack for one in self.config.people if Role.ADMIN in one.roles)
        people = dict.fromkeys([self.config.owner.slack, *admins])
        return [*([fallback] if fallback else []), *people]

    def _desk(self, slack: Slack) -> Desk:
        return Desk(
            writer=self.writer,
            reader=self.reader,
            slack=slack,
            config=self.config,
            library=self.library,
            house=self.house,
            start_run=self.start_run,
            move_run=self.move_run,
            outlook=self.outlook,
            search=self.search,
        )


def _both(*wakes: Callable[[], None]) -> Callable[[], None]:
    def wake() -> None:
        for one in wakes:
            one()

    return wake


async def cannot_start(secrets: Secrets, config: Config, why: str, now: datetime) -> None:
    """Tell in Slack that the bot can't start, unless that was told lately or Slack can't be reached."""
    owner = config.owner.slack
    async with _slack(secrets, redactor_of(config, secrets), config.zone) as slack:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await emergency.cannot_start(slack, config.slack.channel, owner, why, now)
        except (SlackError, TimeoutError) as failed:
            log.error("cannot tell that I can't start: %s", failed)


def _slack(secrets: Secrets, redactor: Redactor, zone: tzinfo) -> Slack:
    return Slack(
        bot_token=secrets.bot_token,
        app_token=secrets.app_token,
        api_url=secrets.api_url,
        redactor=redactor,
        zone=zone,
    )
