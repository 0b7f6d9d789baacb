"""Which channel a message goes to: by the name in the config, or where that channel went when it was renamed."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.slack import Slack
from bot.slack_errors import InDoubt, Offline, Rejected, SlackError
from bot.store.outbox import Post, Waiting

log = logging.getLogger(__name__)


class Channel:
    """The channel that is called `name`. `last`: finds the id of the one that was posted to last, if any was."""

    def __init__(self, slack: Slack, name: str, last: Callable[[], Awaitable[str | None]]) -> None:
        self._slack = slack
        self._name = name
        self._last = last

    async def place(self, waiting: Waiting) -> tuple[str, str | None]:
        """The channel and thread where it goes. Raises SlackError."""
        if waiting.thread is not None:
            return waiting.thread.channel, waiting.thread.ts
        try:
            return await self._now(), None
        except InDoubt as why:
            raise Offline(str(why)) from why  # only the channel was asked for

    async def has_moved(self, tried: Post | None) -> bool:
        """Whether the channel is another one by now, under the same name, than the one that was tried."""
        self._slack.forget_channel(self._name)
        if tried is None:
            return False
        try:
            return await self._now() != tried.channel
        except SlackError:
            return False

    async def _now(self) -> str:
        """The channel's id: by its name, or else the one that was posted to last, if it was only renamed."""
        try:
            return await self._slack.channel_id(self._name)
        except Rejected as why:
            known = await self._last() if why.error == "channel_not_found" else None
            found = await self._known(known) if known else {}
            if known is None or found.get("is_archived") or not found.get("is_member"):
                raise
            log.warning("#%s is called #%s now: correct slack.channel", self._name, found.get("name"))
            self._slack.know_channel(self._name, known)
            return known

    async def _known(self, channel: str) -> dict[str, object]:
        with suppress(Rejected):
            return await self._slack.channel(channel)
        return {}
