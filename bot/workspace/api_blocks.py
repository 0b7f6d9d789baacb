"""Web API: blocks.validate, which judges blocks, a message or a view and posts nothing."""

from typing import Any, Final

from bot.workspace.api_call import TIER_4, Call, method
from bot.workspace.limits import Refusal, check_message, check_view
from bot.workspace.records import Json

_GIVEN: Final = ("blocks", "message", "view")


@method("blocks.validate", rate=TIER_4)
def validate(call: Call) -> Json:
    """Say what Slack would refuse of exactly one of `blocks`, `message`, `view`, each as JSON text."""
    given = [name for name in _GIVEN if call.args.get(name)]
    if len(given) != 1:
        raise Refusal("invalid_arguments", ["must provide exactly one of `blocks`, `view`, or `message`"])
    [name] = given
    value = call.value(name)
    try:
        _judge(name, value)
    except Refusal as refused:
        errors = [_error(message, name) for message in refused.messages or [refused.error]]
        raise Refusal(f"invalid_{name}", errors=errors) from None
    return {}


def _judge(name: str, value: Any) -> None:
    if name == "view":
        check_view(value)
    elif name == "blocks":
        check_message("x", value)
    else:
        message = value if isinstance(value, dict) else {}
        check_message(message.get("text", ""), message.get("blocks"))


def _error(complaint: str, name: str) -> Json:
    """One complaint, its pointer counted from what was given."""
    message, _, pointer = complaint.removeprefix("[ERROR] ").partition(" [json-pointer:")
    pointer = pointer.removesuffix("]")
    if name != "message":
        pointer = pointer.removeprefix(f"/{name}")
    return {"code": "failed_constraint", "message": message, "pointer": pointer, "constraint": {}}
