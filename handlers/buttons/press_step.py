"""The buttons of a step that take no more than the click, and its red question where there is one."""

import re

from bot.core.run import Button, Press
from bot.views.press import PRESS
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Press it, at the moment the button was drawn for."""
    value = click.value
    command = Press(Button(value["button"]), value["step"], value["version"], click.user)
    await desk.move_run(value["run"], command, click.user)


BUTTON = Pressable(re.compile(f"{PRESS}:.*"), press)
