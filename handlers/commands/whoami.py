"""`/lab whoami`."""

from bot.core.permit import person_of
from bot.views import Card
from bot.views.answers import whoami_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Who is asking, and what they may do."""
    people = desk.config.people
    return whoami_card(asked.by, person_of(people, asked.by), people)


VERB = Verb("whoami", "whoami", "who you are here, and what you may do", answer)
