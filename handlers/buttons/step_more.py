"""The overflow of a step's card: skip, stop, go elsewhere."""

from bot import queries
from bot.core.permit import Act
from bot.core.run import Button, GoTo
from bot.core.runbook import who_may
from bot.views.modals import go_to_view, stop_view
from bot.views.press import MORE
from handlers.buttons import press_step
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Do what was chosen; what ends the run or needs a choice opens a modal."""
    value = click.value
    if "go_to" in value:
        await desk.move_run(value["run"], GoTo(value["go_to"], value["version"], click.user), click.user)
    elif value.get("button") == Button.SKIP:
        await press_step.press(desk, click)
    else:
        await _open(desk, click)


async def _open(desk: Desk, click: Click) -> None:
    run, book = await desk.reader.ask(queries.run, desk.house, click.value["run"])
    if click.value.get("button") == Button.STOP:
        desk.demand(click.user, Act.PRESS_STEP, needs=who_may(book.steps[run.current], book))
        await desk.open(click.trigger, stop_view(run, click.about))
    else:
        await desk.open(click.trigger, go_to_view(run, book, click.about))


BUTTON = Pressable(MORE, press)
