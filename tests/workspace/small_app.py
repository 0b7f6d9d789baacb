"""A small app for the page's tests: real bolt over Socket Mode, with something of everything the page can do."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.panel import Panel, PanelItem
from bot.workspace.records import HOMELAB, Command
from bot.workspace.server import Box, Settings
from tests.waiting import until

VERBS = {"status": "How the lab is", "silence": "Say nothing for a while", "help": "All of this"}


def words(text: str, kind: str = "plain_text") -> dict[str, str]:
    return {"type": kind, "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": words(text, "mrkdwn"), **more}


def button(label: str, action: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": words(label), "action_id": action, "value": action, **more}


def option(label: str, value: str) -> dict[str, Any]:
    return {"text": words(label), "value": value}


SURE = {
    "title": words("Restore the disk?"),
    "text": words("What is on it now is lost.", "mrkdwn"),
    "confirm": words("Restore"),
    "deny": words("Not now"),
    "style": "danger",
}
INCIDENT = [
    section(":red_circle: *#7 Boot disk of files1 is damaged*"),
    {"type": "section", "fields": [words("*Guest*\nfiles1", "mrkdwn"), words("*Backup*\n3 h old", "mrkdwn")]},
    {
        "type": "actions",
        "elements": [
            button("Acknowledge", "ack", style="primary"),
            button("Restore…", "restore", style="danger", confirm=SURE),
            button("Nobody answers", "unheard"),
            {"type": "overflow", "action_id": "more", "options": [option("Why?", "why"), option("Mute", "mute")]},
            {
                "type": "static_select",
                "action_id": "snapshot",
                "options": [option("8f2c", "a"), option("77ab", "b")],
            },
        ],
    },
]
SILENCE = {
    "type": "modal",
    "callback_id": "silence",
    "title": words("Silence a target"),
    "submit": words("Silence"),
    "close": words("Cancel"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "target",
            "label": words("Target"),
            "element": {"type": "plain_text_input", "action_id": "name"},
        },
        {
            "type": "input",
            "block_id": "length",
            "label": words("For how long"),
            "element": {"type": "radio_buttons", "action_id": "hours", "options": [option("2 hours", "2")]},
        },
    ],
}
HOME = {
    "type": "home",
    "blocks": [section("*All quiet*"), {"type": "actions", "elements": [button("Look", "look")]}],
}


@dataclass
class SmallApp:
    """The box, the app's client, and what the app heard: (what, who, detail)."""

    box: Box
    client: AsyncWebClient
    heard: list[tuple[str, str, Any]] = field(default_factory=list)

    async def post(self, text: str = "news", **more: Any) -> str:
        posted = await self.client.chat_postMessage(channel=HOMELAB.id, text=text, **more)
        return posted["ts"]


@dataclass
class Lab:
    """What the panel breaks."""

    broken: str = "nothing"

    def panel(self) -> Panel:
        items = [PanelItem("crash", "Crash a guest", "It stops at once", lambda: ["web1", "files1"], self.crash)]
        return Panel("Break something", items, lambda: f"broken: {self.broken}")

    async def crash(self, choice: str | None) -> str:
        self.broken = str(choice)
        return f"{choice} crashed."


def completions() -> list[Command]:
    verbs = [Command(f"/lab {verb}", description, "") for verb, description in VERBS.items()]
    return [*verbs, Command('/lab silence "web server"', "Say nothing for a while", "", "/lab silence ")]


@asynccontextmanager
async def small_app() -> AsyncIterator[SmallApp]:
    """The app, connected, in a box with a panel; an acknowledgement is due in half a second."""
    settings = Settings(rate_limits=False, ack_seconds=0.5)
    async with Box.start(settings=settings, panel=Lab().panel(), completions=completions) as box:
        world = SmallApp(box, AsyncWebClient(box.bot_token, box.api_url, retry_handlers=[]))
        handler = AsyncSocketModeHandler(listening(world), box.app_token, web_client=world.client)
        await handler.connect_async()
        await until(lambda: box.sockets.connected == 1)
        yield world
        await handler.close_async()


def listening(world: SmallApp) -> AsyncApp:
    app = AsyncApp(client=world.client)
    for listen in (to_commands_and_events, to_clicks, to_modals):
        listen(app, world)
    return app


def to_commands_and_events(app: AsyncApp, world: SmallApp) -> None:
    @app.command("/lab")
    async def lab(ack, command, client, body):
        await ack(f"You asked for *{command['text']}*" if command["text"] != "silence" else "")
        if command["text"] == "silence":
            await client.views_open(trigger_id=body["trigger_id"], view=SILENCE)

    @app.event("app_home_opened")
    async def home(event, client):
        await client.views_publish(user_id=event["user"], view=HOME)

    @app.event("message")
    async def message(event):
        world.heard.append(("message", event.get("user"), event.get("text")))


def to_clicks(app: AsyncApp, world: SmallApp) -> None:
    @app.action("ack")
    async def acknowledge(ack, body, client):
        await ack()
        who = section(f"Acknowledged by <@{body['user']['id']}>")
        ts = body["message"]["ts"]
        await client.chat_update(channel=HOMELAB.id, ts=ts, text="acknowledged", blocks=[INCIDENT[0], who])

    @app.action("unheard")
    async def unheard():
        await asyncio.sleep(0)  # and never acknowledges

    @app.action(re.compile("restore|more|snapshot|look"))
    async def hear(ack, action, body):
        await ack()
        chosen = action.get("selected_option") or action
        world.heard.append((action["action_id"], body["user"]["name"], chosen.get("value")))


def to_modals(app: AsyncApp, world: SmallApp) -> None:
    @app.view("silence")
    async def silence(ack, body):
        values = body["view"]["state"]["values"]
        name = values["target"]["name"]["value"]
        if name != "web1":
            await ack(response_action="errors", errors={"target": f"There is no “{name}”. Did you mean web1?"})
            return
        await ack()
        hours = values["length"]["hours"]["selected_option"]["value"]
        world.heard.append(("silence", body["user"]["name"], hours))

    @app.view_closed("silence")
    async def closed(ack, body):
        await ack()
        world.heard.append(("closed", body["user"]["name"], None))
