"""`/lab unsilence web1`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import said
from bot.views.limits import NAME
from bot.views.outside import safe
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Hear of a target again."""
    name = asked.name()
    await desk.writer.do(incidents.unsilence, desk.config, name, asked.by)
    return said(f"🔔 Alerts for {safe(name, NAME)} are on again.")


VERB = Verb("unsilence", "unsilence web1", "end a silence: alerts for it are on again", answer)
