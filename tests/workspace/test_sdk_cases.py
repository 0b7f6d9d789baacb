"""What the tests of Slack's own Python client ask of the real Slack, for the methods that the box has."""

import io
from datetime import UTC, datetime

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import DividerBlock, SectionBlock
from slack_sdk.models.messages import DateLink
from slack_sdk.models.metadata import Metadata

from bot.workspace import moderation
from bot.workspace.records import ALEX, HOMELAB
from tests.workspace.conftest import a_world


async def test_the_connection_is_tested_and_the_token_named(world):
    assert (await world.client.api_test(foo="bar"))["args"] == {"foo": "bar"}
    me = await world.client.auth_test()
    assert all(me[name] for name in ("url", "user", "user_id", "team", "team_id", "bot_id"))
    bot = (await world.client.bots_info(bot=me["bot_id"]))["bot"]
    assert (bot["id"], bot["user_id"]) == (me["bot_id"], me["user_id"])


async def test_a_message_lives_its_whole_life(world):
    client, words = world.client, "What is a bot, and is it awake? :eyes:"
    posted = await client.chat_postMessage(channel="#homelab", text=words)
    channel, ts = posted["channel"], posted["ts"]
    assert posted["message"]["text"] == words
    link = (await client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"]
    assert link.endswith(f"/archives/{channel}/p{ts.replace('.', '')}")
    assert (await client.reactions_add(channel=channel, timestamp=ts, name="eyes"))["ok"]
    reacted = await client.reactions_get(channel=channel, timestamp=ts)
    assert [one["name"] for one in reacted["message"]["reactions"]] == ["eyes"]
    assert (await client.reactions_remove(channel=channel, timestamp=ts, name="eyes"))["ok"]
    reply = await client.chat_postMessage(channel=channel, thread_ts=ts, text="in its thread")
    assert reply["message"]["thread_ts"] == ts
    assert (await client.chat_update(channel=channel, ts=ts, text="changed"))["text"] == "changed"
    assert (await client.chat_delete(channel=channel, ts=reply["ts"]))["ok"]
    assert (await client.chat_delete(channel=channel, ts=ts))["ok"]
    assert (await client.conversations_history(channel=channel))["messages"] == []


@pytest.mark.parametrize("as_model", [True, False])
async def test_metadata_is_posted_read_and_changed(world, as_model):
    def about(title: str):
        fields = {"event_type": "procurement-task", "event_payload": {"id": "11111", "title": title}}
        return Metadata(**fields) if as_model else fields

    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="x", metadata=about("a task"))
    assert posted["message"]["metadata"]["event_payload"]["title"] == "a task"
    read = await world.client.conversations_history(channel=HOMELAB.id, limit=1, include_all_metadata=True)
    assert read["messages"][0]["metadata"]["event_type"] == "procurement-task"
    changed = await world.client.chat_update(
        channel=HOMELAB.id, ts=posted["ts"], text="y", metadata=about("another")
    )
    assert changed["message"]["metadata"]["event_payload"]["title"] == "another"


async def test_files_are_uploaded_from_text_bytes_and_streams_one_and_several(world):
    upload = world.client.files_upload_v2
    kinds = ("text", b"\x89PNG", io.BytesIO(b"bytes"))
    for content in kinds:
        how = {"content": content} if isinstance(content, str) else {"file": content}
        made = await upload(channel=HOMELAB.id, title="A title", filename="報告.txt", **how)
        assert (made["files"][0]["title"], made["files"][0]["name"]) == ("A title", "報告.txt")
    several = [{"content": "1", "filename": "1.txt", "title": "one"}, {"content": "2", "filename": "2.txt"}]
    made = await upload(channel=HOMELAB.id, file_uploads=several, initial_comment="two of them")
    assert [file["name"] for file in made["files"]] == ["1.txt", "2.txt"]
    *singles, both = world.box.workspace.messages.history(HOMELAB.id)
    assert (len(singles), both["text"], len(both["files"])) == (len(kinds), "two of them", 2)
    unshared = await upload(content="for nobody yet", filename="x.txt")
    assert unshared["files"][0]["shares"] == {}


async def test_channels_are_listed_one_a_page(world):
    found = 0
    async for page in await world.client.conversations_list(limit=1, exclude_archived=1, types="public_channel"):
        found += len(page["channels"])
    assert found == 2


@pytest.mark.parametrize("yes", [1, "true", True])
async def test_a_yes_may_be_written_in_any_way(world, yes):
    moderation.archive(world.box.workspace, "family")
    listed = await world.client.conversations_list(exclude_archived=yes)
    assert [channel["name"] for channel in listed["channels"]] == ["homelab"]


async def test_a_date_that_links_somewhere_comes_back_as_it_was_sent(world):
    when = DateLink(
        date=datetime(2026, 1, 2, tzinfo=UTC),
        date_format="{date_long} {time}",
        fallback="fallback string",
        link="https://www.example.com",
    )
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text=f"Here it is: {when}")
    assert posted["message"]["text"] == f"Here it is: {when}"


async def test_a_direct_conversation_is_opened_and_written_to(world):
    opened = await world.client.conversations_open(users=[ALEX.id], return_im=True)
    assert (opened["channel"]["is_im"], opened["channel"]["user"]) == (True, ALEX.id)
    assert (await world.client.chat_postMessage(channel=opened["channel"]["id"], text="psst"))["ok"]


async def test_blocks_are_given_as_models_and_come_back_with_ids(world):
    blocks = [SectionBlock(text="*one*"), DividerBlock()]
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="one", blocks=blocks)
    assert [block["type"] for block in posted["message"]["blocks"]] == ["section", "divider"]
    assert all(block["block_id"] for block in posted["message"]["blocks"])
    assert (await world.client.chat_postEphemeral(channel=HOMELAB.id, user=ALEX.id, blocks=blocks, text="x"))["ok"]


async def test_who_asks_too_often_is_told_when_to_come_back():
    async with a_world() as world:
        for _ in range(20):
            await world.client.users_list()
        with pytest.raises(SlackApiError) as refused:
            await world.client.users_list()
        assert int(refused.value.response.headers["Retry-After"]) >= 1
        assert int(refused.value.response.headers["retry-after"]) >= 1
