"""Which incident someone means who types no number: the only one that is open."""

import re

from bot import queries
from bot.core.incident import IncidentId
from handlers.commands import Asked
from handlers.desk import Desk
from handlers.kindly import Mistake


async def which(desk: Desk, asked: Asked) -> tuple[IncidentId, int]:
    """The incident, and how many of the typed words named it. Raises Mistake, naming those that are open."""
    if asked.names_incident or (asked.words[:1] and not asked.takes_more):
        return asked.incident(), 1
    live = [one.id for one in (await desk.reader.ask(queries.incidents)).live]
    if len(live) == 1:
        return live[0], 0
    if live and not asked.words:
        open_ones = ", ".join(map(str, sorted(live)))
        example = re.sub(r"\d+", str(max(live)), asked.usage, count=1)
        raise Mistake(f"Which incident? Open: {open_ones}. For example `/lab {example}`")
    return asked.incident(), 1
