"""A runbook walked by clicks: every kind of step, as admin, hands and stranger; late, double and mistyped."""

import json

import pytest

from bot import runs
from bot.core.run import GoTo, RunStatus, State
from bot.workspace.records import ALEX, HOMELAB, ROBIN, SAM
from tests.handlers.rig import clickable, labels
from tests.waiting import until


@pytest.fixture
async def walk(rig):
    """A run on its first step, in the thread of an incident."""
    await rig.web1_crashes()
    await rig.press(ALEX.id, await rig.card("incident:1"), "Start: Mend a guest")
    await rig.card("run:1:step:0")
    return rig


async def go_to_the_name(rig) -> dict:
    """Walk to the step that wants a name typed; its card."""
    await rig.press(ALEX.id, await rig.card("run:1:step:0"), "Run")
    view = await rig.modal(ALEX.id, await rig.card("run:1:step:1", "Choose the flavour"), "Choose")
    await rig.submit(ALEX.id, view, answered="1")
    view = await rig.modal(ALEX.id, await rig.card("run:1:step:2"), "Answer")
    await rig.submit(ALEX.id, view, answered="tidy")
    return await rig.card("run:1:step:3")


async def go_to_the_boxes(rig) -> dict:
    """Walk on to the step that is given to hands; its card."""
    view = await rig.modal(ALEX.id, await go_to_the_name(rig), "Run")
    await rig.submit(ALEX.id, view, answered="web1")
    return await rig.card("run:1:step:4")


async def test_a_step_shows_exactly_what_would_run_and_proves_it(walk):
    card = await walk.card("run:1:step:0")
    shown = json.dumps(card, ensure_ascii=False)
    assert 'echo \\"looked at $guest\\"' in shown
    assert "Runs on *bot* (sh):" in shown
    assert "guest = `web1`" in shown
    assert "Have a look at web1." in shown
    assert labels(card) == ["Run", "Stop…", "Go to: Ask for help"]
    await walk.press(ALEX.id, card, "Run")
    done = await walk.card("run:1:step:0", "*Verified* · alex")
    assert done["blocks"][0]["text"]["text"].startswith("✅ *Step 1 of 5 · Look*")
    assert labels(done) == []


async def test_a_double_click_runs_once_and_says_so(walk):
    card = await walk.card("run:1:step:0")
    await walk.press(ALEX.id, card, "Run")
    await walk.card("run:1:step:1")
    assert "because the run has moved on" in await walk.refused(ALEX.id, card, "Run")
    assert (await walk.run()).steps[0].attempt == 2  # its action and its check


@pytest.mark.parametrize("user", [ROBIN, SAM])
async def test_whoever_may_not_press_is_told_who_may(walk, user):
    for label in ("Run", "Stop…", "Go to: Ask for help"):
        answer = await walk.refused(user.id, await walk.card("run:1:step:0"), label)
        assert "Only alex can press this step" in answer
    assert walk.box.workspace.modals.stack(user.id) == []
    assert (await walk.run()).state is State.READY


async def test_a_choice_is_made_in_a_modal_and_stands_on_the_card(walk):
    await walk.press(ALEX.id, await walk.card("run:1:step:0"), "Run")
    card = await walk.card("run:1:step:1")
    view = await walk.modal(ALEX.id, card, "Choose")
    assert await walk.submit(ALEX.id, view, answered="1") == {}
    await walk.card("run:1:step:1", "flavour = `sour`")
    assert "because the run has moved on" in await walk.refused(ALEX.id, card, "Choose")


async def test_an_answer_that_does_not_fit_is_told_at_the_field(walk):
    await walk.press(ALEX.id, await walk.card("run:1:step:0"), "Run")
    await walk.submit(ALEX.id, await walk.modal(ALEX.id, await walk.card("run:1:step:1"), "Choose"), answered="0")
    view = await walk.modal(ALEX.id, await walk.card("run:1:step:2"), "Answer")
    answer = await walk.submit(ALEX.id, view, answered="NO 1")
    assert answer == {"response_action": "errors", "errors": {"answered": "“NO 1” does not match [a-z]+"}}
    assert await walk.submit(ALEX.id, view, answered="yes") == {}
    await walk.card("run:1:step:2", "note = `yes`")


async def test_a_wrong_name_is_told_at_the_field_and_nothing_runs(walk):
    card = await go_to_the_name(walk)
    view = await walk.modal(ALEX.id, card, "Run")
    assert "web1 is gone afterwards" in json.dumps(view)
    assert "echo" in json.dumps(view)
    answer = await walk.submit(ALEX.id, view, answered="wbe1")
    assert answer["errors"] == {"answered": "“wbe1” was typed; type web1 exactly"}
    assert (await walk.run()).state is State.READY
    assert await walk.submit(ALEX.id, view, answered=" web1 ") == {}
    await walk.card("run:1:step:3", "Done, not verified · alex")


async def test_what_a_command_printed_mentions_nobody(walk):
    await go_to_the_boxes(walk)
    thread = (await walk.card("incident:1"))["ts"]

    def printed():
        texts = [message["text"] for message in walk.box.workspace.messages.replies(HOMELAB.id, thread)]
        return [text for text in texts if "Output of step 4" in text]

    assert "wiped web1: sour, tidy &lt;!channel&gt;" in (await until(printed))[0]


async def test_a_modal_that_was_overtaken_changes_nothing_and_says_so(walk):
    card = await go_to_the_name(walk)
    view = await walk.modal(ALEX.id, card, "Run")
    await walk.press(ALEX.id, card, "Go to: Look")
    await walk.card("run:1:step:0", "Ready when")
    before = len(walk.whispers(ALEX.id))
    assert await walk.submit(ALEX.id, view, answered="web1") == {}
    await until(lambda: len(walk.whispers(ALEX.id)) > before)
    assert "because the run has moved on" in walk.whispers(ALEX.id)[-1]


async def test_a_step_for_hands_mentions_them_and_waits_for_every_tick(walk):
    card = await go_to_the_boxes(walk)
    assert f"<@{ROBIN.id}>" in json.dumps(card)
    assert "Tick “The left one” first" in await walk.refused(ROBIN.id, card, "Done")
    boxes = next(b["elements"][0]["options"] for b in card["blocks"] if b["block_id"].startswith("step_tick"))
    await walk.box.workspace.click(ROBIN.id, card["ts"], clickable(card, "boxes") | {"selected_options": boxes})
    await until(lambda: ticks(walk))
    await walk.press(ROBIN.id, await walk.card("run:1:step:4"), "Done")
    await walk.card("run:1:step:4", "Done, not verified · robin")
    await walk.card("incident:1", "*Mend a guest*: done")
    assert (await walk.run()).status is RunStatus.DONE


async def ticks(walk):
    return (await walk.run()).steps[4].ticked == (0, 1)


async def test_a_red_question_stands_before_what_must_be_confirmed(walk):
    card = await go_to_the_boxes(walk)
    [done] = [e for e in card["blocks"][-1]["elements"] if e["action_id"] == "step_press:done"]
    assert done["style"] == "danger"
    assert done["confirm"]["text"]["text"] == "Machine: web1\nThey are bright."


async def test_stop_asks_first_and_the_run_is_over(walk):
    card = await walk.card("run:1:step:0")
    view = await walk.modal(ALEX.id, card, "Stop…")
    assert await walk.submit(ALEX.id, view) == {}
    await walk.card("incident:1", "*Mend a guest*: stopped")
    await walk.buttons_gone("run:1:step:0")
    assert "because the run is stopped" in await walk.refused(ALEX.id, card, "Run")


async def test_a_step_on_request_is_reached_from_the_overflow_and_leads_back(walk):
    await walk.press(ALEX.id, await walk.card("run:1:step:0"), "Go to: Ask for help")
    aside = await walk.card("run:1:step:5")
    assert "Step 6, on request · Ask for help" in aside["text"]
    await walk.buttons_gone("run:1:step:0")
    await walk.press(ALEX.id, aside, "Done")
    await walk.card("run:1:step:5", "Done, not verified")
    assert "Run" in labels(await walk.card("run:1:step:0", "Run"))


async def test_the_way_to_many_steps_is_a_modal(walk):
    card = await go_to_the_boxes(walk)
    view = await walk.modal(ALEX.id, card, "Go to another step…")
    assert await walk.submit(ALEX.id, view, answered="2") == {}
    await walk.card("run:1:step:2", "step_ask:answer")
    await walk.buttons_gone("run:1:step:4")


async def test_a_run_whose_machine_others_started_pauses_and_a_person_lets_it_go_on(walk):
    old = await walk.card("run:1:step:0")
    await walk.web1_is_back()
    card = await walk.card("run:1:step:0", "⏸️ *Paused* since")
    assert labels(card) == ["Go on", "Stop"]
    told = json.dumps(await walk.card("incident:1", "paused since"), ensure_ascii=False)
    assert ": web1 was started" in told
    assert "because the run has moved on" in await walk.refused(ALEX.id, old, "Run")
    assert "Only alex can press this step" in await walk.refused(ROBIN.id, card, "Go on")
    await walk.press(ALEX.id, card, "Go on")
    assert "Run" in labels(await walk.card("run:1:step:0", "step_press:run"))
    assert (await walk.run()).status is RunStatus.UNDER_WAY


async def test_no_modal_opens_for_who_may_not_press_the_step(walk):
    await walk.press(ALEX.id, await walk.card("run:1:step:0"), "Run")
    card = await walk.card("run:1:step:1", "Choose the flavour")
    await walk.press(SAM.id, card, "Choose")
    await until(lambda: walk.whispers(SAM.id) or walk.box.workspace.modals.stack(SAM.id))
    assert not walk.box.workspace.modals.stack(SAM.id)
    assert "alex" in walk.whispers(SAM.id)[-1]


async def test_a_choice_from_a_list_that_was_offered_before_is_not_taken(walk):
    await walk.press(ALEX.id, await walk.card("run:1:step:0"), "Run")
    view = await walk.modal(ALEX.id, await walk.card("run:1:step:1", "Choose the flavour"), "Choose")
    version = (await walk.run()).version
    await walk.writer.do(runs.move, walk.house, 1, GoTo(0, version, ""), ALEX.id)
    await until(lambda: has_run_on(walk, 0))
    await walk.press(ALEX.id, await until(lambda: offered(walk, "run:1:step:0", "Run")), "Run")
    await until(lambda: has_run_on(walk, 1))
    await walk.submit(ALEX.id, view, answered="1")
    await until(lambda: walk.whispers(ALEX.id))
    assert "because the run has moved on" in walk.whispers(ALEX.id)[-1]
    assert "flavour" not in (await walk.run()).values


@pytest.mark.parametrize("position", ["2", "-1", "sour"])
async def test_a_choice_that_stands_nowhere_in_the_list_is_refused_and_nothing_is_chosen(walk, position):
    await walk.press(ALEX.id, await walk.card("run:1:step:0"), "Run")
    view = await walk.modal(ALEX.id, await walk.card("run:1:step:1", "Choose the flavour"), "Choose")
    [ask] = [block for block in view["blocks"] if block["type"] == "input"]
    ask["element"]["options"].append({"text": {"type": "plain_text", "text": "bitter"}, "value": position})
    await walk.submit(ALEX.id, view, answered=position)
    [why] = await until(lambda: walk.whispers(ALEX.id))
    assert "I cannot choose that, because the list has changed. Nothing was changed." in why
    assert (await walk.run()).state is State.CHOOSING


async def has_run_on(rig, step: int) -> bool:
    return (await rig.run()).current == step


async def offered(rig, subject: str, label: str) -> dict | None:
    """The card, once it offers that button."""
    card = await rig.card(subject)
    return card if label in labels(card) else None
