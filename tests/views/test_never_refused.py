"""Whatever comes from outside, Slack takes what we make of it, and nothing from outside comes alive in it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.incident import Member
from bot.core.names import UNTOLD
from bot.core.picture import IncidentList, IncidentPicture
from bot.core.progress import Progress
from bot.core.run import Button
from bot.views.answers import help_card, refusal_card, runbooks_card
from bot.views.history import incident_history_card
from bot.views.incident import IncidentFacts, incident_card
from bot.views.limits import OPTIONS
from bot.views.line import line
from bot.views.machines import LET_GO, MUST_RETURN, STAY_OFF, VOUCH, machines_view
from bot.views.modals import (
    answer_view,
    choose_view,
    go_to_view,
    resolve_view,
    runbook_view,
    silence_view,
    stop_view,
    type_name_view,
)
from bot.views.outside import safe
from bot.views.run import run_card, unreadable_card
from bot.views.status import incidents_card
from bot.views.step import StepFacts, step_card, unreadable_step_card
from tests.views import wild
from tests.views.wild import living, slack_opens, slack_takes

thorough = settings(max_examples=60, suppress_health_check=list(HealthCheck))
ABOUT = {"channel": "C0000HOMELAB", "thread": "1700000000.000001", "run": 1}


@pytest.mark.slow
@thorough
@given(wild.incidents(), wild.runs(), st.booleans())
def test_no_incident_card_is_refused(incident, walk, fits):
    run, book = walk
    card = incident_card(IncidentFacts(incident, "U0000000ALEX", (book,) if fits else (), run, book))
    slack_takes(card)
    assert "<!" not in living(card).replace("<!date^", "")
    assert "<https:" not in living(card)


@pytest.mark.slow
@thorough
@given(wild.runs(), st.none() | st.builds(Progress, st.none() | st.integers(0, 100), wild.texts))
def test_no_step_and_no_run_card_is_refused(walk, progress):
    run, book = walk
    for at in range(len(run.steps)):
        card = step_card(StepFacts(run, book, at, progress, ("U000000ROBIN",)))
        slack_takes(card)
        assert "<!" not in living(card).replace("<!date^", "")
        slack_takes(unreadable_step_card(run, at, book.title * 40))
    slack_takes(run_card(run, book))
    slack_takes(unreadable_card(run, book.title * 40))


@pytest.mark.slow
@pytest.mark.long
@thorough
@given(wild.runs(), wild.incidents())
def test_no_modal_is_refused(walk, incident):
    run, book = walk
    for view in (
        resolve_view(incident, ABOUT),
        silence_view(incident, ABOUT),
        runbook_view(incident, [book], ABOUT),
        runbook_view(incident, [], ABOUT),
        answer_view(run, book, ABOUT),
        choose_view(run, book, ABOUT),
        type_name_view(run, book, Button.RUN_AGAIN, ABOUT),
        go_to_view(run, book, ABOUT),
        stop_view(run, ABOUT),
        *(
            machines_view(what, incident.members.values(), UNTOLD, {}, ABOUT)
            for what in (VOUCH, STAY_OFF, LET_GO, MUST_RETURN)
        ),
        machines_view(VOUCH, [], UNTOLD, {}, ABOUT),
    ):
        slack_opens(view)


@pytest.mark.slow
@thorough
@given(st.sets(wild.targets, max_size=130), wild.texts)
def test_no_list_of_machines_is_refused_however_long(targets, lacks):
    listed = [Member(target, was_running=True) for target in targets]
    slack_opens(machines_view(LET_GO, listed, UNTOLD, dict.fromkeys(targets, lacks), ABOUT))


@pytest.mark.slow
@pytest.mark.long
@thorough
@given(st.data(), st.lists(wild.incidents(), max_size=12).map(tuple))
def test_no_answer_is_refused(data, incidents):
    slack_takes(incidents_card(IncidentList(incidents, incidents)))
    for incident in incidents[:2]:
        slack_takes(incident_history_card(IncidentPicture(incident, data.draw(wild.events(incident)), ())))
    slack_takes(refusal_card(data.draw(wild.words)))
    slack_takes(help_card([(data.draw(wild.words), data.draw(wild.texts))] * 60))
    slack_takes(runbooks_card([data.draw(wild.runs())[1]] * OPTIONS, [data.draw(wild.words)]))


@thorough
@given(wild.words)
def test_a_line_lets_only_mentions_of_people_live(text):
    shown = line(f"<@U0000000ALEX> said: {text}").text
    assert shown.startswith("<@U0000000ALEX> said: ")
    assert "<" not in shown.removeprefix("<@U0000000ALEX>")


@given(st.text(alphabet="&<>ab", max_size=60), st.integers(8, 40))
def test_an_escaped_text_is_never_cut_within_an_entity(text, most):
    made = safe(text, most)
    assert len(made) <= most
    assert made.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").count("&") == 0
