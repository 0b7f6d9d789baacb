"""Web API: posting, changing and deleting messages, and reactions."""

import re

from bot.workspace import elements
from bot.workspace.api_call import POSTING, TIER_4, Call, method
from bot.workspace.escaping import escaped, outgoing
from bot.workspace.limits import MOST_TEXT_OF_UPDATE, Refusal, check_message, check_metadata
from bot.workspace.records import Channel, Json
from bot.workspace.schema import objects


@method("chat.postMessage", scope="chat:write", rate=POSTING)
def post_message(call: Call) -> Json:
    """Post to a channel, a thread, or (with a user id) a person."""
    channel = call.postable()
    message = call.workspace.as_bot(_content(call) | thread(call, channel))
    posted = call.workspace.messages.post(channel.id, message)
    return {"channel": channel.id, "ts": posted["ts"], "message": outgoing(posted)}


@method("chat.postEphemeral", scope="chat:write", rate=TIER_4)
def post_ephemeral(call: Call) -> Json:
    """Show a message to one member of the channel."""
    channel, user = call.postable(), call.needs("user")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    message = call.workspace.as_bot(_content(call) | thread(call, channel))
    shown = call.workspace.messages.post_ephemeral(channel.id, user, message)
    return {"message_ts": shown["ts"]}


@method("chat.update", scope="chat:write")
def update(call: Call) -> Json:
    """Change a message of the app's own. Text without blocks takes the blocks away; no metadata leaves it."""
    channel, before = _own(call, "cant_update_message")
    if channel.is_archived:
        raise Refusal("is_inactive")
    changes = _content(call, most_text=MOST_TEXT_OF_UPDATE)
    if "text" not in call.args:
        del changes["text"]
    else:
        changes.setdefault("blocks", None)
    after = call.workspace.messages.update(channel.id, before["ts"], changes, editor=call.workspace.app.user_id)
    return {"channel": channel.id, "ts": after["ts"], "text": escaped(after["text"]), "message": outgoing(after)}


@method("chat.delete", scope="chat:write")
def delete(call: Call) -> Json:
    """Delete a message of the app's own."""
    channel, message = _own(call, "cant_delete_message")
    call.workspace.messages.delete(channel.id, message["ts"])
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.getPermalink")
def get_permalink(call: Call) -> Json:
    """An address that leads to the message."""
    channel, message = message_of(call, "message_ts")
    path = f"/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    thread_ts = message.get("thread_ts", message["ts"])
    query = f"?thread_ts={thread_ts}&cid={channel.id}" if thread_ts != message["ts"] else ""
    return {"channel": channel.id, "permalink": f"{call.workspace.base_url}{path}{query}"}


@method("reactions.add", scope="reactions:write")
def reactions_add(call: Call) -> Json:
    """React to a message with an emoji."""
    channel, message = message_of(call, "timestamp")
    if channel.is_archived:
        raise Refusal("is_archived")
    name, me = call.needs("name").strip(":"), call.workspace.app.user_id
    users = {reaction["name"]: reaction["users"] for reaction in message.get("reactions", [])}
    if me in users.get(name, []):
        raise Refusal("already_reacted")
    users[name] = [*users.get(name, []), me]
    reactions = [{"name": name, "users": who, "count": len(who)} for name, who in users.items()]
    call.workspace.messages.update(channel.id, message["ts"], {"reactions": reactions}, editor=None)
    return {}


@method("reactions.get", scope="reactions:read")
def reactions_get(call: Call) -> Json:
    """A message with its reactions."""
    channel, message = message_of(call, "timestamp")
    return {"type": "message", "channel": channel.id, "message": outgoing(message)}


@method("reactions.remove", scope="reactions:write")
def reactions_remove(call: Call) -> Json:
    """Take the app's own reaction back."""
    channel, message = message_of(call, "timestamp")
    name, me = call.needs("name").strip(":"), call.workspace.app.user_id
    kept = {
        one["name"]: [user for user in one["users"] if (one["name"], user) != (name, me)]
        for one in message.get("reactions", [])
    }
    if kept == {one["name"]: one["users"] for one in message.get("reactions", [])}:
        raise Refusal("no_reaction")
    reactions = [{"name": each, "users": who, "count": len(who)} for each, who in kept.items() if who]
    call.workspace.messages.update(channel.id, message["ts"], {"reactions": reactions or None}, editor=None)
    return {}


def message_of(call: Call, argument: str) -> tuple[Channel, Json]:
    """The message an argument's ts names, in the argument `channel`; raises message_not_found."""
    channel = call.joined()
    message = call.workspace.messages.get(channel.id, call.needs(argument))
    if message is None:
        raise Refusal("message_not_found")
    return channel, message


def thread(call: Call, channel: Channel) -> Json:
    """The fields that put a message into the thread asked for, if any.

    A parent that is gone makes it a message of the channel's own, and nothing says so but the missing thread_ts.
    """
    ts = call.text("thread_ts")
    if not ts:
        return {}
    if not re.fullmatch(r"\d+\.\d+", ts):
        raise Refusal("invalid_thread_ts")
    parent = call.workspace.messages.get(channel.id, ts)
    if parent is None:
        return {}
    if parent.get("thread_ts", ts) != ts:
        raise Refusal("cannot_reply_to_message", ["[ERROR] it is itself a reply [json-pointer:/thread_ts]"])
    broadcast = {"subtype": "thread_broadcast"} if call.flag("reply_broadcast") else {}
    return {"thread_ts": ts, "parent_user_id": parent.get("user", "USLACKBOT"), **broadcast}


def check_pictures(call: Call, blocks: list[Json]) -> None:
    """Raise Refusal where a block shows a file that this workspace hasn't got."""
    files = call.workspace.files
    inside = [part for block in blocks for part in [block, block.get("accessory"), *block.get("elements", [])]]
    for part in objects(inside):
        shown = part.get("slack_file")
        if shown and not (files.get(shown.get("id", "")) or files.by_url(shown.get("url", ""))):
            raise Refusal("invalid_blocks", ["[ERROR] invalid slack file [json-pointer:/blocks]"])


def _own(call: Call, error: str) -> tuple[Channel, Json]:
    channel, message = message_of(call, "ts")
    if message.get("bot_id") != call.workspace.app.bot_id or message.get("subtype") == "tombstone":
        raise Refusal(error)
    return channel, message


def _content(call: Call, **limits: int) -> Json:
    text, blocks = call.text("text"), call.value("blocks", "invalid_blocks_format")
    check_message(text, blocks, **limits)
    content: Json = {"text": text}
    if blocks is not None:
        check_pictures(call, blocks)
        content["blocks"] = elements.with_ids(blocks)
    metadata = call.value("metadata", "invalid_metadata_format")
    if metadata is not None:
        check_metadata(metadata)
        content["metadata"] = metadata
    return content
