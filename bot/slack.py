"""What Caretaker says to Slack: the Web API, each request sent once, each failure named for what may follow it.

It carries no meaning: it knows channels, timestamps, texts, blocks and files, not incidents. It never repeats a
request by itself: only who asked knows whether a message may be posted again.
"""

import ipaddress
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.redact import Redactor
from bot.slack_errors import InDoubt, Offline, Rejected, SlackError, named

Blocks = Sequence[Block | dict[str, Any]]
Answer = Awaitable[AsyncSlackResponse]

SLACK = "https://slack.com/api/"

_TIMEOUT = timedelta(seconds=15)
_UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=5)
_CLOCKS_APART = timedelta(minutes=10)  # by how much Slack's and ours may differ when a post is looked up
_PAGE = 200  # items; Slack recommends no more
_PAGES = 10  # a post further back than 2,000 messages counts as not found


class Slack:
    """One workspace's Web API. Build it inside a running event loop; close it when done.

    Raises ValueError for an `api_url` that would send the tokens over the network unencrypted. All methods raise
    Offline, InDoubt, RateLimited or Rejected (slack_errors.py says what each means).
    """

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        api_url: str = SLACK,
        timeout: timedelta = _TIMEOUT,
        redactor: Redactor | None = None,
    ) -> None:
        """`redactor`: what it knows is never sent; by default the tokens."""
        self.redactor = redactor or Redactor((bot_token, app_token))
        self.api_url = api_url
        self.app_token = app_token
        limits = aiohttp.ClientTimeout(total=timeout.total_seconds(), sock_connect=timeout.total_seconds() / 3)
        local = _is_loopback(api_url)  # first: it may refuse
        self._session = aiohttp.ClientSession(timeout=limits)
        # The library's own retry handlers would post a second time when only the answer was lost.
        self.web = _Web(bot_token, api_url, session=self._session, retry_handlers=[])
        self.web.redactor = self.redactor
        self._ids: dict[str, str] = {}
        if local:
            self.web.proxy = None  # a proxy from the environment leads away from this machine

    def __repr__(self) -> str:
        return f"Slack({self.api_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections. What is under way fails."""
        await self._session.close()

    async def post(
        self,
        channel: str,
        text: str,
        blocks: Blocks,
        *,
        key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> str:
        """Post a message and return its ts. `key` travels with it unseen, so that `find` knows it again."""
        answer = await self.ask(
            f"post to {channel!r}",
            self.web.chat_postMessage(
                channel=channel,
                text=text,
                blocks=blocks,
                thread_ts=thread,
                reply_broadcast=broadcast if thread else None,
                metadata=_keyed(key),
                unfurl_links=False,
                unfurl_media=False,
            ),
        )
        return str(answer["ts"])

    async def update(self, channel: str, ts: str, text: str, blocks: Blocks, *, key: str) -> None:
        """Replace a message. Repeating it does no harm."""
        call = self.web.chat_update(channel=channel, ts=ts, text=text, blocks=blocks, metadata=_keyed(key))
        await self.ask(f"update message {ts!r} in {channel!r}", call)

    async def find(self, channel: str, key: str, *, since: datetime, thread: str | None = None) -> str | None:
        """The ts of the message posted with `key` since `since` (aware), or None.

        A request that timed out here may still be on its way: wait some seconds before believing a None.
        """
        async for message in self._messages(channel, since, thread):
            if message.get("metadata", {}).get("event_payload", {}).get("id") == key:
                return str(message["ts"])
        return None

    async def whisper(
        self, channel: str, user: str, text: str, blocks: Blocks | None = None, *, thread: str | None = None
    ) -> None:
        """Say something that only `user` sees, and only until their client is reloaded."""
        call = self.web.chat_postEphemeral(channel=channel, user=user, text=text, blocks=blocks, thread_ts=thread)
        await self.ask(f"whisper to {user!r} in {channel!r}", call)

    async def upload(
        self, channel: str, name: str, content: bytes, *, title: str, comment: str, thread: str | None = None
    ) -> str:
        """Share a file and return its id. InDoubt means it may be there: look with `find_upload`."""
        what = f"upload {name!r} to {channel!r}"
        content = self.redactor.data(content)
        try:
            place = await self.ask(
                what, self.web.files_getUploadURLExternal(filename=name, length=len(content), alt_txt=title)
            )
            await self._send(what, place["upload_url"], content)
        except InDoubt as doubt:
            raise Offline(str(doubt)) from doubt  # nobody sees a file before it is shared: simply begin again
        call = self.web.files_completeUploadExternal(
            files=[{"id": place["file_id"], "title": title}],
            channel_id=channel,
            initial_comment=comment,
            thread_ts=thread,
        )
        await self.ask(what, call)
        return str(place["file_id"])

    async def find_upload(
        self, channel: str, name: str, *, since: datetime, thread: str | None = None
    ) -> str | None:
        """The id of the file shared as `name` since `since` (aware), or None."""
        async for message in self._messages(channel, since, thread):
            for file in message.get("files", ()):
                if file.get("name") == name:
                    return str(file["id"])
        return None

    async def open_view(self, trigger_id: str, view: View | dict[str, Any]) -> str:
        """Open a modal within 3 s of the click that gave `trigger_id`; returns the view's id."""
        answer = await self.ask("open a modal", self.web.views_open(trigger_id=trigger_id, view=view))
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view_hash: str | None, view: View | dict[str, Any]) -> None:
        """Replace an open modal, provided it is still as `view_hash` says."""
        call = self.web.views_update(view_id=view_id, hash=view_hash, view=view)
        await self.ask(f"update modal {view_id!r}", call)

    async def publish_home(self, user: str, view: View | dict[str, Any]) -> None:
        """Set what `user` sees on the bot's Home."""
        await self.ask(f"publish Home for {user!r}", self.web.views_publish(user_id=user, view=view))

    async def channel_id(self, name: str) -> str:
        """The id of a channel by its name, with or without `#`; an id is returned as it is."""
        if _is_id(name):
            return name
        if name not in self._ids:
            self._ids[name] = str((await self._channel(name))["id"])
        return self._ids[name]

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message, to open it from anywhere."""
        call = self.web.chat_getPermalink(channel=channel, message_ts=ts)
        return str((await self.ask(f"link to message {ts!r} in {channel!r}", call))["permalink"])

    async def channel(self, name: str) -> dict[str, Any]:
        """What Slack tells of a channel (its `id`, whether the bot `is_member`), by id or name."""
        if _is_id(name):
            answer = await self.ask(f"look at channel {name!r}", self.web.conversations_info(channel=name))
            return dict(answer["channel"])
        return await self._channel(name)

    async def reachable(self) -> bool:
        """Whether Slack answers at all, be it with a refusal."""
        try:
            await self.ask("reach Slack", self.web.api_test())
        except (Offline, InDoubt):
            return False
        except SlackError:
            return True
        return True

    async def ask(self, what: str, call: Answer) -> AsyncSlackResponse:
        """Await one request of `web`, its failure turned into ours; `what` completes «cannot …»."""
        try:
            return await call
        except (SlackApiError, aiohttp.ClientError, OSError) as error:
            # `from None`: the library's errors hold on to the request, and with it to the token.
            raise named(what, error) from None

    async def _channel(self, name: str) -> dict[str, Any]:
        def page(cursor: str | None) -> Answer:
            return self.web.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=_PAGE, cursor=cursor
            )

        what = f"find channel {name!r}"
        async for channel in self._pages(what, page, "channels"):
            if channel["name"] == name.removeprefix("#"):
                return channel
        why = "no channel of that name is visible to the bot (a private one is only after /invite)"
        raise Rejected(f"cannot {what}: because {why}", "channel_not_found")

    def _messages(self, channel: str, since: datetime, thread: str | None) -> AsyncIterator[dict[str, Any]]:
        # Slack's clock gave the message its ts, ours gave `since`.
        oldest = f"{(since - _CLOCKS_APART).timestamp():.6f}"

        def page(cursor: str | None) -> Answer:
            if thread is None:
                return self.web.conversations_history(
                    channel=channel, oldest=oldest, cursor=cursor, limit=_PAGE, include_all_metadata=True
                )
            return self.web.conversations_replies(
                channel=channel, ts=thread, oldest=oldest, cursor=cursor, limit=_PAGE, include_all_metadata=True
            )

        return self._pages(f"read {channel!r}", page, "messages")

    async def _pages(
        self, what: str, fetch: Callable[[str | None], Answer], field: str
    ) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        for _ in range(_PAGES):
            answer = await self.ask(what, fetch(cursor))
            for item in answer[field]:
                yield item
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def _send(self, what: str, url: str, content: bytes) -> None:
        try:
            async with self._session.post(
                url, data=content, timeout=_UPLOAD_TIMEOUT, proxy=self.web.proxy
            ) as answer:
                answer.raise_for_status()
        except (aiohttp.ClientError, OSError) as error:
            raise named(what, error) from None


class _Web(AsyncWebClient):
    """The library's client; of what it is given to send, it sends no secret."""

    redactor = Redactor()

    async def api_call(self, api_method: str, **kwargs: Any) -> AsyncSlackResponse:
        """As the library's: all its methods come through here."""
        return await super().api_call(api_method, **{name: self._shown(one) for name, one in kwargs.items()})

    def _shown(self, argument: Any) -> Any:
        return self.redactor.all_in(argument)


def _keyed(key: str) -> dict[str, Any]:
    return {"event_type": "caretaker", "event_payload": {"id": key}}


def _is_id(channel: str) -> bool:
    return re.fullmatch(r"[CG][A-Z0-9]{8,}", channel) is not None


def _is_loopback(api_url: str) -> bool:
    """Whether the API is on this machine. Raises ValueError for what must not carry a token."""
    parts = urlsplit(api_url)
    host = parts.hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if parts.scheme == "https" or (parts.scheme == "http" and local):
        return local
    why = "plain http would show the tokens to the network; use https (http only on this machine)"
    raise ValueError(f"cannot use SLACK_API_URL {api_url!r}: because {why}")
