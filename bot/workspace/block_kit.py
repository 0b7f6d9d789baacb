"""Block Kit's schema: every block and element an app may post, with Slack's limits. Declarations only.

Sources: docs.slack.dev/reference/block-kit: blocks/… (text and number of what each holds, the surfaces it is for),
block-elements/… (lengths of texts, values and ids, numbers of options), composition-objects/… (option, option
group, confirmation dialog, text). Where Slack publishes no number the safe one stands.
"""

from typing import Final

from bot.workspace.records import Json
from bot.workspace.schema import (
    Complaints,
    Rule,
    all_of,
    anything,
    array,
    at_least_one,
    exactly_one,
    flag,
    objects,
    one_of,
    only,
    record,
    string,
    tagged,
    url,
    whole,
)

ID: Final = string(255)
_DATE: Final = string(10, least=10)


def plain(most: int) -> Rule:
    """A plain_text object of so many characters."""
    return tagged(plain_text=record({"text": string(most)}, {"emoji": flag}))


def text(most: int) -> Rule:
    """A plain_text or mrkdwn object of so many characters."""
    return tagged(
        plain_text=record({"text": string(most)}, {"emoji": flag}),
        mrkdwn=record({"text": string(most)}, {"verbatim": flag}),
    )


def _option(words: Rule) -> Rule:
    return record({"text": words, "value": string(150)}, {"description": plain(75), "url": url()})


def _known_initial(value: object, at: str, complaints: Complaints) -> None:
    """What is chosen at first must be among the options."""
    if not isinstance(value, dict):
        return
    groups = [option for group in objects(value.get("option_groups")) for option in objects(group.get("options"))]
    offered = objects(value.get("options")) + groups
    for name in ("initial_option", "initial_options"):
        first = value.get(name, [])
        for option in objects(first if isinstance(first, list) else [first]):
            if option not in offered:
                complaints.add(f"{at}/{name}", "must be one of the options")


def _min_not_above_max(value: object, at: str, complaints: Complaints) -> None:
    if isinstance(value, dict):
        least, most = value.get("min_length", 0), value.get("max_length", 3000)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            complaints.add(f"{at}/min_length", "must not be more than max_length")


CONFIRM: Final = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
_OPTION: Final = _option(plain(75))
_RICH_OPTION: Final = _option(text(75))
_GROUP: Final = record({"label": plain(75), "options": array(_OPTION, most=100)})
_SELECT: Final = {
    "action_id": ID,
    "placeholder": plain(150),
    "options": array(_OPTION, most=100),
    "option_groups": array(_GROUP, most=100),
    "confirm": CONFIRM,
    "focus_on_load": flag,
}
_SELECT_RULES: Final = all_of(exactly_one("options", "option_groups"), _known_initial)
_DISPATCH: Final = record(
    {}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), most=2)}
)
_TYPED: Final = {
    "action_id": ID,
    "placeholder": plain(150),
    "focus_on_load": flag,
    "dispatch_action_config": _DISPATCH,
}

_SLACK_FILE: Final = record({}, {"id": string(255), "url": url()}, also=exactly_one("id", "url"))
_PICTURE: Final = {"image_url": url(), "slack_file": _SLACK_FILE}

ELEMENTS: Final[dict[str, Rule]] = {
    "button": record(
        {"text": plain(75)},
        {
            "action_id": ID,
            "url": url(),
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "static_select": record({}, {**_SELECT, "initial_option": _OPTION}, also=_SELECT_RULES),
    "multi_static_select": record(
        {},
        {**_SELECT, "initial_options": array(_OPTION, most=100), "max_selected_items": whole(1, 100)},
        also=_SELECT_RULES,
    ),
    "overflow": record({"options": array(_OPTION, most=5)}, {"action_id": ID, "confirm": CONFIRM}),
    "checkboxes": record(
        {"options": array(_RICH_OPTION, most=10)},
        {
            "action_id": ID,
            "initial_options": array(_RICH_OPTION, most=10),
            "confirm": CONFIRM,
            "focus_on_load": flag,
        },
        also=_known_initial,
    ),
    "radio_buttons": record(
        {"options": array(_RICH_OPTION, most=10)},
        {"action_id": ID, "initial_option": _RICH_OPTION, "confirm": CONFIRM, "focus_on_load": flag},
        also=_known_initial,
    ),
    "datepicker": record(
        {},
        {
            "action_id": ID,
            "initial_date": _DATE,
            "placeholder": plain(150),
            "confirm": CONFIRM,
            "focus_on_load": flag,
        },
    ),
    "plain_text_input": record(
        {},
        {
            **_TYPED,
            "initial_value": string(3000, least=0),
            "multiline": flag,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
        },
        also=_min_not_above_max,
    ),
    "number_input": record(
        {"is_decimal_allowed": flag},
        {**_TYPED, "initial_value": string(40), "min_value": string(40), "max_value": string(40)},
    ),
    "image": record({"alt_text": string(2000)}, _PICTURE, also=exactly_one("image_url", "slack_file")),
    "plain_text": record({"text": string(3000)}, {"emoji": flag}),
    "mrkdwn": record({"text": string(3000)}, {"verbatim": flag}),
}
_holding: Final = only(**ELEMENTS)
_CHOICES: Final = "static_select multi_static_select checkboxes radio_buttons datepicker"

_STYLE: Final = record({}, {"bold": flag, "italic": flag, "strike": flag, "code": flag, "underline": flag})
_INLINE: Final = tagged(
    text=record({"text": string(10_000)}, {"style": _STYLE}),
    link=record({"url": url()}, {"text": string(10_000), "style": _STYLE, "unsafe": flag}),
    emoji=record({"name": string(255)}, {"unicode": string(255), "style": _STYLE}),
    user=record({"user_id": ID}, {"style": _STYLE}),
    channel=record({"channel_id": ID}, {"style": _STYLE}),
    broadcast=record({"range": one_of("here", "channel", "everyone")}, {"style": _STYLE}),
    date=record({"timestamp": whole(0, 2**40), "format": string(255)}, {"url": url(), "fallback": string(255)}),
    color=record({"value": string(9)}),
)
_INLINES: Final = array(_INLINE, most=1000, least=0)
_SECTION: Final = record({"elements": _INLINES})
_BORDERED: Final = record({"elements": _INLINES}, {"border": whole(0, 1)})
_LIST: Final = record(
    {"elements": array(tagged(rich_text_section=_SECTION), most=1000), "style": one_of("bullet", "ordered")},
    {"indent": whole(0, 8), "offset": whole(0, 10_000), "border": whole(0, 1)},
)
_RICH: Final = array(
    tagged(
        rich_text_section=_SECTION,
        rich_text_list=_LIST,
        rich_text_preformatted=record({"elements": _INLINES}, {"border": whole(0, 1), "language": string(50)}),
        rich_text_quote=_BORDERED,
    ),
    most=1000,
)
_CELL: Final = tagged(raw_text=record({"text": string(3000)}), rich_text=record({"elements": _RICH}))
_COLUMN: Final = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})


def _block(required: dict[str, Rule], optional: dict[str, Rule] | None = None, also: Rule = anything) -> Rule:
    return record(required, {"block_id": ID, **(optional or {})}, also=also)


_BLOCKS: Final = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), most=10),
            "accessory": _holding(f"button overflow image {_CHOICES}"),
            "expand": flag,
        },
        also=at_least_one("text", "fields"),
    ),
    "divider": _block({}),
    "header": _block({"text": plain(150)}),
    "image": _block(
        {"alt_text": string(2000)},
        {**_PICTURE, "title": plain(2000)},
        also=exactly_one("image_url", "slack_file"),
    ),
    "actions": _block({"elements": array(_holding(f"button overflow {_CHOICES}"), most=25)}),
    "context": _block({"elements": array(_holding("plain_text mrkdwn image"), most=10)}),
    "input": _block(
        {"label": plain(2000), "element": _holding(f"plain_text_input number_input {_CHOICES}")},
        {"hint": plain(2000), "optional": flag, "dispatch_action": flag},
    ),
    "markdown": _block({"text": string(12_000)}),
    "rich_text": _block({"elements": _RICH}),
    "table": _block(
        {"rows": array(array(_CELL, most=20), most=100)},
        {"column_settings": array(_COLUMN, most=20, least=0)},
    ),
}

_MESSAGES_ONLY: Final = ("markdown", "table")
"""Blocks that no view may hold: each block's page names the surfaces it is for."""

BLOCK: Final = tagged(**_BLOCKS)
_VIEW_BLOCK: Final = tagged(**{name: rule for name, rule in _BLOCKS.items() if name not in _MESSAGES_ONLY})

VIEW: Final = tagged(
    modal=record(
        {"title": plain(24), "blocks": array(_VIEW_BLOCK, most=100)},
        {
            "submit": plain(24),
            "close": plain(24),
            "private_metadata": string(3000, least=0),
            "callback_id": string(255, least=0),
            "external_id": string(255, least=0),
            "clear_on_close": flag,
            "notify_on_close": flag,
            "submit_disabled": flag,
        },
    ),
    home=record(
        {"blocks": array(_VIEW_BLOCK, most=100, least=0)},
        {
            "private_metadata": string(3000, least=0),
            "callback_id": string(255, least=0),
            "external_id": string(255, least=0),
        },
    ),
)


def active_ids(block: Json) -> list[str]:
    """The action_ids given in one block, in order, for the rule that they are unique there."""
    inside = objects(block.get("elements")) + objects([block.get("accessory"), block.get("element")])
    return [element["action_id"] for element in inside if isinstance(element.get("action_id"), str)]
