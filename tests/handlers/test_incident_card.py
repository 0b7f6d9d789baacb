"""Every button of an incident's card, clicked as admin, hands and stranger; late and twice."""

import pytest

from bot.core.health import Kind
from bot.core.incident import Status
from bot.workspace.records import ALEX, HOMELAB, ROBIN, SAM
from tests.handlers.rig import labels
from tests.waiting import until

OVERFLOW = ["Resolve…", "Silence…", "Timeline", "Other runbooks…"]


async def test_the_first_post_mentions_the_owner_and_offers_what_can_be_done(rig):
    await rig.web1_crashes()
    card = await rig.card("incident:1")
    assert f"<@{ALEX.id}>" in card["blocks"][0]["text"]["text"]
    assert labels(card) == ["Acknowledge", "Start: Mend a guest", *OVERFLOW]


@pytest.mark.parametrize("user", [ALEX.id, ROBIN.id])
async def test_acknowledge_is_shown_on_the_card_and_its_button_goes(rig, user):
    await rig.web1_crashes()
    await rig.press(user, await rig.card("incident:1"), "Acknowledge")
    card = await rig.card("incident:1", f"<@{user}> is on it")
    assert "Acknowledge" not in labels(card)
    assert {"Hand back", "Take over"} <= set(labels(card))
    assert rig.whispers(user) == []


async def test_a_second_acknowledgement_changes_nothing_and_is_answered_kindly(rig):
    await rig.web1_crashes()
    card = await rig.card("incident:1")
    await rig.press(ALEX.id, card, "Acknowledge")
    await rig.card("incident:1", "is on it")
    answer = await rig.refused(ROBIN.id, card, "Acknowledge")
    assert "Nothing was changed" in answer
    assert (await rig.incident()).acknowledged_by == ALEX.id


async def test_another_takes_over_and_the_thread_says_from_whom(rig):
    await rig.web1_crashes()
    await rig.press(ROBIN.id, await rig.card("incident:1"), "Acknowledge")
    card = await rig.card("incident:1", f"<@{ROBIN.id}> is on it")
    await rig.press(ALEX.id, card, "Take over")
    await rig.card("incident:1", f"<@{ALEX.id}> is on it")
    assert (await rig.incident()).acknowledged_by == ALEX.id


async def test_hand_back_opens_it_again_and_mentions_the_owner_again(rig):
    await rig.web1_crashes()
    await rig.press(ROBIN.id, await rig.card("incident:1"), "Acknowledge")
    await rig.press(ROBIN.id, await rig.card("incident:1", "is on it"), "Hand back")
    card = await rig.card("incident:1", "incident_acknowledge")
    assert f"<@{ALEX.id}>" in card["blocks"][0]["text"]["text"]


@pytest.mark.parametrize("label", ["Acknowledge", "Start: Mend a guest", "Resolve…", "Silence…", OVERFLOW[-1]])
async def test_a_strangers_click_changes_nothing_and_is_told_who_may(rig, label):
    await rig.web1_crashes()
    answer = await rig.refused(SAM.id, await rig.card("incident:1"), label)
    assert "Nothing was changed" in answer
    assert "alex" in answer
    assert rig.box.workspace.modals.stack(SAM.id) == []
    assert (await rig.incident()).status is Status.OPEN


async def test_anyone_may_read_the_timeline(rig):
    await rig.web1_crashes()
    assert "crashed &lt;!channel&gt;" in await rig.refused(SAM.id, await rig.card("incident:1"), "Timeline")


async def test_resolve_asks_why_and_then_only_reopen_is_left(rig):
    await rig.web1_crashes()
    view = await rig.modal(ALEX.id, await rig.card("incident:1"), "Resolve…")
    assert await rig.submit(ALEX.id, view, reason="I unplugged it") == {}
    card = await rig.card("incident:1", "I unplugged it")
    assert labels(card) == ["Reopen"]
    assert f"Closed by <@{ALEX.id}>" in str(card)


async def test_reopen_mentions_the_owner_again_and_a_second_one_is_late(rig):
    await rig.web1_crashes()
    await rig.type(ALEX.id, "resolve 1 x")
    card = await rig.card("incident:1", "Reopen")
    await rig.press(ALEX.id, card, "Reopen")
    await rig.card("incident:1", "incident_acknowledge")
    assert "cannot reopen incident 1, because it is open. Nothing was changed" in await rig.refused(
        ALEX.id, card, "Reopen"
    )


async def test_hands_may_silence_but_not_resolve(rig):
    await rig.web1_crashes()
    card = await rig.card("incident:1")
    assert "Only alex can resolve" in await rig.refused(ROBIN.id, card, "Resolve…")
    view = await rig.modal(ROBIN.id, card, "Silence…")
    assert await rig.submit(ROBIN.id, view, length="1d", reason="rebuilding it") == {}
    await until(lambda: rig.whispers(ROBIN.id)[1:])
    assert "web1 is silent until" in rig.whispers(ROBIN.id)[-1]
    [made] = await rig.reader.ask(lambda store, now: store.silences.in_force(now))
    assert (made.target, made.reason) == ("guest:web1", "rebuilding it")


async def test_starting_the_one_fitting_runbook_shows_its_step_in_the_thread(rig):
    await rig.web1_crashes()
    await rig.press(ALEX.id, await rig.card("incident:1"), "Start: Mend a guest")
    step = await rig.card("run:1:step:0")
    assert step["thread_ts"] == (await rig.card("incident:1"))["ts"]
    card = await rig.card("incident:1", "step 1 of 5 · Look (ready when you are)")
    assert "Start: Mend a guest" not in labels(card)


async def test_a_runbook_started_twice_is_one_run(rig):
    await rig.web1_crashes()
    card = await rig.card("incident:1")
    await rig.press(ALEX.id, card, "Start: Mend a guest")
    assert "is still under way in incident 1" in await rig.refused(ALEX.id, card, "Start: Mend a guest")


async def test_where_several_runbooks_fit_one_is_chosen(rig):
    await rig.web1_crashes(Kind.GUEST_DAMAGED)
    view = await rig.modal(ALEX.id, await rig.card("incident:1"), "Start a runbook…")
    offered = [option["value"] for option in view["blocks"][1]["element"]["options"]]
    assert offered == ["anew", "leave", "mend"]
    assert await rig.submit(ALEX.id, view, runbook="leave") == {}
    assert (await rig.card("run:1:step:0"))["text"].startswith("👉 Step 1 of 1 · Do nothing")


async def test_what_comes_back_by_itself_says_so(rig):
    await rig.web1_crashes()
    await rig.web1_is_back()
    card = await rig.card("incident:1", "🟢 *Resolved*")
    assert labels(card) == ["Reopen"]
    assert "lasted" in str(card)


async def test_a_mention_is_answered_with_help_to_whoever_asked(rig):
    await rig.box.workspace.say(SAM.id, HOMELAB.id, f"<@{rig.box.workspace.app.user_id}> hello?")
    await until(lambda: rig.whispers(SAM.id))
    assert "/lab status" in rig.whispers(SAM.id)[-1]


async def test_a_stale_start_button_starts_nothing_on_an_incident_that_is_over(rig):
    await rig.web1_crashes()
    card = await rig.card("incident:1")
    await rig.type(ALEX.id, "resolve 1 it was me")
    await rig.card("incident:1", "Reopen")
    answer = await rig.refused(ALEX.id, card, "Start: Mend a guest")
    assert "incident 1 was closed (it was me); if it is not over, reopen it first (/lab reopen 1)" in answer
    assert await rig.reader.ask(lambda store, _now: store.runs.get(1)) is None


async def test_while_a_run_that_was_started_by_hand_is_under_way_for_the_machine_no_other_is_offered(rig):
    await rig.type(ALEX.id, "run mend web1")
    await rig.web1_crashes()
    assert "Start: Mend a guest" not in labels(await rig.card("incident:1", "*Mend a guest*: step 1 of 5"))
    await rig.press(ALEX.id, await rig.card("run:1:step:0"), "Stop")
    assert "Start: Mend a guest" in labels(await rig.card("incident:1", "Start: Mend a guest"))
