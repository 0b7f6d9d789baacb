"""The messages of every channel, as Slack's own JSON, with threads, earlier versions and ephemeral ones.

Callers hold valid arguments: what Slack would refuse is refused before it comes here.
"""

from collections.abc import Callable
from typing import Final

from bot.workspace.records import Json

_PLACE: Final = ("type", "ts", "thread_ts", "is_ephemeral")  # what a replaced ephemeral message keeps
REPLY_USERS_SHOWN: Final = 5  # Slack names the first five people of a thread in its parent


class Messages:
    """Stores and changes messages, and emits each change. `stamp` gives the next unique, increasing ts."""

    def __init__(self, emit: Callable[[Json], None], stamp: Callable[[], str]) -> None:
        self._emit = emit
        self._stamp = stamp
        self._channels: dict[str, dict[str, Json]] = {}
        self._earlier: dict[tuple[str, str], list[Json]] = {}
        self._ephemeral: dict[tuple[str, str], dict[str, Json]] = {}

    def post(self, channel: str, message: Json) -> Json:
        """Add a message and return it with its ts. With `thread_ts` it is a reply, and its parent is told."""
        posted = {"type": "message", **message, "ts": self._stamp()}
        self._channels.setdefault(channel, {})[posted["ts"]] = posted
        self._emit({"type": "message", "channel": channel, "message": posted})
        if "thread_ts" in posted:
            self._recount(channel, posted["thread_ts"])
        return posted

    def get(self, channel: str, ts: str) -> Json | None:
        """The message as it is now."""
        return self._channels.get(channel, {}).get(ts)

    def locate(self, ts: str) -> tuple[str, Json] | None:
        """The channel and the message with this ts: a ts is unique in the whole workspace."""
        return next(((channel, found[ts]) for channel, found in self._channels.items() if ts in found), None)

    def versions(self, channel: str, ts: str) -> list[Json]:
        """The message as it is and as it was, newest first. Empty when it never was or is deleted."""
        now = self.get(channel, ts)
        return [] if now is None else [now, *reversed(self._earlier.get((channel, ts), []))]

    def update(self, channel: str, ts: str, changes: Json, *, editor: str | None) -> Json:
        """Change fields of a message; a field set to None goes. With `editor` it is marked as edited."""
        before = self._channels[channel][ts]
        self._earlier.setdefault((channel, ts), []).append(before)
        edited = {"edited": {"user": editor, "ts": self._stamp()}} if editor else {}
        after = {key: value for key, value in {**before, **changes, **edited}.items() if value is not None}
        self._replace(channel, ts, after)
        return after

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message. A parent with replies leaves a tombstone, as in Slack."""
        message = self._channels[channel][ts]
        self._earlier.pop((channel, ts), None)
        if message.get("reply_count"):
            kept = ("type", "ts", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply")
            stone = {key: message[key] for key in kept}
            self._replace(channel, ts, stone | {"subtype": "tombstone", "text": "This message was deleted."})
            return
        del self._channels[channel][ts]
        self._emit({"type": "message_deleted", "channel": channel, "ts": ts})
        if message.get("thread_ts", ts) != ts:
            self._recount(channel, message["thread_ts"])

    def history(self, channel: str) -> list[Json]:
        """What the channel itself shows, oldest first: no replies but the broadcast ones."""
        return [m for m in self._channels.get(channel, {}).values() if not _only_in_thread(m)]

    def replies(self, channel: str, ts: str) -> list[Json]:
        """A thread: its parent, then its replies, oldest first."""
        return [m for m in self._channels.get(channel, {}).values() if ts in (m["ts"], m.get("thread_ts"))]

    def post_ephemeral(self, channel: str, user: str, message: Json) -> Json:
        """Show something to one person only, in the channel or (with `thread_ts`) in a thread."""
        shown = {"type": "message", **message, "ts": self._stamp(), "is_ephemeral": True}
        self._show(channel, user, shown)
        return shown

    def ephemeral(self, channel: str, user: str) -> list[Json]:
        """What only this person sees in the channel, oldest first."""
        return list(self._ephemeral.get((channel, user), {}).values())

    def locate_ephemeral(self, user: str, ts: str) -> tuple[str, Json] | None:
        """The channel and the message only this person sees."""
        spots = ((channel, shown) for (channel, who), shown in self._ephemeral.items() if who == user)
        return next(((channel, shown[ts]) for channel, shown in spots if ts in shown), None)

    def replace_ephemeral(self, channel: str, user: str, ts: str, message: Json) -> None:
        """Show something else at the same ts and in the same thread. Nothing happens when it is gone."""
        if before := self._ephemeral.get((channel, user), {}).get(ts):
            self._show(channel, user, {**message, **{key: before[key] for key in _PLACE if key in before}})

    def delete_ephemeral(self, channel: str, user: str, ts: str) -> None:
        """Take it away. Nothing happens when it is gone already."""
        if self._ephemeral.get((channel, user), {}).pop(ts, None):
            self._emit({"type": "ephemeral_deleted", "channel": channel, "user": user, "ts": ts})

    def forget(self, channel: str) -> None:
        """Forget what was said in a channel that is deleted, telling nobody."""
        self._channels.pop(channel, None)
        for place in [place for place in (*self._earlier, *self._ephemeral) if place[0] == channel]:
            self._earlier.pop(place, None)
            self._ephemeral.pop(place, None)

    def clear(self) -> None:
        """Forget everything, telling nobody: whoever clears the workspace says so."""
        self._channels.clear()
        self._earlier.clear()
        self._ephemeral.clear()

    def _show(self, channel: str, user: str, message: Json) -> None:
        self._ephemeral.setdefault((channel, user), {})[message["ts"]] = message
        self._emit({"type": "ephemeral", "channel": channel, "user": user, "message": message})

    def _replace(self, channel: str, ts: str, message: Json) -> None:
        self._channels[channel][ts] = message
        self._emit({"type": "message_changed", "channel": channel, "message": message})

    def _recount(self, channel: str, ts: str) -> None:
        parent, *replies = self.replies(channel, ts)
        users = list(dict.fromkeys(reply["user"] for reply in replies))
        counts = {
            "thread_ts": ts,
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "reply_users": users[:REPLY_USERS_SHOWN],
            "latest_reply": replies[-1]["ts"] if replies else parent["ts"],
        }
        self._replace(channel, ts, {**parent, **counts})


def _only_in_thread(message: Json) -> bool:
    return (
        message.get("thread_ts", message["ts"]) != message["ts"] and message.get("subtype") != "thread_broadcast"
    )
