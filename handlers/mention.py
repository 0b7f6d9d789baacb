"""Mentioned in the channel: a short help, to whoever asked."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.views.answers import help_card
from handlers.commands import usages
from handlers.desk import Desk, Spot


def listener(desk: Desk) -> Callable[..., Awaitable[None]]:
    """Answers a mention. Events are acknowledged by bolt itself."""

    async def listen(event: dict[str, Any]) -> None:
        user = event.get("user")  # a workflow or another app has none, and needs no help
        if user is not None:
            await desk.whisper(Spot(user, event["channel"], event.get("thread_ts")), help_card(usages()))

    return listen
