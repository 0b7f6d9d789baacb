"""What a person does in Slack: each listener acknowledges, parses, and calls one use case. No rule lives here.

A verb of `/lab`, a button and a modal are one file each, found by themselves.
"""

from slack_bolt.async_app import AsyncApp

from handlers import commands, home, mention
from handlers.buttons import buttons
from handlers.click import on_click
from handlers.desk import Desk
from handlers.modals import modals
from handlers.submission import on_submit

__all__ = ["Desk", "register"]


def register(app: AsyncApp, desk: Desk) -> None:
    """Make the app listen to all that a person can do."""
    app.command("/lab")(commands.listener(desk))
    app.event("app_mention")(mention.listener(desk))
    app.event("app_home_opened")(home.listener(desk))
    for button in buttons():
        app.action(button.action)(on_click(desk, button.press))
    for modal in modals():
        app.view(modal.callback)(on_submit(desk, modal))
