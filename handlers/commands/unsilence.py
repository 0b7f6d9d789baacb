"""`/lab unsilence web1`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import said
from bot.views.words import name_of
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Hear of a target again."""
    target = await desk.writer.do(incidents.unsilence, desk.config, asked.word(0), asked.by)
    return said(f"🔔 You hear of {name_of(target)} again.")


VERB = Verb("unsilence", "unsilence web1", "hear of it again", answer)
