"""Web API: modals and Home."""

from typing import Any

from bot.workspace import elements
from bot.workspace.api_call import TIER_4, Call, method
from bot.workspace.limits import Refusal, check_view
from bot.workspace.modals import MOST_STACKED, TriggerState
from bot.workspace.records import Json


@method("views.open", rate=TIER_4)
def open_view(call: Call) -> Json:
    """Open a modal for the person whose trigger_id it is."""
    view = _view(call, "modal")
    user = _triggered(call)
    return {"view": call.workspace.modals.open(user, view)}


@method("views.push", rate=TIER_4)
def push_view(call: Call) -> Json:
    """Put a modal on top of the one the person is in."""
    view = _view(call, "modal")
    user = _triggered(call)
    if not call.workspace.modals.stack(user):
        raise Refusal("not_found")
    return {"view": call.workspace.modals.open(user, view)}


@method("views.update", rate=TIER_4)
def update_view(call: Call) -> Json:
    """Replace the content of an open modal, named by view_id or external_id."""
    modals = call.workspace.modals
    if external_id := call.text("external_id"):
        before = modals.by_external_id(external_id)
    else:
        found = modals.find(call.needs("view_id"))
        before = found[1] if found else None
    if before is None or before["type"] != "modal":
        raise Refusal("not_found")
    _check_hash(call, before)
    return {"view": modals.update(before["id"], _view(call, "modal", replacing=before["id"]))}


@method("views.publish", rate=TIER_4)
def publish_view(call: Call) -> Json:
    """Replace a person's Home."""
    user = call.needs("user_id")
    if user not in call.workspace.users:
        raise Refusal("user_not_found")
    _check_hash(call, call.workspace.modals.home(user))
    return {"view": call.workspace.modals.publish(user, _view(call, "home"))}


def _view(call: Call, kind: str, replacing: str = "") -> Json:
    view: Any = call.value("view")
    if view is None:
        raise Refusal("invalid_arguments", ["[ERROR] missing required field: view"])
    check_view(view)
    if view["type"] != kind:
        raise Refusal("invalid_arguments", [f"[ERROR] must be a {kind} [json-pointer:/view/type]"])
    namesake = call.workspace.modals.by_external_id(view["external_id"]) if view.get("external_id") else None
    if namesake and namesake["id"] != replacing:
        raise Refusal("duplicate_external_id")
    return {**view, "blocks": elements.with_ids(view["blocks"])}


def _triggered(call: Call) -> str:
    state, user = call.workspace.modals.exchange(call.needs("trigger_id"))
    if state is not TriggerState.GOOD:
        raise Refusal(state.value)
    if len(call.workspace.modals.stack(user)) >= MOST_STACKED:
        raise Refusal("push_limit_reached")
    return user


def _check_hash(call: Call, before: Json | None) -> None:
    expected = call.text("hash")
    if expected and before and expected != before["hash"]:
        raise Refusal("hash_conflict")
