"""The Web API answers and refuses as Slack's does, asked by the real client over a real socket."""

import json

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.workspace.records import ALEX, BOT, FAMILY, HOMELAB, ROBIN
from tests.workspace.conftest import a_world

HELLO = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Hello"}, "blocks": [HELLO]}


async def refusal(call) -> str:
    """Slack's word for why the call was refused."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return refused.value.response["error"]


async def test_auth_test_says_whose_token_it_is_and_with_which_scopes(world):
    answer = await world.client.auth_test()
    assert (answer["user_id"], answer["team"]) == (BOT.id, "Homelab")
    assert "chat:write" in answer.headers["X-OAuth-Scopes"].split(",")


async def test_tokens_are_looked_at(world):
    assert await refusal(world.client.auth_test(token="xoxb-somebody-else")) == "invalid_auth"
    assert await refusal(world.client.auth_test(token=world.box.app_token)) == "not_allowed_token_type"
    bot_token = world.box.bot_token
    assert await refusal(world.client.apps_connections_open(app_token=bot_token)) == "not_allowed_token_type"
    async with aiohttp.ClientSession() as session, session.post(world.box.api_url + "auth.test") as response:
        assert await response.json() == {"ok": False, "error": "not_authed"}


async def test_a_scope_the_app_has_not_got_is_named():
    async with a_world(scopes=frozenset({"commands"})) as world:
        with pytest.raises(SlackApiError) as refused:
            await world.client.chat_postMessage(channel=HOMELAB.id, text="hello")
        answer = refused.value.response
        assert (answer["error"], answer["needed"], answer["provided"]) == (
            "missing_scope",
            "chat:write",
            "commands",
        )


async def test_a_method_slack_has_not_got_is_refused(world):
    assert await refusal(world.client.api_call("chat.shout")) == "unknown_method"


async def test_arguments_come_in_the_query_in_a_form_and_as_json(world):
    url, headers = world.box.api_url + "chat.postMessage", {"Authorization": f"Bearer {world.box.bot_token}"}
    said = {"channel": HOMELAB.id, "text": "hello", "blocks": json.dumps([HELLO])}
    async with aiohttp.ClientSession(headers=headers) as session:
        for how in ({"params": said}, {"data": said}, {"json": {**said, "blocks": [HELLO]}}):
            async with session.post(url, **how) as response:
                assert (await response.json())["message"]["blocks"][0]["text"]["text"] == "hello"
        async with session.get(url, params=said) as response:
            assert (await response.json())["ok"]
    assert len(world.box.workspace.messages.history(HOMELAB.id)) == 4


async def test_a_body_that_is_no_json_is_refused(world):
    url, headers = world.box.api_url + "api.test", {"Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session, session.post(url, data=b"{", headers=headers) as response:
        assert await response.json() == {"ok": False, "error": "invalid_json"}


async def test_posting_where_the_bot_is_not_is_refused(world):
    assert await refusal(world.client.chat_postMessage(channel="C0NOWHERE", text="x")) == "channel_not_found"
    assert await refusal(world.client.chat_postMessage(channel=FAMILY.id, text="x")) == "not_in_channel"
    await world.client.conversations_join(channel=FAMILY.id)
    assert (await world.client.chat_postMessage(channel=FAMILY.id, text="x"))["ok"]


async def test_channels_are_found_by_name_and_people_by_id(world):
    by_name = await world.client.chat_postMessage(channel="#homelab", text="x")
    assert by_name["channel"] == HOMELAB.id
    direct = await world.client.chat_postMessage(channel=ALEX.id, text="x")
    opened = await world.client.conversations_open(users=ALEX.id)
    assert direct["channel"] == opened["channel"]["id"]


async def test_a_message_needs_text_or_blocks_and_not_too_much_of_them(world):
    async def post(**what):
        return await refusal(world.client.chat_postMessage(channel=HOMELAB.id, **what))

    assert await post(text="") == "no_text"
    assert await post(text="x" * 40_001) == "msg_too_long"
    assert await post(text="x", blocks="{") == "invalid_blocks_format"
    assert await post(text="x", blocks=[{"type": "marquee"}]) == "invalid_blocks"
    assert await post(text="x", metadata={"event_type": "post"}) == "invalid_metadata_format"


async def test_invalid_blocks_say_what_is_wrong_where(world):
    with pytest.raises(SlackApiError) as refused:
        await world.client.chat_postMessage(channel=HOMELAB.id, text="x", blocks=[HELLO, {"type": "header"}])
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] missing required field: text [json-pointer:/blocks/1]",
    ]


async def test_every_message_has_its_own_later_ts(world):
    posted = [(await world.client.chat_postMessage(channel=HOMELAB.id, text="x"))["ts"] for _ in range(5)]
    assert posted == sorted(set(posted))


async def test_replies_stay_in_their_thread_unless_broadcast(world):
    post = world.client.chat_postMessage
    parent = await post(channel=HOMELAB.id, text="web1 is down")
    await post(channel=HOMELAB.id, text="details", thread_ts=parent["ts"])
    loud = await post(channel=HOMELAB.id, text="again!", thread_ts=parent["ts"], reply_broadcast=True)
    history = await world.client.conversations_history(channel=HOMELAB.id)
    assert [message["text"] for message in history["messages"]] == ["again!", "web1 is down"]
    assert history["messages"][0]["subtype"] == "thread_broadcast"
    first = history["messages"][1]
    assert (first["reply_count"], first["latest_reply"], first["reply_users"]) == (2, loud["ts"], [BOT.id])
    thread = await world.client.conversations_replies(channel=HOMELAB.id, ts=parent["ts"])
    assert [message["text"] for message in thread["messages"]] == ["web1 is down", "details", "again!"]


async def test_a_thread_needs_a_parent_that_is_no_reply(world):
    post = world.client.chat_postMessage
    parent = await post(channel=HOMELAB.id, text="web1 is down")
    reply = await post(channel=HOMELAB.id, text="details", thread_ts=parent["ts"])
    assert await refusal(post(channel=HOMELAB.id, text="x", thread_ts="yesterday")) == "invalid_thread_ts"
    nested = post(channel=HOMELAB.id, text="x", thread_ts=reply["ts"])
    assert await refusal(nested) == "cannot_reply_to_message"
    missing = world.client.conversations_replies(channel=HOMELAB.id, ts="1.000000")
    assert await refusal(missing) == "thread_not_found"


async def test_a_reply_whose_parent_is_gone_stands_in_the_channel_and_only_its_missing_thread_ts_says_so(world):
    parent = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down")
    world.box.workspace.messages.delete(HOMELAB.id, parent["ts"])
    reply = await world.client.chat_postMessage(channel=HOMELAB.id, text="details", thread_ts=parent["ts"])
    assert "thread_ts" not in reply["message"]
    assert [m["text"] for m in world.box.workspace.messages.history(HOMELAB.id)] == ["details"]


async def test_an_update_keeps_metadata_that_it_does_not_name_and_text_alone_takes_the_blocks_away(world):
    posted = await world.client.chat_postMessage(
        channel=HOMELAB.id,
        text="down",
        blocks=[HELLO],
        metadata={"event_type": "notice", "event_payload": {"id": "1"}},
    )
    await world.client.chat_update(channel=HOMELAB.id, ts=posted["ts"], text="up")
    stored = world.box.workspace.messages.get(HOMELAB.id, posted["ts"])
    assert (stored["text"], stored["edited"]["user"], "blocks" in stored) == ("up", BOT.id, False)
    assert stored["metadata"]["event_payload"] == {"id": "1"}
    earlier = world.box.workspace.messages.versions(HOMELAB.id, posted["ts"])
    assert [version["text"] for version in earlier] == ["up", "down"]


async def test_only_its_own_messages_can_be_changed_or_deleted(world):
    said = await world.box.workspace.say(ALEX.id, HOMELAB.id, "hello")
    update = world.client.chat_update(channel=HOMELAB.id, ts=said["ts"], text="x")
    assert await refusal(update) == "cant_update_message"
    delete = world.client.chat_delete(channel=HOMELAB.id, ts=said["ts"])
    assert await refusal(delete) == "cant_delete_message"
    missing = world.client.chat_update(channel=HOMELAB.id, ts="1.000000", text="x")
    assert await refusal(missing) == "message_not_found"


async def test_an_update_has_less_room_for_text(world):
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="x" * 4_001)
    update = world.client.chat_update(channel=HOMELAB.id, ts=posted["ts"], text="x" * 4_001)
    assert await refusal(update) == "msg_too_long"


async def test_a_deleted_reply_leaves_no_trace_in_its_parent(world):
    parent = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down")
    reply = await world.client.chat_postMessage(channel=HOMELAB.id, text="x", thread_ts=parent["ts"])
    await world.client.chat_delete(channel=HOMELAB.id, ts=reply["ts"])
    assert world.box.workspace.messages.get(HOMELAB.id, parent["ts"])["reply_count"] == 0


async def test_an_ephemeral_message_is_for_one_member_only(world):
    shown = await world.client.chat_postEphemeral(channel=HOMELAB.id, user=ALEX.id, text="psst")
    messages = world.box.workspace.messages
    assert [message["ts"] for message in messages.ephemeral(HOMELAB.id, ALEX.id)] == [shown["message_ts"]]
    assert messages.ephemeral(HOMELAB.id, ROBIN.id) == []
    assert messages.history(HOMELAB.id) == []
    stranger = world.client.chat_postEphemeral(channel=HOMELAB.id, user="U0NOBODY", text="psst")
    assert await refusal(stranger) == "user_not_in_channel"


async def test_history_is_read_between_two_moments(world):
    first, second, third = [
        (await world.client.chat_postMessage(channel=HOMELAB.id, text=text))["ts"] for text in ("a", "b", "c")
    ]

    async def read(**bounds):
        page = await world.client.conversations_history(channel=HOMELAB.id, **bounds)
        return "".join(message["text"] for message in page["messages"])

    assert await read() == "cba"
    assert await read(oldest=first) == "cb"
    assert await read(oldest=first, latest=third) == "b"
    assert await read(oldest=first, latest=third, inclusive=True) == "cba"
    assert await read(oldest=second, inclusive=True) == "cb"
    assert (
        await refusal(world.client.conversations_history(channel=HOMELAB.id, oldest="soon")) == "invalid_ts_oldest"
    )


async def test_history_and_replies_come_in_pages(world):
    parent = await world.client.chat_postMessage(channel=HOMELAB.id, text="p")
    for text in "abc":
        world.clock.now += 1
        await world.client.chat_postMessage(channel=HOMELAB.id, text=text, thread_ts=parent["ts"])
        await world.client.chat_postMessage(channel=HOMELAB.id, text=text.upper())

    async def pages(call):
        return ["".join(message["text"] for message in page["messages"]) async for page in await call]

    assert await pages(world.client.conversations_history(channel=HOMELAB.id, limit=2)) == ["CB", "Ap"]
    thread = world.client.conversations_replies(channel=HOMELAB.id, ts=parent["ts"], limit=2)
    assert await pages(thread) == ["pab", "pc"]
    bad = world.client.conversations_history(channel=HOMELAB.id, cursor="nonsense")
    assert await refusal(bad) == "invalid_cursor"


async def test_metadata_is_read_only_on_demand(world):
    metadata = {"event_type": "notice", "event_payload": {"id": "42"}}
    await world.client.chat_postMessage(channel=HOMELAB.id, text="x", metadata=metadata)
    plain = await world.client.conversations_history(channel=HOMELAB.id)
    assert "metadata" not in plain["messages"][0]
    full = await world.client.conversations_history(channel=HOMELAB.id, include_all_metadata=True)
    assert full["messages"][0]["metadata"] == metadata


async def test_a_trigger_is_good_once_and_for_three_seconds(world):
    modals = world.box.workspace.modals
    trigger = modals.trigger(ALEX.id)
    await world.client.views_open(trigger_id=trigger, view=MODAL)
    assert await refusal(world.client.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    late = modals.trigger(ALEX.id)
    world.clock.now += 3.1
    assert await refusal(world.client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    assert await refusal(world.client.views_open(trigger_id="1.2.x", view=MODAL)) == "invalid_trigger_id"


async def test_modals_stack_three_high(world):
    modals = world.box.workspace.modals
    bottom = await world.client.views_open(trigger_id=modals.trigger(ALEX.id), view=MODAL)
    await world.client.views_push(trigger_id=modals.trigger(ALEX.id), view=MODAL)
    top = await world.client.views_push(trigger_id=modals.trigger(ALEX.id), view=MODAL)
    assert top["view"]["root_view_id"] == bottom["view"]["id"]
    fourth = world.client.views_push(trigger_id=modals.trigger(ALEX.id), view=MODAL)
    assert await refusal(fourth) == "push_limit_reached"
    await world.box.workspace.close_view(ALEX.id, top["view"]["id"], everything=True)
    assert modals.stack(ALEX.id) == []


async def test_a_view_is_updated_by_id_and_only_from_what_was_seen(world):
    trigger = world.box.workspace.modals.trigger(ALEX.id)
    view = (await world.client.views_open(trigger_id=trigger, view={**MODAL, "external_id": "mine"}))["view"]
    changed = {**MODAL, "title": {"type": "plain_text", "text": "Changed"}, "external_id": "mine"}
    after = (await world.client.views_update(view_id=view["id"], hash=view["hash"], view=changed))["view"]
    assert (after["id"], after["title"]["text"]) == (view["id"], "Changed")
    stale = world.client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    assert await refusal(stale) == "hash_conflict"
    assert (await world.client.views_update(external_id="mine", view=changed))["ok"]
    assert await refusal(world.client.views_update(view_id="V0NONE", view=changed)) == "not_found"
    again = world.client.views_open(trigger_id=world.box.workspace.modals.trigger(ALEX.id), view=changed)
    assert await refusal(again) == "duplicate_external_id"


async def test_a_modal_is_no_home_and_a_home_no_modal(world):
    trigger = world.box.workspace.modals.trigger(ALEX.id)
    home = {"type": "home", "blocks": [HELLO]}
    assert await refusal(world.client.views_open(trigger_id=trigger, view=home)) == "invalid_arguments"
    assert await refusal(world.client.views_publish(user_id=ALEX.id, view=MODAL)) == "invalid_arguments"
    await world.client.views_publish(user_id=ALEX.id, view=home)
    assert world.box.workspace.modals.home(ALEX.id)["type"] == "home"


async def test_a_file_is_uploaded_shared_in_a_thread_and_served(world):
    parent = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down")
    answer = await world.client.files_upload_v2(
        channel=HOMELAB.id,
        thread_ts=parent["ts"],
        filename="web1 console?.txt",
        content="No bootable device.",
        initial_comment="What its screen says",
    )
    [_, reply] = world.box.workspace.messages.replies(HOMELAB.id, parent["ts"])
    assert (reply["text"], reply["files"][0]["name"]) == ("What its screen says", "web1 console?.txt")
    info = await world.client.files_info(file=answer["file"]["id"])
    assert info["file"]["shares"]["public"][HOMELAB.id][0]["ts"] == reply["ts"]
    async with aiohttp.ClientSession() as session, session.get(info["file"]["url_private"]) as response:
        assert await response.text() == "No bootable device."
    again = world.client.files_completeUploadExternal(files=[{"id": answer["file"]["id"]}])
    assert await refusal(again) == "file_not_found"


async def test_an_upload_must_be_as_long_as_announced(world):
    slot = await world.client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with aiohttp.ClientSession() as session:
        async with session.post(slot["upload_url"], data=b"four") as response:
            assert response.status == 400
        unreceived = world.client.files_completeUploadExternal(files=[{"id": slot["file_id"]}])
        assert await refusal(unreceived) == "file_not_found"
        form = aiohttp.FormData()
        form.add_field("file", b"abc", filename="a.txt")
        async with session.post(slot["upload_url"], data=form) as response:
            assert response.status == 200
    await world.client.files_completeUploadExternal(files=[{"id": slot["file_id"], "title": "A"}])
    assert (await world.client.files_info(file=slot["file_id"]))["file"]["title"] == "A"


async def test_a_picture_in_a_block_must_be_a_file_of_this_workspace(world):
    answer = await world.client.files_upload_v2(filename="screen.png", file=b"\x89PNG", title="screen")
    shown = {"type": "image", "slack_file": {"id": answer["file"]["id"]}, "alt_text": "the console"}
    await world.client.chat_postMessage(channel=HOMELAB.id, text="x", blocks=[shown])
    missing = {"type": "image", "slack_file": {"id": "F0NONE"}, "alt_text": "the console"}
    post = world.client.chat_postMessage(channel=HOMELAB.id, text="x", blocks=[missing])
    assert await refusal(post) == "invalid_blocks"


async def test_who_and_what_is_there_can_be_asked(world):
    assert (await world.client.users_info(user=ROBIN.id))["user"]["real_name"] == "Robin"
    assert await refusal(world.client.users_info(user="U0NOBODY")) == "user_not_found"
    assert ALEX.id in [user["id"] for user in (await world.client.users_list())["members"]]
    assert (await world.client.bots_info())["bot"]["user_id"] == BOT.id
    channels = (await world.client.conversations_list())["channels"]
    assert {channel["name"]: channel["is_member"] for channel in channels} == {"homelab": True, "family": False}
    assert (await world.client.conversations_info(channel=HOMELAB.id))["channel"]["name"] == "homelab"
    assert BOT.id in (await world.client.conversations_members(channel=HOMELAB.id))["members"]
    assert (await world.client.api_test(foo="bar"))["args"]["foo"] == "bar"


async def test_a_permalink_names_channel_and_message(world):
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="x")
    link = await world.client.chat_getPermalink(channel=HOMELAB.id, message_ts=posted["ts"])
    assert link["permalink"].endswith(f"/archives/{HOMELAB.id}/p{posted['ts'].replace('.', '')}")


async def test_a_reaction_is_counted_once(world):
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="x")
    where = {"channel": HOMELAB.id, "timestamp": posted["ts"]}
    await world.client.reactions_add(**where, name="eyes")
    stored = world.box.workspace.messages.get(HOMELAB.id, posted["ts"])
    assert stored["reactions"] == [{"name": "eyes", "users": [BOT.id], "count": 1}]
    assert await refusal(world.client.reactions_add(**where, name="eyes")) == "already_reacted"


async def test_posting_faster_than_once_a_second_is_slowed_down_in_that_channel_only(world):
    post = world.client.chat_postMessage
    for _ in range(5):
        await post(channel=HOMELAB.id, text="x")
    with pytest.raises(SlackApiError) as refused:
        await post(channel=HOMELAB.id, text="x")
    assert (refused.value.response.status_code, refused.value.response["error"]) == (429, "ratelimited")
    assert refused.value.response.headers["Retry-After"] == "1"
    await post(channel=ALEX.id, text="elsewhere it goes on")
    world.clock.now += 1
    await post(channel=HOMELAB.id, text="x")
    assert len(world.box.workspace.messages.history(HOMELAB.id)) == 6


async def test_updates_are_limited_by_the_minute(world):
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="x")
    for number in range(50):
        await world.client.chat_update(channel=HOMELAB.id, ts=posted["ts"], text=str(number))
    assert await refusal(world.client.chat_update(channel=HOMELAB.id, ts=posted["ts"], text="x")) == "ratelimited"
    assert world.box.workspace.messages.get(HOMELAB.id, posted["ts"])["text"] == "49"


async def test_rate_limits_can_be_left_out():
    async with a_world(rate_limits=False) as world:
        for _ in range(20):
            await world.client.chat_postMessage(channel=HOMELAB.id, text="x")
        assert world.box.calls.counts["chat.postMessage"] == 20
