"""A card bears the database it was drawn from, and a click on it says which."""

import json

from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId
from bot.views.boxes import ticked
from bot.views.incident import IncidentFacts, incident_card
from bot.views.origin import marked, unmarked, unmarked_state
from bot.views.step import StepFacts, step_card
from tests.core.test_walk import BY_HAND, NOW, Walk

DATABASE = "0123456789ab"
INCIDENT = Incident(IncidentId(3), Kind.GUEST_DOWN, TargetId("guest:web1"), "crashed", NOW, NOW)


def blocks(card):
    return [block.to_dict() for block in card.blocks]


def clickable(card):
    return [block for block in blocks(card) if block["type"] == "actions"]


def test_all_that_can_be_clicked_is_marked_and_nothing_else_changes():
    walk = Walk(BY_HAND)
    for card in (incident_card(IncidentFacts(INCIDENT, "U0ADA")), step_card(StepFacts(walk.run, walk.runbook, 0))):
        made = marked(card, DATABASE)
        assert clickable(made)
        for block in clickable(made):
            assert unmarked(block["block_id"])[1] == DATABASE
        text = json.dumps(blocks(made)).replace(f"@{DATABASE}", "")
        assert (made.text, json.loads(text)) == (card.text, blocks(card))


def test_a_block_that_bears_no_mark_is_of_no_database():
    assert unmarked("incident") == ("incident", None)
    assert unmarked("step:1:2@elsewhere") == ("step:1:2@elsewhere", None)


def test_boxes_are_read_by_their_own_ids():
    state = {f"step_tick:3:2:0@{DATABASE}": {"x": {"selected_options": [{"value": "1"}]}}}
    assert ticked("step_tick:3:2:0", unmarked_state(state)) == (3, 2, (1,))
