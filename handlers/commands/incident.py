"""`/lab incident 7`."""

from bot import queries
from bot.views import Card
from bot.views.history import incident_history_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.which import which


async def answer(desk: Desk, asked: Asked) -> Card:
    """One incident and its timeline."""
    number, _ = await which(desk, asked)
    return incident_history_card(await desk.reader.ask(queries.incident, number, desk.config))


VERB = Verb("incident", "incident 7", "one incident and its timeline", answer)
