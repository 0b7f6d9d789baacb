"""What the page shows one person: the workspace as JSON with every text rendered to HTML that is safe to insert.

Refuses to decide anything: it only reads. Pictures from other machines get no `src`; the page asks no one else.
"""

import re
from html import unescape
from typing import Any, Final
from urllib.parse import quote, urlsplit

from bot.workspace.mrkdwn import Names, markdown, mrkdwn, plain
from bot.workspace.records import Channel, Json, User
from bot.workspace.richtext import rich_text, table
from bot.workspace.state import Workspace

MOST_MESSAGES: Final = 100  # of a channel, not counting what stands in their threads
PREVIEW_LINES: Final = 12
PREVIEW_CHARACTERS: Final = 3000


class Renderer:
    """Renders `workspace` for the person `reader`, whose mentions stand out and whose ephemeral messages show.

    Keep one: what it rendered it uses again, as long as the message is the same object (a changed one is another).
    """

    def __init__(self, workspace: Workspace, reader: User) -> None:
        self._workspace = workspace
        self._reader = reader
        self._names = Names()
        self._rendered: dict[str, tuple[Json, Json | None, Json]] = {}

    def state(self) -> Json:
        """Everything the page needs."""
        self._learn_names()
        workspace, reader = self._workspace, self._reader.id
        stack = workspace.modals.stack(reader)
        home = workspace.modals.home(reader)
        people = [user.id for user in workspace.users.values() if not user.is_bot]
        mine = [self._channel(channel) for channel in workspace.channels.values() if reader in channel.members]
        present = {message["ts"] for channel in mine for message in channel["messages"]}
        self._rendered = {ts: kept for ts, kept in self._rendered.items() if ts in present}
        return {
            "me": reader,
            "workspace": workspace.app.team_name,
            "app": {"name": workspace.app.name, "user": workspace.app.user_id},
            "users": {user.id: self._user(user) for user in workspace.users.values()},
            "people": people,
            "channels": mine,
            "home": self._dressed(home) if home else None,
            "view": self._dressed(stack[-1]) if stack else None,
        }

    def _learn_names(self) -> None:
        users = {user.id: user.name for user in self._workspace.users.values()}
        channels = {channel.id: channel.name for channel in self._workspace.channels.values()}
        names = Names(users, channels, self._reader.id)
        if names != self._names:
            self._names = names
            self._rendered.clear()

    def _user(self, user: User) -> Json:
        about = {"id": user.id, "name": user.name, "real_name": user.real_name, "color": user.color}
        return {**about, "is_app": user.id == self._workspace.app.user_id, "is_admin": user.is_admin}

    def _channel(self, channel: Channel) -> Json:
        messages = [self._message(channel.id, found) for found in self._messages(channel.id)]
        about = {"id": channel.id, "name": channel.name, "topic": channel.topic, "is_im": channel.is_im}
        return {**about, "messages": messages}

    def _messages(self, channel: str) -> list[Json]:
        """The latest of the channel, their threads, and what only the reader sees, oldest first."""
        store = self._workspace.messages
        latest = store.history(channel)[-MOST_MESSAGES:]
        found = {shown["ts"]: shown for shown in [*latest, *store.ephemeral(channel, self._reader.id)]}
        for parent in latest:
            if parent.get("reply_count"):
                found |= {reply["ts"]: reply for reply in store.replies(channel, parent["ts"])}
        return sorted(found.values(), key=lambda message: str(message["ts"]))

    def _message(self, channel: str, message: Json) -> Json:
        broadcast = message.get("subtype") == "thread_broadcast"
        parent = self._workspace.messages.get(channel, message["thread_ts"]) if broadcast else None
        kept = self._rendered.get(message["ts"])
        if kept is None or kept[0] is not message or kept[1] is not parent:
            kept = self._rendered[message["ts"]] = (message, parent, self._drawn(message, parent))
        return kept[2]

    def _drawn(self, message: Json, parent: Json | None) -> Json:
        """One message as the page draws it; `parent` is its thread's first, for a broadcast reply."""
        thread = message.get("thread_ts", message["ts"])
        broadcast = message.get("subtype") == "thread_broadcast"
        return {
            "ts": message["ts"],
            "user": message.get("user", self._workspace.app.user_id),
            "html": mrkdwn(message.get("text", ""), self._names),
            "blocks": [self._dressed(block) for block in message.get("blocks") or []],
            "files": [self._file(file) for file in message.get("files") or []],
            "edited": message.get("edited", {}).get("ts"),
            "ephemeral": message.get("is_ephemeral", False),
            "tombstone": message.get("subtype") == "tombstone",
            "thread_ts": thread,
            "only_in_thread": thread != message["ts"] and not broadcast,
            "broadcast": broadcast,
            "thread_preview": self._gist(parent) if parent else "",
            "reply_count": message.get("reply_count", 0),
            "reply_users": message.get("reply_users", []),
            "latest_reply": message.get("latest_reply"),
        }

    def _gist(self, message: Json) -> str:
        """A message's first line as HTML without marks; its moments are for the page to write."""
        line = message.get("text", "").partition("\n")[0]
        return re.sub(r"<(?!/?time\b)[^>]*>", "", mrkdwn(line, self._names))

    def _dressed(self, value: Any) -> Any:
        """A copy of blocks (or a view) in which each text has its `html` and each picture its `src`."""
        if isinstance(value, list):
            return [self._dressed(part) for part in value]
        if not isinstance(value, dict):
            return value
        if html := self._html(value):
            return {**value, **html}
        copy = {key: self._dressed(part) for key, part in value.items()}
        return {**copy, "src": self._picture(value)} if value.get("type") == "image" else copy

    def _html(self, value: Json) -> Json:
        """What a text, or a block that is nothing but text, gets to be shown; {} for anything else."""
        kind = value.get("type")
        if kind == "plain_text":
            html = plain(value["text"], emoji=value.get("emoji", True))
            return {"html": html, "plain": _bare(html)}
        if kind in ("mrkdwn", "markdown"):
            return {"html": (mrkdwn if kind == "mrkdwn" else markdown)(value["text"], self._names)}
        if kind in ("rich_text", "table"):
            return {"html": (table if kind == "table" else rich_text)(value, self._names)}
        return {}

    def _picture(self, image: Json) -> str | None:
        """Where the page finds the picture: an uploaded file, or a path on the box itself."""
        wanted = image.get("slack_file")
        if wanted:
            files = self._workspace.files
            file = files.get(wanted.get("id", "")) or files.by_url(wanted.get("url", ""))
            return _file_path(file) if file else None
        url = str(image.get("image_url", ""))
        base = self._workspace.base_url
        return urlsplit(url).path if base and url.startswith(f"{base}/") else None

    def _file(self, file: Json) -> Json:
        name = str(file["name"])
        shown = {
            "id": file["id"],
            "name": name,
            "title": file.get("title") or name,
            "kind": file.get("pretty_type") or "File",
            "size": file.get("size", 0),
            "src": _file_path(file),
            "alt": file.get("alt_txt", ""),
            "picture": str(file.get("mimetype", "")).startswith("image/"),
        }
        return shown if shown["picture"] else shown | self._preview(file["id"])

    def _preview(self, file_id: str) -> Json:
        """The first lines of a text, and how many more there are; nothing for what is no text."""
        upload = self._workspace.files.upload(file_id)
        content = (upload.content if upload else None) or b""
        try:
            lines = content.decode().splitlines()
        except UnicodeDecodeError:
            return {}
        preview = "\n".join(lines[:PREVIEW_LINES])[:PREVIEW_CHARACTERS]
        return {"preview": preview, "more_lines": max(0, len(lines) - PREVIEW_LINES)}


def _bare(html: str) -> str:
    """The text that HTML shows, without its marks: for places that hold text only."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def _file_path(file: Json) -> str:
    return f"/page/files/{file['id']}/{quote(file['name'], safe='')}"
