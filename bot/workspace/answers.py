"""What an app answers to something a person did: in an acknowledgement, or later over a response_url.

A response_url is good five times within thirty minutes.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.workspace import elements
from bot.workspace.records import Json

if TYPE_CHECKING:
    from bot.workspace.state import Workspace

MOST_USES: Final = 5
LIFETIME_SECONDS: Final = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the answer belongs: person, channel, and the message that was acted on (empty for a command)."""

    user: str
    channel: str
    message_ts: str = ""
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class _Url:
    spot: Spot
    until: float
    uses: int = 0


class ResponseUrls:
    """The response URLs given out. `clock` is wall time in seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._urls: dict[str, _Url] = {}

    def issue(self, spot: Spot) -> str:
        """The secret part of a new response_url."""
        secret = secrets.token_urlsafe(18)
        self._urls[secret] = _Url(spot, self._clock() + LIFETIME_SECONDS)
        return secret

    def use(self, secret: str) -> Spot | str:
        """Where the answer belongs, or Slack's name of the error."""
        url = self._urls.get(secret)
        if url is None:
            return "invalid_url"
        if self._clock() > url.until:
            return "expired_url"
        if url.uses >= MOST_USES:
            return "used_url"
        self._urls[secret] = replace(url, uses=url.uses + 1)
        return url.spot

    def clear(self) -> None:
        """Forget all."""
        self._urls.clear()


def give(workspace: "Workspace", spot: Spot, answer: Json) -> None:
    """Show an answer that limits.py has judged: post it, put it in the original's place, or take that away."""
    if answer.get("delete_original"):
        _delete(workspace, spot)
        return
    content: Json = {key: value for key, value in answer.items() if key in ("text", "metadata")}
    content["blocks"] = elements.with_ids(answer.get("blocks") or [])
    if answer.get("replace_original"):
        _replace(workspace, spot, content)
        return
    message = workspace.as_bot(content)
    if answer.get("thread_ts"):
        message["thread_ts"] = answer["thread_ts"]
    if answer.get("response_type") == "in_channel":
        workspace.messages.post(spot.channel, message)
    else:
        workspace.messages.post_ephemeral(spot.channel, spot.user, message)


def _delete(workspace: "Workspace", spot: Spot) -> None:
    if spot.ephemeral:
        workspace.messages.delete_ephemeral(spot.channel, spot.user, spot.message_ts)
    elif workspace.messages.get(spot.channel, spot.message_ts):
        workspace.messages.delete(spot.channel, spot.message_ts)


def _replace(workspace: "Workspace", spot: Spot, content: Json) -> None:
    if spot.ephemeral:
        message = workspace.as_bot(content)
        workspace.messages.replace_ephemeral(spot.channel, spot.user, spot.message_ts, message)
    elif workspace.messages.get(spot.channel, spot.message_ts):
        workspace.messages.update(spot.channel, spot.message_ts, content, editor=workspace.app.user_id)
