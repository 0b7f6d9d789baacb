"""`/lab ack 7`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import said
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.which import which


async def answer(desk: Desk, asked: Asked) -> Card:
    """Take an incident on."""
    number, _ = await which(desk, asked)
    await desk.writer.do(incidents.acknowledge, desk.config, number, asked.by)
    return said(f"Incident {number} is acknowledged: you are on it.")


VERB = Verb("ack", "ack 7", "take an incident on, so that others know", answer)
