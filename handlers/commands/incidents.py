"""`/lab incidents`."""

from bot import queries
from bot.views import Card
from bot.views.status import incidents_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, _asked: Asked) -> Card:
    """What is open, and what was lately."""
    return incidents_card(await desk.reader.ask(queries.incidents))


VERB = Verb("incidents", "incidents", "what is open, and what was lately", answer)
