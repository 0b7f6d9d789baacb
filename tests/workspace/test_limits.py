"""What Slack takes and what it refuses, at the very edge of each limit."""

import copy

import pytest

from bot.workspace.limits import Refusal, check_message, check_metadata, check_view


def plain(length: int = 1) -> dict:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int = 1) -> dict:
    return {"type": "mrkdwn", "text": "x" * length}


def option(text: int = 1, value: str = "v", **more) -> dict:
    return {"text": plain(text), "value": value, **more}


def options(count: int) -> list:
    return [option(value=str(number)) for number in range(count)]


def button(**more) -> dict:
    return {"type": "button", "text": plain(), **more}


def actions(*elements, **more) -> dict:
    return {"type": "actions", "elements": list(elements), **more}


def section(**more) -> dict:
    return {"type": "section", "text": mrkdwn(), **more}


def field(element: dict, **more) -> dict:
    return {"type": "input", "label": plain(), "element": element, **more}


def confirm(title=1, text=1, yes=1, no=1, **more) -> dict:
    return {"title": plain(title), "text": mrkdwn(text), "confirm": plain(yes), "deny": plain(no), **more}


def rich(*inline) -> dict:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(inline)}]}


def table(rows: int, columns: int = 1) -> dict:
    cell = {"type": "raw_text", "text": "x"}
    return {"type": "table", "rows": [[cell] * columns] * rows}


def image(**more) -> dict:
    return {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a", **more}


def text_input(**more) -> dict:
    return {"type": "plain_text_input", **more}


def select(**more) -> dict:
    return {"type": "static_select", "placeholder": plain(), "options": options(2), **more}


TAKEN = {
    "section": section(),
    "section text of 3,000": section(text=mrkdwn(3000)),
    "section of fields": {"type": "section", "fields": [mrkdwn(10)] * 10},
    "field of 2,000": {"type": "section", "fields": [plain(2000)]},
    "section with a button": section(accessory=button(action_id="a")),
    "section with a picture": section(accessory=image()),
    "divider": {"type": "divider"},
    "header of 150": {"type": "header", "text": plain(150)},
    "image": image(title=plain()),
    "image of a file": {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "a"},
    "25 buttons": actions(*[button(action_id=str(number)) for number in range(25)]),
    "button at its limits": actions(button(text=plain(75), value="x" * 2000, action_id="x" * 255, style="danger")),
    "confirm at its limits": actions(button(confirm=confirm(100, 300, 30, 30, style="danger"))),
    "100 options": actions(select(options=options(100))),
    "option at its limits": actions(select(options=[option(75, "x" * 150, description=plain(75))])),
    "select with groups": section(
        accessory={"type": "static_select", "option_groups": [{"label": plain(75), "options": options(2)}]},
    ),
    "select with a choice": actions(select(initial_option=option(value="1"))),
    "overflow of 5": actions({"type": "overflow", "options": options(5)}),
    "10 checkboxes": actions({"type": "checkboxes", "options": options(10)}),
    "checkboxes in mrkdwn": actions({"type": "checkboxes", "options": [{"text": mrkdwn(), "value": "v"}]}),
    "radio buttons": actions({"type": "radio_buttons", "options": options(10)}),
    "context of 10": {"type": "context", "elements": [mrkdwn()] * 9 + [image()]},
    "input": field(text_input(action_id="a", placeholder=plain(150)), hint=plain(), optional=True),
    "number input": field({"type": "number_input", "is_decimal_allowed": False}),
    "markdown of 11,000": {"type": "markdown", "text": "x" * 11_000},
    "rich text": rich({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "user", "user_id": "U1"}),
    "table of 100 by 20": table(100, 20),
    "block_id of 255": {"type": "divider", "block_id": "x" * 255},
}

REFUSED = {
    "no type": ({}, "missing required field: type"),
    "a type there is not": ({"type": "marquee"}, "unsupported type: marquee"),
    "no object": ("hello", "must be an object"),
    "empty section": ({"type": "section"}, "one of text, fields is required"),
    "section text over 3,000": (section(text=mrkdwn(3001)), "must be less than 3001 characters"),
    "empty text": (section(text=mrkdwn(0)), "must be more than 0 characters"),
    "text that is a string": (section(text="hello"), "must be an object"),
    "11 fields": ({"type": "section", "fields": [mrkdwn()] * 11}, "no more than 10 items"),
    "no fields": ({"type": "section", "fields": []}, "no less than 1 items"),
    "field over 2,000": ({"type": "section", "fields": [mrkdwn(2001)]}, "must be less than 2001"),
    "an accessory that is an input": (section(accessory=text_input()), "unsupported type: plain_text_input"),
    "an unknown property": (section(colour="red"), "invalid additional property: colour"),
    "emoji in mrkdwn": (section(text={**mrkdwn(), "emoji": True}), "invalid additional property: emoji"),
    "header in mrkdwn": ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn"),
    "header over 150": ({"type": "header", "text": plain(151)}, "must be less than 151"),
    "image without alt_text": (
        {"type": "image", "image_url": "https://e.org/a"},
        "missing required field: alt_text",
    ),
    "image without a source": ({"type": "image", "alt_text": "a"}, "exactly one of image_url, slack_file"),
    "image with two sources": (image(slack_file={"id": "F1"}), "exactly one of image_url, slack_file"),
    "image at no address": (image(image_url="a.png"), "must be a valid URL"),
    "26 buttons": (actions(*[button(action_id=str(number)) for number in range(26)]), "no more than 25 items"),
    "no buttons": (actions(), "no less than 1 items"),
    "button without text": (actions({"type": "button"}), "missing required field: text"),
    "button in mrkdwn": (actions(button(text=mrkdwn())), "unsupported type: mrkdwn"),
    "button text over 75": (actions(button(text=plain(76))), "must be less than 76"),
    "button value over 2,000": (actions(button(value="x" * 2001)), "must be less than 2001"),
    "button value no string": (actions(button(value=7)), "must be a string"),
    "button in a style": (actions(button(style="default")), "must be a valid enum value"),
    "button to nowhere": (actions(button(url="nowhere")), "must be a valid URL"),
    "action_id over 255": (actions(button(action_id="x" * 256)), "must be less than 256"),
    "the same action_id twice": (actions(button(action_id="a"), button(action_id="a")), '`action_id` "a" already'),
    "a text among actions": (actions(mrkdwn()), "unsupported type: mrkdwn"),
    "confirm title over 100": (actions(button(confirm=confirm(title=101))), "must be less than 101"),
    "confirm text over 300": (actions(button(confirm=confirm(text=301))), "must be less than 301"),
    "confirm button over 30": (actions(button(confirm=confirm(yes=31))), "must be less than 31"),
    "confirm without deny": (actions(button(confirm={"title": plain()})), "missing required field: deny"),
    "101 options": (actions(select(options=options(101))), "no more than 100 items"),
    "no options": (actions({"type": "static_select"}), "exactly one of options, option_groups"),
    "option text over 75": (actions(select(options=[option(76)])), "must be less than 76"),
    "option value over 150": (actions(select(options=[option(1, "x" * 151)])), "must be less than 151"),
    "option without value": (actions(select(options=[{"text": plain()}])), "missing required field: value"),
    "a choice that is no option": (
        actions(select(initial_option=option(value="9"))),
        "must be one of the options",
    ),
    "placeholder over 150": (actions(select(placeholder=plain(151))), "must be less than 151"),
    "overflow of 6": (actions({"type": "overflow", "options": options(6)}), "no more than 5 items"),
    "11 checkboxes": (actions({"type": "checkboxes", "options": options(11)}), "no more than 10 items"),
    "context of 11": ({"type": "context", "elements": [mrkdwn()] * 11}, "no more than 10 items"),
    "button in a context": ({"type": "context", "elements": [button()]}, "unsupported type: button"),
    "input without label": ({"type": "input", "element": text_input()}, "missing required field: label"),
    "input that is a button": (field(button()), "unsupported type: button"),
    "number input without kind": (field({"type": "number_input"}), "missing required field: is_decimal_allowed"),
    "least above most": (field(text_input(min_length=5, max_length=4)), "must not be more than max_length"),
    "max_length over 3,000": (field(text_input(max_length=3001)), "must be between 1 and 3000"),
    "optional: perhaps": (field(text_input(), optional="perhaps"), "must be a boolean"),
    "markdown over 12,000": ({"type": "markdown", "text": "x" * 12_001}, "must be less than 12001"),
    "rich text of an unknown kind": (rich({"type": "marquee"}), "unsupported type: marquee"),
    "table of 101 rows": (table(101), "no more than 100 items"),
    "table of 21 columns": (table(1, 21), "no more than 20 items"),
    "block_id over 255": ({"type": "divider", "block_id": "x" * 256}, "must be less than 256"),
}


@pytest.mark.parametrize("block", TAKEN.values(), ids=TAKEN)
def test_slack_takes(block):
    given = copy.deepcopy(block)
    check_message("fallback", [block])
    assert block == given


@pytest.mark.parametrize(("block", "complaint"), REFUSED.values(), ids=REFUSED)
def test_slack_refuses(block, complaint):
    with pytest.raises(Refusal) as refused:
        check_message("fallback", [block])
    assert refused.value.error == "invalid_blocks"
    assert any(complaint in message for message in refused.value.messages), refused.value.messages
    assert all("[json-pointer:/blocks" in message for message in refused.value.messages)


def refusal(text, blocks) -> str:
    with pytest.raises(Refusal) as refused:
        check_message(text, blocks)
    return refused.value.error


def test_fifty_blocks_are_the_most():
    check_message("x", [{"type": "divider"}] * 50)
    assert refusal("x", [{"type": "divider"}] * 51) == "invalid_blocks"


def test_block_ids_are_unique_in_a_message():
    assert refusal("x", [section(block_id="a"), section(block_id="a")]) == "invalid_blocks"


def test_action_ids_may_repeat_in_other_blocks():
    check_message("x", [actions(button(action_id="a")), actions(button(action_id="a"))])


def test_the_text_of_all_blocks_together_is_limited():
    check_message("x", [section(text=mrkdwn(3000))] * 3 + [section(text=mrkdwn(2000))])
    assert refusal("x", [section(text=mrkdwn(3000))] * 3 + [section(text=mrkdwn(2001))]) == "msg_blocks_too_long"


def test_markdown_counts_with_all_other_text():
    check_message("x", [{"type": "markdown", "text": "x" * 8_000}, section(text=mrkdwn(3_000))])
    assert refusal("x", [{"type": "markdown", "text": "x" * 8_001}, section(text=mrkdwn(3_000))]) == (
        "msg_blocks_too_long"
    )


def test_a_message_has_one_table():
    assert refusal("x", [table(1), table(1)]) == "only_one_table_allowed"


def test_a_message_is_text_and_a_list():
    assert refusal(7, None) == "invalid_arguments"
    assert refusal("x", {"type": "divider"}) == "invalid_blocks_format"
    assert refusal("", []) == "no_text"
    assert refusal("x" * 40_001, None) == "msg_too_long"


def view(**more) -> dict:
    return {"type": "modal", "title": plain(24), "blocks": [section()], **more}


def view_complaints(shown) -> str:
    with pytest.raises(Refusal) as refused:
        check_view(shown)
    assert refused.value.error == "invalid_arguments"
    return " ".join(refused.value.messages)


def test_a_view_at_its_limits_is_taken():
    check_view(
        view(
            blocks=[{"type": "divider"}] * 99 + [field(text_input())],
            submit=plain(24),
            close=plain(24),
            private_metadata="x" * 3000,
            callback_id="x" * 255,
        ),
    )
    check_view({"type": "home", "blocks": [section()] * 100})


@pytest.mark.parametrize(
    ("shown", "complaint"),
    [
        ("hello", "must be an object"),
        ({"type": "page", "blocks": []}, "unsupported type: page"),
        ({"type": "modal", "blocks": [section()]}, "missing required field: title"),
        (view(title=plain(25)), "must be less than 25"),
        (view(title=mrkdwn()), "unsupported type: mrkdwn"),
        (view(submit=plain(25)), "must be less than 25"),
        (view(close=plain(25)), "must be less than 25"),
        (view(private_metadata="x" * 3001), "must be less than 3001"),
        (view(callback_id="x" * 256), "must be less than 256"),
        (view(blocks=[{"type": "divider"}] * 101), "no more than 100 items"),
        (view(blocks=[]), "no less than 1 items"),
        (view(blocks=[field(text_input())]), "missing required field: submit"),
        (view(blocks=[section(block_id="a")] * 2), "already exists for another block"),
        (view(blocks="none"), "must be an array"),
        (view(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown"),
        (view(blocks=[table(1)]), "unsupported type: table"),
        ({"type": "home", "blocks": [table(1)]}, "unsupported type: table"),
    ],
)
def test_a_view_is_refused_with_the_reason(shown, complaint):
    assert complaint in view_complaints(shown)


def test_a_view_of_a_quarter_megabyte_is_too_large():
    large = {"type": "home", "blocks": [section(text=mrkdwn(3000))] * 90}
    with pytest.raises(Refusal, match="view_too_large"):
        check_view(large)


def test_metadata_has_a_type_and_a_payload_of_moderate_size():
    check_metadata({"event_type": "notice", "event_payload": {"id": "1"}})
    with pytest.raises(Refusal, match="metadata_too_large"):
        check_metadata({"event_type": "notice", "event_payload": {"id": "x" * 8000}})
    for wrong in ("x", {}, {"event_type": "x"}, {"event_type": "x", "event_payload": "y"}):
        with pytest.raises(Refusal, match="invalid_metadata_format"):
            check_metadata(wrong)
