"""`/lab well web1`."""

from bot.usecases import persons_word
from bot.views import Card
from bot.views.answers import word_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Give one's word for a machine that runs and that nothing proves."""
    name = await desk.writer.do(persons_word.vouch_by_name, desk.config, asked.name(), asked.by)
    return word_card("☑️", name, "is well", asked.by)


VERB = Verb("well", "well web1", "say that a machine that runs is well, where nothing proves it", answer)
