"""`/lab resolve 7 reason`."""

from bot import incidents
from bot.views import Card
from bot.views.answers import closed_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.which import which


async def answer(desk: Desk, asked: Asked) -> Card:
    """Say that an incident is over although its checks do not."""
    number, words = await which(desk, asked)
    reason = asked.rest(words)
    left = await desk.writer.do(incidents.resolve, desk.config, number, asked.by, reason)
    return closed_card(number, left)


VERB = Verb("resolve", "resolve 7 the reason", "say that an incident is over", answer)
