"""`/lab run restore-boot-disk web1`."""

from bot.views import Card
from bot.views.answers import said
from bot.views.limits import NAME
from bot.views.outside import bold, safe
from handlers.commands import Asked, Verb
from handlers.desk import Desk


async def answer(desk: Desk, asked: Asked) -> Card:
    """Start a runbook, for a target or for none."""
    name = asked.word(0)
    target = asked.name(1) if len(asked.words) > 1 else None
    run = await desk.start_run(name, target, None, asked.by)
    title = safe(desk.library.get(name).title, NAME)
    return said(
        f"📖 Run {run} started: {bold(title)}. Step 1 is in the thread; nothing runs until someone presses."
    )


VERB = Verb("run", "run restore-boot-disk web1", "start a runbook for a machine", answer)
