"""What Caretaker says to Slack: the Web API, each request sent once, each failure named for what may follow it.

It carries no meaning: it knows channels, timestamps, texts, blocks and files, not incidents. It never repeats a
request by itself: only who asked knows whether a message may be posted again.
"""

import json
import logging
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import aiohttp
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.slack_dates import in_zone
from bot.slack_errors import InDoubt, Offline, Rejected, SlackError, named
from bot.slack_web import Answer, Connection, field

log = logging.getLogger(__name__)

Blocks = Sequence[Block | dict[str, Any]]

_UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=5)
_CLOCKS_APART = timedelta(minutes=10)  # by how much Slack's and ours may differ when a post is looked up
_PAGE = 200  # items; Slack recommends no more. A post further back than ten pages counts as not found


class Slack(Connection):
    """What is said and asked. All methods raise Offline, InDoubt, RateLimited or Rejected (slack_errors.py)."""

    @cached_property
    def _ids(self) -> dict[str, str]:
        """Channels by their names, as they were last found."""
        return {}

    async def post(
        self,
        channel: str,
        text: str,
        blocks: Blocks,
        *,
        key: str | None,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> str:
        """Post a message and return its ts. `key` travels with it unseen, so that `find` knows it again.

        Where the thread's first message is gone, Slack posts to the channel itself: it is taken back, and refused.
        """
        what = f"post to {channel!r}"
        call = self.web.chat_postMessage(
            channel=channel,
            text=text,
            blocks=blocks,
            thread_ts=thread,
            reply_broadcast=broadcast if thread else None,
            metadata=_keyed(key),
            unfurl_links=False,
            unfurl_media=False,
        )
        answer = await self.ask(what, call)
        ts = field(what, answer.data, "ts")
        if thread and _stands_alone(answer.data) and await self._taken_back(channel, ts):
            raise Rejected(f"cannot {what}: because its thread's first message is gone", "thread_not_found")
        return ts

    async def _taken_back(self, channel: str, ts: str) -> bool:
        """Delete a message of our own; whether that is sure."""
        try:
            await self.delete(channel, ts)
        except SlackError as why:
            log.warning("a reply stands outside its thread: %s", why)
            return False
        return True

    async def delete(self, channel: str, ts: str) -> None:
        """Take a message of our own back."""
        await self.ask(f"take back message {ts!r}", self.web.chat_delete(channel=channel, ts=ts))

    async def update(self, channel: str, ts: str, text: str, blocks: Blocks, *, key: str | None) -> None:
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

    async def respond(self, url: str, text: str, blocks: Blocks = ()) -> None:
        """Answer, to one person alone, what they did by its own address; it is good for half an hour."""
        what = "answer by response_url"
        said = {"response_type": "ephemeral", "replace_original": False, "text": text, "blocks": list(blocks)}
        body = in_zone(self.redactor.all_in(said), self.web.zone)
        try:
            async with self.session.post(url, json=body, proxy=self.web.proxy) as answer:
                if answer.status >= 500:
                    raise InDoubt(f"cannot know the outcome of «{what}»: because it answered HTTP {answer.status}")
                if answer.status != 200:
                    code = _code(await answer.text())
                    raise Rejected(f"cannot {what}: because Slack answered {code!r}", code)
        except (aiohttp.ClientError, OSError) as error:
            raise named(what, error) from None

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
            file, url = field(what, place.data, "file_id"), field(what, place.data, "upload_url")
            await self._send(what, url, content)
        except InDoubt as doubt:
            raise Offline(str(doubt)) from doubt  # nobody sees a file before it is shared: simply begin again
        call = self.web.files_completeUploadExternal(
            files=[{"id": file, "title": title}],
            channel_id=channel,
            initial_comment=comment,
            thread_ts=thread,
        )
        await self.ask(what, call)
        return file

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
        return field("open a modal", answer.data, "view", "id")

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

    def forget_channel(self, name: str) -> None:
        """Look that name up again when it is next needed: the channel may have been deleted and made anew."""
        self._ids.pop(name, None)

    def know_channel(self, name: str, channel: str) -> None:
        """That channel is meant by the name, whatever it is called."""
        self._ids[name] = channel

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message, to open it from anywhere."""
        call = self.web.chat_getPermalink(channel=channel, message_ts=ts)
        what = f"link to message {ts!r} in {channel!r}"
        return field(what, (await self.ask(what, call)).data, "permalink")

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

    async def _channel(self, name: str) -> dict[str, Any]:
        def page(cursor: str | None) -> Answer:
            return self.web.conversations_list(types="public_channel,private_channel", limit=_PAGE, cursor=cursor)

        what, archived = f"find channel {name!r}", False
        async for channel in self.pages(what, page, "channels"):
            if channel["name"] == name.removeprefix("#"):
                if not channel.get("is_archived"):
                    return channel
                archived = True
        if archived:
            raise Rejected(f"cannot {what}: because it is archived", "is_archived")
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

        return self.pages(f"read {channel!r}", page, "messages")

    async def _send(self, what: str, url: str, content: bytes) -> None:
        try:
            async with self.session.post(
                url, data=content, timeout=_UPLOAD_TIMEOUT, proxy=self.web.proxy
            ) as answer:
                answer.raise_for_status()
        except (aiohttp.ClientError, OSError) as error:
            raise named(what, error) from None


def _code(body: str) -> str:
    """Slack's code in the body of a refusal that is JSON or the code alone."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return body[:100]
    return str(parsed.get("error")) if isinstance(parsed, dict) else body[:100]


def _stands_alone(answer: object) -> bool:
    """Whether the message that was posted is shown to be in no thread."""
    shown = answer.get("message") if isinstance(answer, dict) else None
    return isinstance(shown, dict) and "thread_ts" not in shown


def _keyed(key: str | None) -> dict[str, Any] | None:
    return None if key is None else {"event_type": "caretaker", "event_payload": {"id": key}}


def _is_id(channel: str) -> bool:
    return re.fullmatch(r"[CG][A-Z0-9]{8,}", channel) is not None
