"""Start: …, on an incident's card where one runbook fits."""

from bot.views.incident import START
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Begin the run; its first step appears in the thread."""
    await desk.start_run(click.value["runbook"], None, click.incident, click.user)


BUTTON = Pressable(START, press)
