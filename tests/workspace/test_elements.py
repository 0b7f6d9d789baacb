"""What a person's choices become: actions and `state.values`, as Slack tells them."""

import pytest

from bot.workspace import elements
from bot.workspace.limits import check_message


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict:
    return {"text": plain(value.title()), "value": value}


FORM = [
    {
        "type": "actions",
        "block_id": "choose",
        "elements": [
            {"type": "static_select", "action_id": "one", "options": [option("a"), option("b")]},
            {
                "type": "checkboxes",
                "action_id": "many",
                "options": [option("x"), option("y")],
                "initial_options": [option("y")],
            },
            {"type": "datepicker", "action_id": "day", "initial_date": "2024-05-01"},
            {"type": "button", "action_id": "go", "text": plain("Go")},
        ],
    },
    {
        "type": "section",
        "block_id": "grouped",
        "text": plain("Which?"),
        "accessory": {
            "type": "multi_static_select",
            "action_id": "several",
            "option_groups": [{"label": plain("G"), "options": [option("g"), option("h")]}],
        },
    },
    {
        "type": "input",
        "block_id": "typed",
        "label": plain("Say"),
        "element": {"type": "plain_text_input", "action_id": "text", "min_length": 3, "max_length": 5},
    },
]


def test_the_form_is_one_slack_takes():
    check_message("form", FORM)


def test_untouched_elements_hold_what_they_held_at_first():
    assert elements.values(FORM, {}) == {
        "choose": {
            "one": {"type": "static_select", "selected_option": None},
            "many": {"type": "checkboxes", "selected_options": [option("y")]},
            "day": {"type": "datepicker", "selected_date": "2024-05-01"},
        },
        "grouped": {"several": {"type": "multi_static_select", "selected_options": []}},
        "typed": {"text": {"type": "plain_text_input", "value": None}},
    }


def test_a_choice_is_told_as_the_whole_option_whatever_part_of_it_was_named():
    given = {
        "choose": {"one": {"selected_option": {"value": "b"}}, "many": {"selected_options": []}},
        "grouped": {"several": {"selected_options": [{"value": "h"}]}},
    }
    values = elements.values(FORM, given)
    assert values["choose"]["one"]["selected_option"] == option("b")
    assert values["choose"]["many"]["selected_options"] == []
    assert values["grouped"]["several"]["selected_options"] == [option("h")]


def test_what_is_not_offered_cannot_be_chosen():
    with pytest.raises(ValueError, match="cannot choose 'z': because 'one' doesn't offer it"):
        elements.values(FORM, {"choose": {"one": {"selected_option": {"value": "z"}}}})


def test_an_action_carries_what_was_shown_and_what_was_chosen():
    select = elements.find(FORM, "choose", "one")
    told = elements.action(select, "choose", {"selected_option": {"value": "a"}}, "1.000000")
    assert told == {
        "type": "static_select",
        "action_id": "one",
        "block_id": "choose",
        "action_ts": "1.000000",
        "selected_option": option("a"),
    }


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (None, "Please complete this required field."),
        ("ab", "Write at least 3 characters."),
        ("abcdef", "Write at most 5 characters."),
        ("abc", None),
    ],
)
def test_the_client_itself_refuses_an_input_that_is_not_filled_as_asked(value, complaint):
    state = elements.values(FORM, {"typed": {"text": {"value": value}}})
    assert elements.unfilled(FORM, state).get("typed") == complaint


def test_an_optional_input_may_stay_empty():
    form = [{**FORM[2], "optional": True}]
    assert elements.unfilled(form, elements.values(form, {})) == {}


def test_ids_are_given_where_there_are_none_and_kept_where_there_are():
    [block, other] = elements.with_ids(
        [
            {"type": "actions", "elements": [{"type": "button", "text": plain("Go")}]},
            {"type": "divider", "block_id": "mine"},
        ],
    )
    assert block["block_id"]
    assert block["elements"][0]["action_id"]
    assert other["block_id"] == "mine"
