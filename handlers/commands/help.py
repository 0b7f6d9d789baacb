"""`/lab help`."""

from bot.views import Card
from bot.views.answers import help_card
from handlers.commands import Asked, Verb, usages
from handlers.desk import Desk


async def answer(_desk: Desk, _asked: Asked) -> Card:
    """What can be typed."""
    return help_card(usages())


VERB = Verb("help", "help", "what can be typed", answer)
