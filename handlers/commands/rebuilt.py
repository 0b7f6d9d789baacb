"""`/lab rebuilt web1`."""

from bot.core.permit import Act
from bot.usecases import missing
from bot.views import Card
from bot.views.answers import word_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.machines import demand_gone


async def answer(desk: Desk, asked: Asked) -> Card:
    """Say that the machine of that name is another one now, and the missing one is gone for good."""
    desk.demand(asked.by, Act.LET_GO)
    target, name = await desk.reader.ask(missing.missing_one, asked.name())
    await demand_gone(desk, [target])
    await desk.writer.do(missing.let_go_of, desk.config, target, asked.by, anew=True)
    return word_card("♻️", name, "was rebuilt", asked.by)


VERB = Verb("rebuilt", "rebuilt web1", "say that a missing machine was made anew under its name", answer)
