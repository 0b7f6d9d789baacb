"""The checkboxes of a step."""

import re

from bot.core.run import Tick
from bot.views.boxes import TICK, ticked
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Take the whole set of ticks as it now stands."""
    run, step, boxes = ticked(click.block, click.state)
    await desk.move_run(run, Tick(step, boxes, click.user), click.user)


BUTTON = Pressable(re.compile(f"{TICK}:.*"), press)
