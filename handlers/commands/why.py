"""`/lab why web1`."""

from bot.usecases import target_picture
from bot.views import Card
from bot.views.target import target_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """All that is known of a target."""
    return target_card(await desk.reader.ask(target_picture.why, desk.config, asked.name(), desk.outlook()))


VERB = Verb("why", "why web1", "what is known of a machine, and what would keep it quiet", answer)
