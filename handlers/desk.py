"""What listeners work with: the ways to change, to ask, to speak."""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from slack_sdk.models.views import View

from bot import queries
from bot.config import Config
from bot.core.health import TargetId
from bot.core.permit import Act, NotAllowed, demand, person_of
from bot.core.picture import Outlook
from bot.core.placements import Found
from bot.core.run import Command
from bot.library import Library
from bot.slack import Slack
from bot.slack_errors import Rejected
from bot.slack_refusals import Remedy
from bot.store.reader import Reader
from bot.store.writer import Writer
from bot.usecases.run_context import House
from bot.views import Card
from bot.views.forms import Form, sent
from bot.views.origin import ELSEWHERE

log = logging.getLogger(__name__)

StartRun = Callable[[str, str | None, int | None, str], Awaitable[int]]
"""`(runbook, target, incident, by)`: start it and return the run's number.

Raises NotAllowed, IllegalMove, UnknownName or NoSuchRunbook."""

Search = Callable[[Collection[TargetId]], Awaitable[Found]]
"""`(guests)`: ask every hypervisor now whether it has them."""

MoveRun = Callable[[int, Command, str], Awaitable[None]]
"""`(run, command, by)`: press a button of a run.

Raises NotAllowed, IllegalMove (StaleClick, WrongInput), NoSuchRun or PinnedTextBroken."""


async def _no_hypervisors(_guests: Collection[TargetId]) -> Found:
    return Found()


class OtherDatabase(Exception):
    """The card that was clicked was drawn from a database that is gone."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an answer belongs: with whom, in which channel, in which thread (None: the channel itself).

    `address`: Slack's own for an answer to what they did, good for half an hour; None where there is none.
    """

    user: str
    channel: str
    thread: str | None = None
    address: str | None = None

    @property
    def about(self) -> dict[str, str | None]:
        """What a modal remembers of where it was opened."""
        return {"channel": self.channel, "thread": self.thread}


@dataclass(frozen=True, slots=True)
class Desk:
    """All of it. What is asynchronous and more than one transaction comes as a callable.

    `outlook`: what the bot knows of its own work; `search`: asks the hypervisors which guests they have.
    """

    writer: Writer
    reader: Reader
    slack: Slack
    config: Config
    library: Library
    house: House
    start_run: StartRun
    move_run: MoveRun
    outlook: Callable[[], Outlook] = Outlook
    search: Search = _no_hypervisors

    async def whisper(self, spot: Spot, card: Card) -> None:
        """Tell one person, where they are looking: what is refused there, by the address of what they did."""
        for form in (Form.WHOLE, Form.SHORT, Form.WORDS):
            shown = sent(card, form, "The answer")
            try:
                await self.slack.whisper(
                    spot.channel, spot.user, shown.text, shown.blocks or None, thread=spot.thread
                )
            except Rejected as why:
                log.error("cannot answer %s: because %s", spot.user, why)
                if why.remedy is Remedy.CONTENT and form is not Form.WORDS:
                    continue
                if spot.address is None:
                    raise
                await self.slack.respond(spot.address, shown.text)
            return

    async def answer(self, spot: Spot, address: str, card: Card) -> None:
        """Answer a command, to the asker alone, by its own address; otherwise where Slack refuses that."""
        for form in (Form.WHOLE, Form.WORDS):
            shown = sent(card, form, "The answer")
            try:
                await self.slack.respond(address, shown.text, shown.blocks)
            except Rejected as why:
                log.error("cannot answer %s: because %s", spot.user, why)
            else:
                return
        await self.whisper(spot, card)

    async def publish_home(self, user: str, card: Card) -> None:
        """Show a card on a person's Home."""
        words = {"type": "section", "text": {"type": "mrkdwn", "text": card.text or "–"}}
        blocks = sent(card, Form.WHOLE, "Home").blocks or (words,)
        await self.slack.publish_home(user, {"type": "home", "blocks": list(blocks)})

    async def open(self, trigger: str, view: View) -> None:
        """Open a modal, within three seconds of the click that gave `trigger`."""
        await self.slack.open_view(trigger, view)

    async def demand_place(self, user: str, channel: str) -> None:
        """Whoever has a role may ask from anywhere, everyone else only in the bot's channel. Raises NotAllowed."""
        name = self.config.slack.channel
        if person_of(self.config.people, user) is None and channel != await self.slack.channel_id(name):
            raise NotAllowed(f"only people in #{name.removeprefix('#')} may ask; this is another channel")

    async def is_own(self, origin: str | None, subject: str) -> bool:
        """Whether that is the mark of the cards of a subject; else its number means, or meant, something else."""
        return origin == await self.reader.ask(queries.origin, subject)

    async def demand_own(self, origin: str | None, subject: str) -> None:
        """Do nothing for a card of something else that had the same number. Raises OtherDatabase."""
        if not await self.is_own(origin, subject):
            raise OtherDatabase(ELSEWHERE)

    def demand(self, user: str, act: Act, *, needs: str | None = None) -> None:
        """Say no before a modal is opened, not after it was filled. Raises NotAllowed."""
        demand(self.config.people, user, act, needs=needs)
