"""What is said over the second channel: plain text, short, and true of now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.config import SlackConfig
from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId, Move
from bot.core.incidents.elsewhere import What
from bot.core.names import Names
from bot.views.elsewhere import Message, emergency, message, title, trial
from tests.kept_lab import config

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB1 = TargetId("guest:web1")
OPEN = Incident(IncidentId(7), Kind.GUEST_DOWN, WEB1, "crashed", T0, T0)
CONFIG = config(time_zone="Europe/Paris")
LATER = T0 + timedelta(minutes=3)


def said(incident: Incident, what: What = What.OPENED, names: Names | None = None, **parts) -> Message:
    return message([(incident, what)], names or Names(), replace(CONFIG, **parts), LATER)


def test_it_names_subject_state_since_when_and_where_the_buttons_are():
    assert said(OPEN) == Message(
        "🔴 Open: web1 down",
        "Crashed.\nSince Sun 01 Mar 13:00 CET (3 min).\n"
        "I could not tell Slack. The buttons will be in Slack, #homelab.",
    )


def test_of_what_fails_no_more_it_says_what_was():
    recovering = said(replace(OPEN, kind=Kind.POWER_LOSS, why="on battery").move(Move.RECOVER, LATER)).body
    assert recovering.startswith("While it was gone: on battery.\nIt began on Sun 01 Mar 13:00 CET (3 min).")


def test_of_what_nobody_acknowledges_it_says_that():
    assert (
        "Nobody has acknowledged it. The buttons are in Slack, #homelab." in said(OPEN, What.UNACKNOWLEDGED).body
    )


def test_of_an_end_it_says_how_and_how_long_and_asks_for_nothing():
    proven = said(OPEN.move(Move.RESOLVE, LATER, why="all proven healthy"), What.OVER)
    assert proven == Message("🟢 Resolved: web1 down", "All proven healthy. It lasted 3 min.", well=True)
    moved = said(OPEN.move(Move.MOVE, LATER, into=IncidentId(9)), What.OVER)
    assert moved == Message("⚪ Moved to incident 9: web1 down", "Moved to incident 9.", well=True)


def test_text_from_outside_is_shown_letter_by_letter():
    odd = said(replace(OPEN, why="*x* <@U1> \u202e\nb"), names=Names({WEB1: "we\u200bb"}))
    assert odd.title == "🔴 Open: we\\u200bb down"
    assert odd.body.startswith("*x* <@U1> \\u202e b.\n")


def test_what_is_long_is_cut():
    long = said(replace(OPEN, why="x" * 5_000))
    assert len(long.body) < 400
    many = [(replace(OPEN, id=IncidentId(n), why="y" * 500), What.OPENED) for n in range(40)]
    several = message(many, Names(), CONFIG, LATER)
    assert several.title == "40 incidents"
    assert "… and 35 more" in several.body
    assert len(several.body) < 1_000


def test_news_and_ends_together_are_one_message_with_what_is_still_open_first():
    over = OPEN.move(Move.RESOLVE, LATER, why="all proven healthy")
    found = [(over, What.OVER), (replace(OPEN, id=IncidentId(8)), What.UNACKNOWLEDGED)]
    both = message(found, Names(), CONFIG, LATER)
    lines = both.body.splitlines()
    assert lines[0] == "🔴 Open: web1 down: crashed"
    assert lines[1] == "🟢 Resolved: web1 down: all proven healthy"
    assert not both.well


@pytest.mark.parametrize("zone", [None, "Nowhere/At_All"])
def test_without_a_zone_it_takes_the_systems(zone):
    assert "Since " in said(OPEN, time_zone=zone).body


def test_a_channel_that_is_known_by_its_id_is_not_named():
    assert said(OPEN, slack=SlackConfig("C0123456789")).body.endswith("will be in Slack.")


def test_what_was_concluded_afterwards_is_suspected():
    assert title(replace(OPEN, suspected=True), Names()) == "Suspected: web1 down"


def test_an_emergency_and_a_trial_say_what_they_are():
    assert emergency("I cannot write my database.", CONFIG) == Message(
        "Caretaker", "I cannot write my database.\nSlack does not take this (Slack, #homelab)."
    )
    assert emergency("🟢 I can again.", CONFIG) == Message("Caretaker", "🟢 I can again.", well=True)
    assert trial().well
