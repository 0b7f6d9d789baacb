"""The overflow of an incident's card."""

from bot import incidents, queries
from bot.core.permit import Act
from bot.views.history import incident_history_card
from bot.views.incident import ACKNOWLEDGE, MORE, OTHERS, RESOLVE, SILENCE, TAKE_BACK, TAKE_OVER, TIMELINE
from bot.views.modals import resolve_view, silence_view
from handlers.buttons import acknowledge, pick_runbook
from handlers.click import Click, Pressable
from handlers.desk import Desk


async def press(desk: Desk, click: Click) -> None:
    """Do what was chosen."""
    await _CHOSEN[click.value["do"]](desk, click)


async def _take_back(desk: Desk, click: Click) -> None:
    await desk.writer.do(incidents.take_back, desk.config, click.incident, click.user)


async def _take_over(desk: Desk, click: Click) -> None:
    await desk.writer.do(incidents.take_over, desk.config, click.incident, click.user)


async def _resolve(desk: Desk, click: Click) -> None:
    desk.demand(click.user, Act.RESOLVE)
    picture = await desk.reader.ask(queries.incident, click.incident)
    await desk.open(click.trigger, resolve_view(picture.incident, click.about, picture.name))


async def _silence(desk: Desk, click: Click) -> None:
    desk.demand(click.user, Act.SILENCE)
    picture = await desk.reader.ask(queries.incident, click.incident)
    await desk.open(click.trigger, silence_view(picture.incident, click.about, picture.name))


async def _timeline(desk: Desk, click: Click) -> None:
    picture = await desk.reader.ask(queries.incident, click.incident, desk.config)
    await desk.whisper(click.spot, incident_history_card(picture))


_CHOSEN = {
    ACKNOWLEDGE: acknowledge.press,
    TAKE_BACK: _take_back,
    TAKE_OVER: _take_over,
    RESOLVE: _resolve,
    SILENCE: _silence,
    TIMELINE: _timeline,
    OTHERS: pick_runbook.press,
}

BUTTON = Pressable(MORE, press)
