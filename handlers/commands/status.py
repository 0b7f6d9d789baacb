"""`/lab status`, also what `/lab` alone means."""

from bot import queries
from bot.views import Card
from bot.views.status import status_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, _asked: Asked) -> Card:
    """The lab at a glance."""
    return status_card(await desk.reader.ask(queries.status, desk.config, desk.outlook()))


VERB = Verb("status", "status", "the lab at a glance", answer)
