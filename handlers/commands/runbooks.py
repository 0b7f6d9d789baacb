"""`/lab runbooks`."""

from bot.views import Card
from bot.views.answers import runbooks_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, _asked: Asked) -> Card:
    """The runbooks there are, and what is wrong with those that can't be used."""
    broken = [line for one in desk.library.broken() for line in one.lines]
    return runbooks_card(desk.library.all(), broken)


VERB = Verb("runbooks", "runbooks", "the runbooks there are", answer)
