"""Acknowledge, on an incident's card."""

from bot import incidents
from bot.views.incident import ACKNOWLEDGE
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Take the incident on; its card then says so."""
    await desk.writer.do(incidents.acknowledge, desk.config, click.incident, click.user)


BUTTON = Pressable(ACKNOWLEDGE, press)
