"""The buttons of a step that need something typed or chosen: they open a modal."""

import re

from bot import queries
from bot.core.permit import Act
from bot.core.run import Button, Press
from bot.core.runbook import who_may
from bot.core.walk import refuse_press
from bot.views.modals import answer_view, choose_view, type_name_view
from bot.views.press import ASK
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Open the modal, if the button still counts and the person may."""
    value, button = click.value, Button(click.value["button"])
    run, book = await desk.reader.ask(queries.run, desk.house, value["run"])
    desk.demand(click.user, Act.PRESS_STEP, needs=who_may(book.steps[value["step"]], book))
    refuse_press(run, book, Press(button, value["step"], value["version"], click.user))
    if button is Button.ANSWER:
        view = answer_view(run, book, click.about)
    elif button is Button.CHOOSE:
        view = choose_view(run, book, click.about)
    else:
        view = type_name_view(run, book, button, click.about)
    await desk.open(click.trigger, view)


BUTTON = Pressable(re.compile(f"{ASK}:.*"), press)
