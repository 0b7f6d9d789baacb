"""What people do to channels and messages: archive, rename, lock and delete them, invite the bot and remove it.

Each act takes the channel by its id or name and raises ValueError where there is no such channel or message.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bot.workspace.records import Channel
from bot.workspace.state import Workspace


def archive(workspace: Workspace, channel: str) -> None:
    """Freeze the channel: it can be read, and nothing in it can be posted or changed."""
    workspace.keep(replace(_found(workspace, channel), is_archived=True))


def unarchive(workspace: Workspace, channel: str) -> None:
    """Open an archived channel again. Its members are those it had."""
    workspace.keep(replace(_found(workspace, channel), is_archived=False))


def lock(workspace: Workspace, channel: str) -> None:
    """Make the channel read-only for all but admins."""
    workspace.keep(replace(_found(workspace, channel), is_read_only=True))


def unlock(workspace: Workspace, channel: str) -> None:
    """Let everybody post again."""
    workspace.keep(replace(_found(workspace, channel), is_read_only=False))


def rename(workspace: Workspace, channel: str, name: str) -> None:
    """Give the channel another name; its id stays."""
    workspace.keep(replace(_found(workspace, channel), name=name))


def remove_bot(workspace: Workspace, channel: str) -> None:
    """Remove the bot from the channel."""
    workspace.leave(_found(workspace, channel), workspace.app.user_id)


def invite_bot(workspace: Workspace, channel: str) -> None:
    """Invite the bot to the channel."""
    workspace.join(_found(workspace, channel), workspace.app.user_id)


def create(workspace: Workspace, channel: str, name: str) -> None:
    """Make a new channel with that id and name, everybody and the bot in it."""
    everybody = frozenset(user.id for user in workspace.users.values() if not user.is_bot)
    workspace.keep(Channel(channel, name, everybody | {workspace.app.user_id}))


def delete_channel(workspace: Workspace, channel: str) -> None:
    """Delete the channel with everything in it."""
    workspace.drop(_found(workspace, channel))


def delete_message(workspace: Workspace, channel: str, ts: str) -> None:
    """Delete a message, whoever wrote it. One that has replies leaves a tombstone."""
    found = _found(workspace, channel)
    if workspace.messages.get(found.id, ts) is None:
        raise ValueError(f"cannot delete the message {ts!r}: because there is none in {channel!r}")
    workspace.messages.delete(found.id, ts)


ACTS: Final[tuple[Callable[..., None], ...]] = (
    *(archive, unarchive, lock, unlock, rename, remove_bot, invite_bot, create),
    *(delete_channel, delete_message),
)


def _found(workspace: Workspace, channel: str) -> Channel:
    found = workspace.channel(channel)
    if found is None:
        raise ValueError(f"cannot use the channel {channel!r}: because there is none of that id or name")
    return found
