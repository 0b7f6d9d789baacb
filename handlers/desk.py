"""What listeners work with: the ways to change, to ask, to speak."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from slack_sdk.models.views import View

from bot.config import Config
from bot.core.health import TargetId
from bot.core.permit import Act, NotAllowed, demand, person_of
from bot.core.picture import Outlook
from bot.core.run import Command
from bot.library import Library
from bot.runs import House
from bot.slack import Slack
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.views import Card
from bot.views.origin import ELSEWHERE

StartRun = Callable[[str, str | None, int | None, str], Awaitable[int]]
"""`(runbook, target, incident, by)`: start it and return the run's number.

Raises NotAllowed, IllegalMove, UnknownName or NoSuchRunbook."""

Whereabouts = Callable[[Collection[TargetId]], Awaitable[Mapping[TargetId, str]]]
"""`(guests)`: the hosts that have them, by those of the guests that any host has now."""

MoveRun = Callable[[int, Command, str], Awaitable[None]]
"""`(run, command, by)`: press a button of a run.

Raises NotAllowed, IllegalMove (StaleClick, WrongInput), NoSuchRun or PinnedTextBroken."""


async def _nowhere(_guests: Collection[TargetId]) -> Mapping[TargetId, str]:
    return {}


class OtherDatabase(Exception):
    """The card that was clicked was drawn from a database that is gone."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an answer belongs: with whom, in which channel, in which thread (None: the channel itself)."""

    user: str
    channel: str
    thread: str | None = None

    @property
    def about(self) -> dict[str, str | None]:
        """What a modal remembers of where it was opened."""
        return {"channel": self.channel, "thread": self.thread}


@dataclass(frozen=True, slots=True)
class Desk:
    """All of it. What is asynchronous and more than one transaction comes as a callable.

    `database`: by what the bot's database is told from every other.
    `outlook`: what the bot knows of its own work; `there`: asks the hypervisors what they have now.
    """

    writer: Writer
    reader: Reader
    slack: Slack
    config: Config
    library: Library
    house: House
    start_run: StartRun
    move_run: MoveRun
    database: str
    outlook: Callable[[], Outlook] = Outlook
    there: Whereabouts = _nowhere

    async def whisper(self, spot: Spot, card: Card) -> None:
        """Tell one person, where they are looking."""
        await self.slack.whisper(spot.channel, spot.user, card.text, card.blocks or None, thread=spot.thread)

    async def open(self, trigger: str, view: View) -> None:
        """Open a modal, within three seconds of the click that gave `trigger`."""
        await self.slack.open_view(trigger, view)

    async def demand_place(self, user: str, channel: str) -> None:
        """Whoever has a role may ask from anywhere, everyone else only in the bot's channel. Raises NotAllowed."""
        name = self.config.slack.channel
        if person_of(self.config.people, user) is None and channel != await self.slack.channel_id(name):
            raise NotAllowed(f"only people in #{name.removeprefix('#')} may ask; this is another channel")

    def demand_own(self, database: str | None) -> None:
        """Do nothing for a card of another database: its numbers mean something else. Raises OtherDatabase."""
        if database != self.database:
            raise OtherDatabase(ELSEWHERE)

    def demand(self, user: str, act: Act, *, needs: str | None = None) -> None:
        """Say no before a modal is opened, not after it was filled. Raises NotAllowed."""
        demand(self.config.people, user, act, needs=needs)
