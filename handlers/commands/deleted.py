"""`/lab deleted web1`."""

from bot.core.permit import Act
from bot.usecases import missing
from bot.views import Card
from bot.views.answers import word_card
from handlers.commands import Asked, Verb
from handlers.desk import Desk
from handlers.machines import demand_gone


async def answer(desk: Desk, asked: Asked) -> Card:
    """Say that a machine that its host no longer has was deleted on purpose."""
    desk.demand(asked.by, Act.LET_GO)
    target, name = await desk.reader.ask(missing.missing_one, asked.name())
    await demand_gone(desk, [target])
    await desk.writer.do(missing.let_go_of, desk.config, target, asked.by, anew=False)
    return word_card("🗑️", name, "was deleted on purpose", asked.by)


VERB = Verb("deleted", "deleted web1", "say that a missing machine was deleted on purpose", answer)
