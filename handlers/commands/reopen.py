"""`/lab reopen 7`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import said
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Say that an incident is not over."""
    number = asked.incident()
    await desk.writer.do(incidents.reopen, desk.config, number, asked.by)
    return said(f"Incident {number} is open again.")


VERB = Verb("reopen", "reopen 7", "say that an incident is not over", answer)
