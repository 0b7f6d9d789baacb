"""`/lab take-over 7`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import said
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.which import which


async def answer(desk: Desk, asked: Asked) -> Card:
    """Take on what somebody else is on."""
    number, _ = await which(desk, asked)
    await desk.writer.do(incidents.take_over, desk.config, number, asked.by)
    return said(f"You are on incident {number} now.")


VERB = Verb("take-over", "take-over 7", "take an incident over from somebody else", answer)
