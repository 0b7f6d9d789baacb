"""What Slack refuses of an answer, a modal or Home reaches the person all the same, or is said to have failed."""

import pytest

from bot.workspace.records import ALEX, HOMELAB, SAM
from tests.waiting import until


async def test_an_answer_to_a_command_that_is_refused_comes_as_plain_text(rig, caplog):
    await rig.web1_crashes()
    rig.box.faults.refuse("response_url", "invalid_blocks")
    answer = await rig.type(ALEX.id, "status")
    assert "web1" in answer
    assert "cannot answer" in caplog.text


async def test_an_answer_whose_address_is_refused_is_whispered(rig):
    rig.box.faults.refuse("response_url", "expired_url", times=2)
    assert "/lab" in await rig.type(ALEX.id, "help")
    assert rig.box.calls.counts["chat.postEphemeral"] == 1


async def test_what_is_typed_reaches_a_verb_letter_by_letter(rig):
    assert "R&D <1>" in (await rig.type(ALEX.id, "why R&D <1>")).replace("&amp;", "&").replace(
        "&lt;", "<"
    ).replace("&gt;", ">")


@pytest.mark.parametrize("code", ["invalid_arguments", "view_too_large", "invalid_auth", "a_code_of_tomorrow"])
async def test_a_modal_that_slack_refuses_is_said_to_be_refused(rig, code):
    await rig.web1_crashes()
    rig.box.faults.refuse("views.open", code)
    answer = await rig.refused(ALEX.id, await rig.card("incident:1"), "Resolve…")
    assert f"Slack refused to show the answer ({code}). Details are in the log." in answer


@pytest.mark.parametrize("code", ["exchanged_trigger_id", "invalid_trigger_id"])
async def test_a_click_that_was_answered_already_is_asked_for_once_more(rig, code):
    await rig.web1_crashes()
    rig.box.faults.refuse("views.open", code)
    answer = await rig.refused(ALEX.id, await rig.card("incident:1"), "Resolve…")
    assert "Please try again." in answer


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "a_code_of_tomorrow"])
async def test_an_answer_to_a_click_that_can_not_be_whispered_comes_by_the_clicks_own_address(rig, code):
    await rig.web1_crashes()
    rig.box.faults.refuse("chat.postEphemeral", code)
    assert "acknowledge" in (await rig.refused(SAM.id, await rig.card("incident:1"), "Acknowledge")).lower()


async def test_a_whisper_whose_blocks_are_refused_comes_as_plain_text(rig):
    await rig.web1_crashes()
    rig.box.faults.refuse("chat.postEphemeral", "invalid_blocks", times=2)
    assert "acknowledge" in (await rig.refused(SAM.id, await rig.card("incident:1"), "Acknowledge")).lower()


async def test_a_mention_by_nobody_in_particular_is_no_trouble(rig, caplog):
    bot = rig.box.workspace.app.user_id
    message = {"type": "app_mention", "text": f"<@{bot}> hi", "channel": HOMELAB.id, "ts": "1.000001"}
    rig.box.workspace._announce(message | {"event_ts": "1.000001"})
    await rig.type(ALEX.id, "help")
    assert "KeyError" not in caplog.text


async def test_home_shows_the_present_to_who_may_ask_and_the_channel_to_everyone_else(rig):
    await rig.web1_crashes()
    await rig.box.workspace.open_home(ALEX.id)
    home = await until(lambda: rig.box.workspace.modals.home(ALEX.id))
    assert "web1" in str(home["blocks"])
    await rig.box.workspace.open_home(SAM.id)
    home = await until(lambda: rig.box.workspace.modals.home(SAM.id))
    assert "Ask in #homelab" in str(home["blocks"])
    assert "web1" not in str(home["blocks"])
