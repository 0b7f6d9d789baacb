"""Web API: channels, their members, and reading what was said in them."""

from decimal import Decimal, InvalidOperation
from typing import Final

from bot.workspace.api_call import TIER_2, TIER_4, Call, method
from bot.workspace.escaping import outgoing
from bot.workspace.limits import Refusal
from bot.workspace.pages import cut
from bot.workspace.records import Channel, Json

TYPES: Final = frozenset({"public_channel", "private_channel", "mpim", "im"})


@method("conversations.info")
def info(call: Call) -> Json:
    """One channel, and whether the app is in it."""
    return {"channel": _shown(call, call.allowed(call.channel(), "read"))}


@method("conversations.list", scope="channels:read", rate=TIER_2)
def list_channels(call: Call) -> Json:
    """The public channels and, on demand, private ones that the app is in and direct messages; page by page."""
    wanted = set(call.text("types", "public_channel").split(","))
    if wanted - TYPES:
        raise Refusal("invalid_types")
    mine = [c for c in call.workspace.channels.values() if _type(c) in wanted and _is_visible(call, c)]
    found = [c for c in mine if not (c.is_archived and call.flag("exclude_archived"))]
    page, rest = cut(call, found, lambda channel: channel.id)
    return {"channels": [_shown(call, channel) for channel in page], "response_metadata": {"next_cursor": rest}}


@method("conversations.members", rate=TIER_4)
def members(call: Call) -> Json:
    """The ids of a channel's members, page by page."""
    channel = call.allowed(call.channel(), "read")
    page, rest = cut(call, sorted(channel.members), str)
    return {"members": page, "response_metadata": {"next_cursor": rest}}


@method("conversations.open", scope="im:write")
def open_direct(call: Call) -> Json:
    """The direct messages with one person."""
    user = call.needs("users")
    if user not in call.workspace.users:
        raise Refusal("user_not_found")
    opened = call.workspace.direct(user)
    return {"channel": _shown(call, opened) if call.flag("return_im") else {"id": opened.id}}


@method("conversations.join", scope="channels:join")
def join(call: Call) -> Json:
    """Join a public channel."""
    channel = call.channel()
    if channel.is_im:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    return {"channel": _shown(call, call.workspace.join(channel, call.workspace.app.user_id))}


@method("conversations.history")
def history(call: Call) -> Json:
    """What the channel shows, newest first."""
    channel = call.allowed(call.joined(), "history")
    found = _between(call, call.workspace.messages.history(channel.id))
    page, rest = _page(call, found[::-1], 100)
    return {"messages": page, "has_more": bool(rest), "pin_count": 0, "response_metadata": {"next_cursor": rest}}


@method("conversations.replies")
def replies(call: Call) -> Json:
    """A thread, oldest first; every page starts with its parent."""
    channel, ts = call.allowed(call.joined(), "history"), call.needs("ts")
    if call.workspace.messages.get(channel.id, ts) is None:
        raise Refusal("thread_not_found")
    parent, *answers = call.workspace.messages.replies(channel.id, ts)
    page, rest = _page(call, _between(call, answers), 1000)
    first = _stripped(call, parent)
    return {"messages": [first, *page], "has_more": bool(rest), "response_metadata": {"next_cursor": rest}}


def _shown(call: Call, channel: Channel) -> Json:
    common = {"id": channel.id, "created": 0, "is_archived": channel.is_archived, "is_im": channel.is_im}
    if channel.is_im:
        person = next(user for user in channel.members if user != call.workspace.app.user_id)
        return common | {"user": person, "is_open": True}
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": False,
        "is_private": channel.is_private,
        "is_read_only": channel.is_read_only,
        "is_member": call.workspace.app.user_id in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def _between(call: Call, messages: list[Json]) -> list[Json]:
    """Those after `oldest` and before `latest`; with `inclusive` also those at them."""
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    inclusive = call.flag("inclusive")

    def wanted(message: Json) -> bool:
        ts = Decimal(message["ts"])
        if inclusive and ts in (oldest, latest):
            return True
        return (oldest is None or ts > oldest) and (latest is None or ts < latest)

    return [message for message in messages if wanted(message)]


def _moment(call: Call, name: str) -> Decimal | None:
    try:
        return Decimal(call.text(name)) if call.text(name) else None
    except InvalidOperation:
        raise Refusal(f"invalid_ts_{name}") from None


def _page(call: Call, messages: list[Json], usual: int) -> tuple[list[Json], str]:
    """The page asked for, and the cursor of the next ("" when there is none)."""
    page, following = cut(call, messages, lambda message: str(message["ts"]), usual)
    return [_stripped(call, message) for message in page], following


def _stripped(call: Call, message: Json) -> Json:
    """The message as it is read; its metadata only on demand."""
    if call.flag("include_all_metadata"):
        return outgoing(message)
    return outgoing({key: value for key, value in message.items() if key != "metadata"})


def _type(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _is_visible(call: Call, channel: Channel) -> bool:
    return not channel.is_private or call.workspace.app.user_id in channel.members
