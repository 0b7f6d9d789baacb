"""Reopen, on a resolved incident's card."""

from bot import incidents
from bot.views.incident import REOPEN
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Say that it is not over."""
    await desk.writer.do(incidents.reopen, desk.config, click.incident, click.user)


BUTTON = Pressable(REOPEN, press)
