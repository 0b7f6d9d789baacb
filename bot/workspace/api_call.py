"""One Web API call: its arguments, whom it may touch, and the registry of methods that answer it.

A method is a function from a Call to the fields of its answer; what Slack would refuse is a raised Refusal.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bot.workspace.limits import Refusal
from bot.workspace.records import Channel, Json
from bot.workspace.socket_mode import SocketMode
from bot.workspace.state import Workspace


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a method may be called: so many at once, refilled evenly over a minute."""

    per_minute: float
    burst: int
    per_channel: bool = False


TIER_2: Final = Rate(20, burst=20)
TIER_3: Final = Rate(50, burst=50)
TIER_4: Final = Rate(100, burst=100)
POSTING: Final = Rate(60, burst=5, per_channel=True)  # "1 per second per channel; short bursts are allowed"


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose token was good. `scopes` are those of its token."""

    workspace: Workspace
    sockets: SocketMode
    scopes: frozenset[str]
    args: Json

    def text(self, name: str, default: str = "") -> str:
        """An argument as text; numbers come as text from forms and as numbers from JSON."""
        value = self.args.get(name)
        return default if value is None else str(value)

    def needs(self, name: str) -> str:
        """An argument that must be there."""
        if not self.text(name):
            raise Refusal("invalid_arguments", [f"[ERROR] missing required field: {name}"])
        return self.text(name)

    def flag(self, name: str) -> bool:
        """An argument that is a yes or no, as forms, queries and JSON write it."""
        return str(self.args.get(name, "")).lower() in ("1", "true")

    def whole(self, name: str, default: int) -> int:
        """An argument that is a whole number."""
        try:
            return int(self.args.get(name) or default)
        except ValueError:
            raise Refusal("invalid_arguments", [f"[ERROR] must be an integer [json-pointer:/{name}]"]) from None

    def value(self, name: str, error: str = "invalid_arguments") -> Any:
        """An argument that is JSON, or text that holds JSON; None when it isn't given."""
        given = self.args.get(name)
        if not isinstance(given, str):
            return given
        try:
            return json.loads(given) if given else None
        except ValueError:
            raise Refusal(error) from None

    def channel(self) -> Channel:
        """The channel meant, by its id; raises channel_not_found, also for a private one that the app isn't in."""
        channel = self.workspace.channels.get(self.text("channel"))
        if channel is None or (channel.is_private and self.workspace.app.user_id not in channel.members):
            raise Refusal("channel_not_found")
        return channel

    def joined(self) -> Channel:
        """The channel meant, which the app is in; raises not_in_channel."""
        channel = self.channel()
        if self.workspace.app.user_id not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def postable(self) -> Channel:
        """The channel to post to: only here its name will do, and a person's id means their direct messages.

        Raises is_archived, restricted_action_read_only_channel or messages_tab_disabled.
        """
        found = self.workspace.channel(self.text("channel"))
        channel = replace(self, args=self.args | {"channel": found.id if found else ""}).joined()
        if channel.is_archived:
            raise Refusal("is_archived")
        if channel.is_read_only:
            raise Refusal("restricted_action_read_only_channel")
        if channel.is_im and not self.workspace.messages_tab:
            raise Refusal("messages_tab_disabled")
        return channel

    def allowed(self, channel: Channel, verb: str) -> Channel:
        """The channel, if the token may do this there: `history` is channels:history or im:history."""
        demand(f"im:{verb}" if channel.is_im else f"channels:{verb}", self.scopes)
        return channel


class Caller(StrEnum):
    """With which token a method is to be called."""

    BOT = "bot"
    APP = "app"
    ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Method:
    """How one method is answered. `scope` may be empty."""

    run: Callable[[Call], Json]
    scope: str
    rate: Rate
    caller: Caller


METHODS: Final[dict[str, Method]] = {}


def method(
    name: str, *, scope: str = "", rate: Rate = TIER_3, caller: Caller = Caller.BOT
) -> Callable[[Callable[[Call], Json]], Callable[[Call], Json]]:
    """Register the function below as the answer to this method."""

    def register(run: Callable[[Call], Json]) -> Callable[[Call], Json]:
        METHODS[name] = Method(run, scope, rate, caller)
        return run

    return register


def demand(scope: str, scopes: frozenset[str]) -> None:
    """Raise missing_scope where the token hasn't got it."""
    if scope and scope not in scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(scopes)))
