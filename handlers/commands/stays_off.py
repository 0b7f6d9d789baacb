"""`/lab stays-off web1`."""

from bot.usecases import persons_word
from bot.views import Card
from bot.views.answers import word_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Say that a machine that is off may stay so."""
    name = await desk.writer.do(persons_word.stays_off_by_name, desk.config, asked.name(), asked.by)
    return word_card("⚪", name, "stays off", asked.by)


VERB = Verb("stays-off", "stays-off web1", "say that a machine that is off may stay off", answer)
