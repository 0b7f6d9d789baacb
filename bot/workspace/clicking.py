"""A click in a message, a modal or Home: found among what the person can see, and told as Slack tells it."""

from typing import TYPE_CHECKING

from bot.workspace import elements, payloads
from bot.workspace.answers import Spot
from bot.workspace.payloads import Envelope
from bot.workspace.records import Json

if TYPE_CHECKING:
    from bot.workspace.state import Workspace


def envelope(workspace: "Workspace", user: str, target: str, action: Json, state: Json) -> Envelope:
    """The block_actions payload for a click; raises ValueError where there is nothing to click."""
    if view_found := workspace.modals.find(target):
        return _in_view(workspace, user, view_found[1], action, state)
    messages = workspace.messages
    found = messages.locate_ephemeral(user, target) or messages.locate(target)
    if found is None:
        raise ValueError(f"cannot click in {target!r}: because there is no such message or view")
    channel, message = found
    # versions() knows nothing of ephemeral messages: those are clicked as they are
    shown = [version.get("blocks", []) for version in messages.versions(channel, target) or [message]]
    made, values = _made(workspace, shown, action, state)
    spot = Spot(user, channel, target, ephemeral=message.get("is_ephemeral", False))
    details = {"actions": [made], "state": {"values": values}, **workspace.links(spot)}
    who, where = workspace.users[user], workspace.channels[channel]
    return payloads.message_actions(workspace.app, who, where, message, details)


def _in_view(workspace: "Workspace", user: str, view: Json, action: Json, state: Json) -> Envelope:
    made, values = _made(workspace, [view["blocks"]], action, state)
    details = {"actions": [made], "trigger_id": workspace.modals.trigger(user)}
    held = {**view, "state": {"values": values}}
    return payloads.view_actions(workspace.app, workspace.users[user], held, details)


def _made(workspace: "Workspace", shown: list[list[Json]], action: Json, state: Json) -> tuple[Json, Json]:
    """The action as Slack tells it, and the values around it; from the newest version that has the element."""
    action_id, block_id = action["action_id"], action.get("block_id", "")
    for blocks in shown:
        if element := elements.find(blocks, block_id, action_id):
            block_id = elements.block_of(blocks, element)
            around = {**state, block_id: {**state.get(block_id, {}), action_id: action}}
            made = elements.action(element, block_id, action, workspace.stamp())
            return made, elements.values(blocks, around)
    raise ValueError(f"cannot click {action_id!r}: because nothing there has this action_id")
