"""Someone looks at the app's Home: they see the present, as `/lab status` tells it, if they may ask."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.core.permit import person_of
from bot.views.answers import said
from handlers.commands import understand
from handlers.desk import Desk


def listener(desk: Desk) -> Callable[..., Awaitable[None]]:
    """Fills Home whenever it is opened. Events are acknowledged by bolt itself."""

    async def listen(event: dict[str, Any]) -> None:
        user = event["user"]
        if event.get("tab", "home") != "home":
            return
        if person_of(desk.config.people, user) is None:
            card = said(f"Ask in #{desk.config.slack.channel.removeprefix('#')}: `/lab status`.")
        else:
            verb, asked = understand(user, "status")
            card = await verb.answer(desk, asked)
        await desk.publish_home(user, card)

    return listen
