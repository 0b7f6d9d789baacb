"""Start a runbook…, on an incident's card where several fit."""

from bot import queries
from bot.core.permit import Act
from bot.views.incident import PICK
from bot.views.modals import runbook_view
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Ask which one, those that fit first."""
    desk.demand(click.user, Act.START_RUNBOOK)
    picture = await desk.reader.ask(queries.incident, click.incident)
    fitting = desk.library.for_kind(picture.incident.kind)
    others = tuple(book for book in desk.library.all() if book not in fitting)
    await desk.open(click.trigger, runbook_view(picture.incident, fitting + others, click.about, picture.name))


BUTTON = Pressable(PICK, press)
