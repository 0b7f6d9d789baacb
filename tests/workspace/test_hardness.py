"""The box is as hard as Slack: channels in every state, any error code, pages, escaping, blocks.validate."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.workspace import moderation
from bot.workspace.escaping import escaped
from bot.workspace.records import ALEX, BOT, FAMILY, HOMELAB
from tests.waiting import until
from tests.workspace.conftest import a_world
from tests.workspace.test_web_api import HELLO, MODAL, refusal


def post(world, channel: str = HOMELAB.id, **more):
    return world.client.chat_postMessage(channel=channel, text="web1 is down", **more)


async def test_an_archived_channel_takes_nothing_until_it_is_unarchived(world):
    workspace, ts = world.box.workspace, (await post(world))["ts"]
    moderation.archive(workspace, "homelab")
    assert await refusal(post(world)) == "is_archived"
    assert await refusal(world.client.chat_update(channel=HOMELAB.id, ts=ts, text="x")) == "is_inactive"
    whisper = world.client.chat_postEphemeral(channel=HOMELAB.id, user=ALEX.id, text="x")
    assert await refusal(whisper) == "is_archived"
    assert (
        await refusal(world.client.reactions_add(channel=HOMELAB.id, timestamp=ts, name="eyes")) == "is_archived"
    )
    assert await refusal(world.client.conversations_join(channel=HOMELAB.id)) == "is_archived"
    upload = world.client.files_upload_v2(channel=HOMELAB.id, filename="a.txt", content="x")
    assert await refusal(upload) == "invalid_channel"
    assert len((await world.client.conversations_history(channel=HOMELAB.id))["messages"]) == 1
    assert (await world.client.conversations_info(channel=HOMELAB.id))["channel"]["is_archived"]
    listed = await world.client.conversations_list(exclude_archived=True)
    assert [channel["id"] for channel in listed["channels"]] == [FAMILY.id]
    moderation.unarchive(workspace, HOMELAB.id)
    assert (await post(world))["ok"]


async def test_a_read_only_channel_lets_what_stands_be_changed(world):
    ts = (await post(world))["ts"]
    moderation.lock(world.box.workspace, "homelab")
    assert await refusal(post(world)) == "restricted_action_read_only_channel"
    upload = world.client.files_upload_v2(channel=HOMELAB.id, filename="a.txt", content="x")
    assert await refusal(upload) == "posting_to_channel_denied"
    assert (await world.client.chat_update(channel=HOMELAB.id, ts=ts, text="x"))["ok"]
    moderation.unlock(world.box.workspace, "homelab")
    assert (await post(world))["ok"]


async def test_a_bot_that_is_removed_can_not_post_until_it_is_invited(world):
    moderation.remove_bot(world.box.workspace, "homelab")
    assert await refusal(post(world)) == "not_in_channel"
    moderation.invite_bot(world.box.workspace, "homelab")
    assert (await post(world))["ok"]


async def test_a_renamed_channel_keeps_its_id_and_all_that_was_said(world):
    ts = (await post(world))["ts"]
    moderation.rename(world.box.workspace, "homelab", "lab")
    assert await refusal(post(world, "#homelab")) == "channel_not_found"
    assert (await post(world, "#lab"))["channel"] == HOMELAB.id
    assert (await world.client.chat_update(channel=HOMELAB.id, ts=ts, text="x"))["ok"]


async def test_a_deleted_channel_is_gone_and_one_of_its_name_is_another(world):
    ts = (await post(world))["ts"]
    await world.client.chat_postEphemeral(channel=HOMELAB.id, user=ALEX.id, text="x")
    moderation.delete_channel(world.box.workspace, "homelab")
    moderation.create(world.box.workspace, "C000NEWHOME", "homelab")
    assert await refusal(world.client.chat_update(channel=HOMELAB.id, ts=ts, text="x")) == "channel_not_found"
    assert (await post(world, "homelab"))["channel"] == "C000NEWHOME"
    assert len(world.box.workspace.messages.history("C000NEWHOME")) == 1


async def test_only_a_post_takes_a_channel_by_its_name(world):
    ts = (await post(world, "homelab"))["ts"]
    assert await refusal(world.client.chat_update(channel="homelab", ts=ts, text="x")) == "channel_not_found"
    assert await refusal(world.client.conversations_history(channel="homelab")) == "channel_not_found"


async def test_a_message_that_a_person_deleted_can_not_be_changed(world):
    ts = (await post(world))["ts"]
    moderation.delete_message(world.box.workspace, "homelab", ts)
    assert await refusal(world.client.chat_update(channel=HOMELAB.id, ts=ts, text="x")) == "message_not_found"
    with pytest.raises(ValueError, match="there is none in 'homelab'"):
        moderation.delete_message(world.box.workspace, "homelab", ts)
    with pytest.raises(ValueError, match="none of that id or name"):
        moderation.archive(world.box.workspace, "attic")


async def test_a_reply_to_a_tombstone_stays_in_its_thread(world):
    ts = (await post(world))["ts"]
    await post(world, thread_ts=ts)
    moderation.delete_message(world.box.workspace, "homelab", ts)
    assert (await post(world, thread_ts=ts))["message"]["thread_ts"] == ts


async def test_a_private_channel_is_hidden_from_a_bot_that_is_not_in_it(world):
    workspace = world.box.workspace
    workspace.keep(type(HOMELAB)("C00000SECRET", "secret", frozenset({ALEX.id}), is_private=True))
    assert await refusal(post(world, "C00000SECRET")) == "channel_not_found"
    listed = await world.client.conversations_list(types="public_channel,private_channel")
    assert "secret" not in [channel["name"] for channel in listed["channels"]]
    moderation.invite_bot(workspace, "secret")
    listed = await world.client.conversations_list(types="private_channel")
    assert [channel["name"] for channel in listed["channels"]] == ["secret"]
    assert await refusal(world.client.conversations_list(types="rooms")) == "invalid_types"


async def test_people_can_be_written_to_only_where_the_app_has_a_messages_tab(world):
    assert (await post(world, ALEX.id))["channel"].startswith("D")
    async with a_world(messages_tab=False) as closed:
        assert await refusal(post(closed, ALEX.id)) == "messages_tab_disabled"


async def test_any_error_code_can_be_answered_so_often_and_nothing_is_done(world):
    world.box.faults.refuse("chat.postMessage", "ekm_access_denied", times=2, details={"needed": "patience"})
    with pytest.raises(SlackApiError) as refused:
        await post(world)
    assert refused.value.response.data == {"ok": False, "error": "ekm_access_denied", "needed": "patience"}
    assert await refusal(post(world)) == "ekm_access_denied"
    assert world.box.workspace.messages.history(HOMELAB.id) == []
    assert (await post(world))["ok"]
    assert [call.error for call in world.box.calls.all] == ["ekm_access_denied", "ekm_access_denied", ""]


async def test_a_call_can_be_carried_out_and_answered_with_anything(world):
    world.box.faults.answer("chat.postMessage", '{"ok": true}')
    assert "ts" not in (await post(world)).data
    assert len(world.box.workspace.messages.history(HOMELAB.id)) == 1


async def test_another_process_can_archive_a_channel(world):
    async with aiohttp.ClientSession(world.box.url) as session:
        async with session.post("/box/faults", json={"do": "archive", "channel": "homelab"}) as response:
            assert response.status == 200
        async with session.post("/box/faults", json={"do": "archive", "channel": "attic"}) as response:
            assert "cannot use the channel 'attic'" in (await response.json())["error"]
    assert await refusal(post(world)) == "is_archived"


async def test_lists_come_in_pages(world):
    for number in range(5):
        moderation.create(world.box.workspace, f"C0000000{number}", f"room{number}")
    names = []
    async for page in await world.client.conversations_list(limit=3):
        assert len(page["channels"]) <= 3
        names += [channel["name"] for channel in page["channels"]]
    assert names == ["homelab", "family", "room0", "room1", "room2", "room3", "room4"]
    people = [
        member["name"] async for page in await world.client.users_list(limit=2) for member in page["members"]
    ]
    assert people == ["alex", "robin", "sam", "caretaker", "slackbot"]
    members = [one async for page in await world.client.conversations_members(channel=HOMELAB.id, limit=1)
               for one in page["members"]]  # fmt: skip
    assert members == sorted(HOMELAB.members)
    assert await refusal(world.client.conversations_list(limit=-1)) == "invalid_limit"
    assert await refusal(world.client.conversations_list(cursor="!")) == "invalid_cursor"
    assert await refusal(world.client.conversations_list(cursor="bmV4dDpY")) == "invalid_cursor"


@pytest.mark.parametrize(
    ("text", "handed_out"),
    [
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("a &lt; b &amp; c", "a &lt; b &amp; c"),
        ("<@U1> in <#C1|lab> <!here> <!date^1^{date}|x> <https://e.org/?a=1&b=2|it>", None),
        ("&nbsp; <b>", "&amp;nbsp; &lt;b&gt;"),
        ("> quoted", "&gt; quoted"),
    ],
)
def test_three_characters_are_escaped_and_markup_is_not(text, handed_out):
    assert escaped(text) == (handed_out or text)


async def test_texts_come_back_escaped_wherever_slack_hands_them_out(world):
    block = {"type": "section", "text": {"type": "plain_text", "text": "R&D"}}
    button = {"type": "button", "action_id": "a", "value": "R&D", "text": {"type": "plain_text", "text": "R&D"}}
    blocks = [block, {"type": "actions", "elements": [button]}]
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="R&D", blocks=blocks)
    assert posted["message"]["text"] == "R&amp;D"
    history = await world.client.conversations_history(channel=HOMELAB.id)
    assert history["messages"][0]["blocks"][0]["text"]["text"] == "R&amp;D"

    @world.app.action("a")
    async def clicked(ack, body):
        await ack()
        world.heard.append(
            (body["actions"][0]["text"]["text"], body["actions"][0]["value"], body["message"]["text"])
        )

    @world.app.command("/lab")
    async def typed(ack, command):
        await ack()
        world.heard.append(command["text"])

    @world.app.event("app_mention")
    async def mentioned(event):
        world.heard.append(event["text"])

    async with world.connected():
        await world.box.workspace.click(ALEX.id, posted["ts"], {"action_id": "a"})
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "why R&D <1>")
        await world.box.workspace.say(ALEX.id, HOMELAB.id, f"<@{BOT.id}> R&D")
        await until(lambda: len(world.heard) == 3)
    assert world.heard == [("R&amp;D", "R&D", "R&amp;D"), "why R&amp;D &lt;1&gt;", f"<@{BOT.id}> R&amp;D"]


async def test_blocks_can_be_judged_without_posting_them(world):
    assert (await world.client.blocks_validate(blocks=[HELLO]))["ok"]
    assert (await world.client.blocks_validate(view=MODAL))["ok"]
    assert (await world.client.blocks_validate(message={"text": "x", "blocks": [HELLO]}))["ok"]
    with pytest.raises(SlackApiError) as refused:
        await world.client.blocks_validate(blocks=[HELLO, {"type": "marquee"}])
    answer = refused.value.response
    assert answer["error"] == "invalid_blocks"
    assert [(one["pointer"], one["message"]) for one in answer["errors"]] == [
        ("/1/type", "unsupported type: marquee")
    ]
    assert await refusal(world.client.blocks_validate(view={"type": "modal"})) == "invalid_view"
    assert await refusal(world.client.blocks_validate(message={"text": ""})) == "invalid_message"
    assert await refusal(world.client.blocks_validate(message="[]")) == "invalid_message"
    assert await refusal(world.client.blocks_validate()) == "invalid_arguments"
    assert await refusal(world.client.blocks_validate(blocks=[HELLO], view=MODAL)) == "invalid_arguments"


async def test_a_description_of_a_picture_and_the_length_of_a_file_have_limits(world):
    ask = world.client.files_getUploadURLExternal
    assert await refusal(ask(filename="a.png", length=1, alt_txt="x" * 1_001)) == "alt_txt_too_large"
    assert await refusal(ask(filename="a.png", length=0)) == "missing_argument"


async def test_a_reaction_is_given_seen_and_taken_back(world):
    ts = (await post(world))["ts"]
    await world.client.reactions_add(channel=HOMELAB.id, timestamp=ts, name="eyes")
    got = await world.client.reactions_get(channel=HOMELAB.id, timestamp=ts)
    assert got["message"]["reactions"] == [{"name": "eyes", "users": [BOT.id], "count": 1}]
    await world.client.reactions_remove(channel=HOMELAB.id, timestamp=ts, name="eyes")
    again = world.client.reactions_remove(channel=HOMELAB.id, timestamp=ts, name="eyes")
    assert await refusal(again) == "no_reaction"
