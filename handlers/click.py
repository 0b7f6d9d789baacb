"""A click, taken out of Slack's payload: who, where, and what the element carried."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.core.incident import IncidentId
from bot.views.boxes import TICK, ticked
from bot.views.origin import ORIGIN, unmarked, unmarked_state
from handlers.desk import Desk, Spot
from handlers.kindly import kindly

Payload = dict[str, Any]
"""What Slack sends, in its own shape."""


@dataclass(frozen=True, slots=True)
class Click:
    """`value`: what the button or the chosen option carries. `trigger`: opens one modal, within three seconds.

    `block` and `state`: where the element stands, and what the message's inputs hold. `origin`: the mark of the
    card. `action`: the element's own name.
    """

    spot: Spot
    trigger: str
    value: Mapping[str, Any]
    block: str
    state: Mapping[str, Any]
    origin: str | None
    action: str = ""

    @property
    def what(self) -> str:
        """What was pressed, in words for the log."""
        about = {name: self.value[name] for name in ("incident", "run") if name in self.value}
        about |= {"step": int(self.value["step"]) + 1} if "step" in self.value else {}
        return " ".join([self.action, *(f"{name} {number}" for name, number in about.items())])

    @property
    def user(self) -> str:
        """Who clicked."""
        return self.spot.user

    @property
    def incident(self) -> IncidentId:
        """The incident whose card was clicked."""
        return IncidentId(self.value["incident"])

    @property
    def subject(self) -> str:
        """What the card is of: `incident:7` or `run:3`."""
        if self.block.startswith(TICK):
            return f"run:{ticked(self.block, self.state)[0]}"
        return subject_of(self.value)

    @property
    def about(self) -> dict[str, Any]:
        """What a modal opened by this click remembers."""
        return {**self.value, **self.spot.about, ORIGIN: self.origin}


Press = Callable[[Desk, Click], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pressable:
    """A button, or a family of them: its action id, and what a click on it does."""

    action: str | re.Pattern[str]
    press: Press


def subject_of(value: Mapping[str, Any]) -> str:
    """What a click or a modal is about."""
    return f"incident:{value['incident']}" if "incident" in value else f"run:{value.get('run')}"


def read_click(body: Payload) -> Click:
    """Read a `block_actions` payload of a message of ours."""
    action = body["actions"][0]
    chosen = action.get("selected_option") or {}
    value = _read(action.get("value") or chosen.get("value") or "{}")
    message = body.get("message") or {}
    parent = message.get("thread_ts")
    thread = parent if parent != message.get("ts") else None
    spot = Spot(body["user"]["id"], body["channel"]["id"], thread, body.get("response_url"))
    block, origin = unmarked(action["block_id"])
    state = unmarked_state(body.get("state", {}).get("values", {}))
    return Click(spot, body["trigger_id"], value, block, state, origin, str(action.get("action_id", "")))


def _read(text: str) -> dict[str, Any]:
    """What a button of ours carries; nothing, if it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def on_click(desk: Desk, press: Press) -> Callable[..., Awaitable[None]]:
    """A listener: it acknowledges first."""

    async def listen(ack: AsyncAck, body: Payload) -> None:
        await ack()
        click = read_click(body)
        async with kindly(partial(desk.whisper, click.spot), click.user, click.what):
            await desk.demand_own(click.origin, click.subject)
            await press(desk, click)

    return listen
