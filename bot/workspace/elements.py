"""Reading blocks as a Slack client does: which element was meant, what it offers, what it holds.

Pure, and only for blocks that Slack took (limits.py judges them before).
"""

import copy
import secrets
from collections.abc import Iterator
from typing import Any, Final

from bot.workspace.records import Json

CHOOSE_ONE: Final = frozenset({"static_select", "radio_buttons", "overflow"})
CHOOSE_MANY: Final = frozenset({"multi_static_select", "checkboxes"})
TYPED: Final = frozenset({"plain_text_input", "number_input"})
STATEFUL: Final = (CHOOSE_ONE | CHOOSE_MANY | TYPED | {"datepicker"}) - {"overflow"}
ACTIVE: Final = STATEFUL | {"button", "overflow"}
_SHOWN_IN_ACTION: Final = ("text", "value", "style", "url", "placeholder", "initial_option", "initial_options")
REQUIRED: Final = "Please complete this required field."


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy in which every block has a block_id and every element an action_id, as Slack gives them."""
    named = copy.deepcopy(blocks)
    for block in named:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for element in _elements(block):
            element.setdefault("action_id", secrets.token_urlsafe(4))
    return named


def actives(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Every element a person can act on, with its block's id."""
    return ((block["block_id"], element) for block in blocks for element in _elements(block))


def find(blocks: list[Json], block_id: str, action_id: str) -> Json | None:
    """The element an action names; an empty `block_id` means whichever block has it."""
    fitting = (el for block, el in actives(blocks) if el["action_id"] == action_id and block_id in ("", block))
    return next(fitting, None)


def block_of(blocks: list[Json], element: Json) -> str:
    """The id of the block the element stands in."""
    return next(block for block, el in actives(blocks) if el is element)


def action(element: Json, block_id: str, chosen: Json, at: str) -> Json:
    """What Slack tells of one act on an element. `chosen` holds selected_option(s), selected_date or value."""
    shown = {key: element[key] for key in _SHOWN_IN_ACTION if key in element}
    head = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id, "action_ts": at}
    return head | shown | held(element, chosen)


def held(element: Json, chosen: Json) -> Json:
    """What the element holds after the person chose. An option that isn't offered is the caller's mistake."""
    kind = element["type"]
    if kind in CHOOSE_ONE:
        option = chosen.get("selected_option")
        return {"selected_option": _offered(element, option) if option else None}
    if kind in CHOOSE_MANY:
        return {"selected_options": [_offered(element, option) for option in chosen.get("selected_options") or []]}
    if kind in TYPED:
        return {"value": chosen.get("value") or None}
    return {"selected_date": chosen.get("selected_date")} if kind == "datepicker" else {}


def values(blocks: list[Json], given: Json) -> Json:
    """`state.values`: what each element holds; where the person left it alone, what it held at first.

    `given` is {block_id: {action_id: {"selected_option": …}}} as the client sends it.
    """
    found: Json = {}
    for block_id, element in actives(blocks):
        if element["type"] in STATEFUL:
            chosen = given.get(block_id, {}).get(element["action_id"])
            state = held(element, _initial(element) if chosen is None else chosen)
            found.setdefault(block_id, {})[element["action_id"]] = {"type": element["type"], **state}
    return found


def unfilled(blocks: list[Json], state: Json) -> dict[str, str]:
    """The complaint at each input the client itself won't submit, by block_id."""
    complaints = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            complaint = _complaint(block, element, state[block["block_id"]][element["action_id"]])
            if complaint:
                complaints[block["block_id"]] = complaint
    return complaints


def options(element: Json) -> list[Json]:
    """Everything it offers, also in groups."""
    groups = [group["options"] for group in element.get("option_groups", [])]
    return list(element.get("options", [])) + [option for group in groups for option in group]


def _complaint(block: Json, element: Json, state: Json) -> str:
    content = next(value for key, value in state.items() if key != "type")
    if not content:
        return "" if block.get("optional") else REQUIRED
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if len(content) > most:
            return f"Write at most {most} characters."
        return f"Write at least {least} characters." if len(content) < least else ""
    return ""


def _elements(block: Json) -> list[Json]:
    inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [el for el in inside if isinstance(el, dict) and el.get("type") in ACTIVE]


def _initial(element: Json) -> Json:
    names = {"initial_option": "selected_option", "initial_options": "selected_options"}
    names |= {"initial_value": "value", "initial_date": "selected_date"}
    return {now: element[first] for first, now in names.items() if first in element}


def _offered(element: Json, option: Any) -> Json:
    for offer in options(element):
        if offer.get("value") == option.get("value"):
            return offer
    raise ValueError(f"cannot choose {option.get('value')!r}: because {element['action_id']!r} doesn't offer it")
