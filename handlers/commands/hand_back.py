"""`/lab hand-back 7`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import said
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.which import which


async def answer(desk: Desk, asked: Asked) -> Card:
    """Hand an incident back."""
    number, _ = await which(desk, asked)
    await desk.writer.do(incidents.take_back, desk.config, number, asked.by)
    return said(f"Nobody is on incident {number} now.")


VERB = Verb("hand-back", "hand-back 7", "no longer be on an incident", answer)
