"""An app and a person talk through the box: bolt and slack_sdk are the real ones, over real sockets."""

import asyncio

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.records import ALEX, BOT, FAMILY, HOMELAB
from bot.workspace.server import Box, installed
from tests.waiting import until
from tests.workspace.conftest import a_world

BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*web1* is down"}},
    {
        "type": "actions",
        "block_id": "what",
        "elements": [
            {"type": "button", "action_id": "ack", "value": "7.1", "text": {"type": "plain_text", "text": "Ack"}},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Silence"}, "value": "silence"}],
            },
        ],
    },
]
MODAL = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "Resolve"},
    "submit": {"type": "plain_text", "text": "Resolve"},
    "notify_on_close": True,
    "private_metadata": "7",
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
    ],
}


@pytest.fixture
async def world():
    """With Slack's own time for an acknowledgement: hardly anybody here is late."""
    async with a_world(ack_seconds=3.0) as made:
        yield made


async def test_a_slash_command_is_answered_to_the_asker_alone(world):
    @world.app.command("/lab")
    async def lab(ack, command):
        await ack(f"you said {command['text']}")

    async with world.connected():
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
    shown = world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)
    assert [message["text"] for message in shown] == ["you said status"]
    assert world.box.workspace.messages.history(HOMELAB.id) == []


async def test_a_slash_command_can_be_answered_to_everyone(world):
    @world.app.command("/lab")
    async def lab(ack):
        await ack(text="all is well", response_type="in_channel")

    async with world.connected():
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
    assert [message["text"] for message in world.box.workspace.messages.history(HOMELAB.id)] == ["all is well"]


async def test_a_slash_command_without_a_connection_says_dispatch_failed(world):
    await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
    [shown] = world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)
    assert shown["text"] == '/lab failed with the error "dispatch_failed"'


async def test_a_slash_command_that_nobody_acknowledges_says_operation_timeout():
    async with a_world() as world:
        async with world.connected():
            await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
        [shown] = world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)
    assert shown["text"] == '/lab failed with the error "operation_timeout"'


async def test_a_command_the_app_never_registered_is_slackbots_to_refuse(world):
    await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/laboratory", "")
    [shown] = world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)
    assert "not a valid command" in shown["text"]


async def test_a_click_reaches_the_app_and_edits_its_message(world):
    @world.app.action("ack")
    async def acknowledge(ack, body, client):
        await ack()
        world.heard.append(body)
        text = f"acknowledged by <@{body['user']['id']}>"
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=[])

    async with world.connected():
        posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
        assert await world.box.workspace.click(ALEX.id, posted["ts"], {"action_id": "ack"}) == ""
        await until(lambda: "acknowledged" in world.box.workspace.messages.get(HOMELAB.id, posted["ts"])["text"])
    [body] = world.heard
    assert body["container"]["message_ts"] == posted["ts"]
    [action] = body["actions"]
    assert (action["block_id"], action["value"], action["type"]) == ("what", "7.1", "button")
    assert world.box.workspace.messages.get(HOMELAB.id, posted["ts"])["blocks"] == []


async def test_an_overflow_tells_which_option_was_chosen(world):
    @world.app.action("more")
    async def more(ack, action):
        await ack()
        world.heard.append(action["selected_option"]["value"])

    async with world.connected():
        posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
        chosen = {"action_id": "more", "block_id": "what", "selected_option": {"value": "silence"}}
        await world.box.workspace.click(ALEX.id, posted["ts"], chosen)
    assert world.heard == ["silence"]


async def test_a_button_that_was_edited_away_can_still_be_clicked_by_a_late_phone(world):
    @world.app.action("ack")
    async def acknowledge(ack, body):
        await ack()
        world.heard.append(body["message"]["text"])

    async with world.connected():
        posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
        await world.client.chat_update(channel=HOMELAB.id, ts=posted["ts"], text="it is back", blocks=[])
        await world.box.workspace.click(ALEX.id, posted["ts"], {"action_id": "ack"})
    assert world.heard == ["it is back"]


async def test_a_modal_is_opened_refused_filled_and_submitted(world):
    @world.app.action("ack")
    async def open_modal(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @world.app.view("reason")
    async def reason(ack, view):
        typed = view["state"]["values"]["why"]["text"]["value"]
        if typed == "because":
            await ack(response_action="errors", errors={"why": "Say more"})
            return
        await ack()
        world.heard.append((view["private_metadata"], typed))

    workspace = world.box.workspace
    async with world.connected():
        posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
        await workspace.click(ALEX.id, posted["ts"], {"action_id": "ack"})
        [view] = await until(lambda: workspace.modals.stack(ALEX.id))
        empty = await workspace.submit_view(ALEX.id, view["id"], {})
        assert empty["errors"] == {"why": "Please complete this required field."}
        short = await workspace.submit_view(ALEX.id, view["id"], {"why": {"text": {"value": "because"}}})
        assert short == {"response_action": "errors", "errors": {"why": "Say more"}}
        assert workspace.modals.stack(ALEX.id) == [view]
        assert await workspace.submit_view(ALEX.id, view["id"], {"why": {"text": {"value": "new disk"}}}) == {}
    assert world.heard == [("7", "new disk")]
    assert workspace.modals.stack(ALEX.id) == []


async def test_a_submitted_modal_can_be_replaced_in_the_acknowledgement(world):
    done = {"type": "modal", "title": {"type": "plain_text", "text": "Done"}, "blocks": [{"type": "divider"}]}

    @world.app.command("/lab")
    async def lab(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @world.app.view("reason")
    async def reason(ack):
        await ack(response_action="update", view=done)

    workspace = world.box.workspace
    async with world.connected():
        await workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "resolve 7")
        [view] = await until(lambda: workspace.modals.stack(ALEX.id))
        await workspace.submit_view(ALEX.id, view["id"], {"why": {"text": {"value": "new disk"}}})
    [shown] = workspace.modals.stack(ALEX.id)
    assert (shown["id"], shown["title"]["text"]) == (view["id"], "Done")


async def test_a_dismissed_modal_is_told_where_the_app_asked_for_it(world):
    @world.app.command("/lab")
    async def lab(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @world.app.view_closed("reason")
    async def closed(ack, view):
        await ack()
        world.heard.append(view["private_metadata"])

    workspace = world.box.workspace
    async with world.connected():
        await workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "resolve 7")
        [view] = await until(lambda: workspace.modals.stack(ALEX.id))
        await workspace.close_view(ALEX.id, view["id"])
        await until(lambda: world.heard)
    assert world.heard == ["7"]
    assert workspace.modals.stack(ALEX.id) == []


async def test_a_modal_no_app_answers_says_so_and_stays_open(world):
    trigger = world.box.workspace.modals.trigger(ALEX.id)
    opened = await world.client.views_open(trigger_id=trigger, view=MODAL)
    filled = {"why": {"text": {"value": "new disk"}}}
    answer = await world.box.workspace.submit_view(ALEX.id, opened["view"]["id"], filled)
    assert answer == {"error": "We had some trouble connecting. Try again?"}
    assert len(world.box.workspace.modals.stack(ALEX.id)) == 1


async def test_a_mention_and_a_message_reach_the_app_where_it_is_a_member(world):
    @world.app.event("app_mention")
    async def mentioned(event):
        world.heard.append(("app_mention", event["text"]))

    @world.app.event("message")
    async def message(event):
        world.heard.append((event["channel_type"], event["text"]))

    workspace = world.box.workspace
    async with world.connected():
        await workspace.say(ALEX.id, FAMILY.id, f"<@{BOT.id}> are you here?")
        await workspace.say(ALEX.id, HOMELAB.id, f"<@{BOT.id}> hello")
        await workspace.say(ALEX.id, workspace.direct(ALEX.id).id, "psst")
        await until(lambda: len(world.heard) == 3)
    expected = [("app_mention", f"<@{BOT.id}> hello"), ("channel", f"<@{BOT.id}> hello"), ("im", "psst")]
    assert sorted(world.heard) == sorted(expected)


async def test_opening_home_lets_the_app_publish_it(world):
    @world.app.event("app_home_opened")
    async def opened(event, client):
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    async with world.connected():
        await world.box.workspace.open_home(ALEX.id)
        home = await until(lambda: world.box.workspace.modals.home(ALEX.id))
    assert [block["type"] for block in home["blocks"]] == ["divider"]


async def test_everything_that_happens_is_told_to_whoever_looks(world):
    with world.box.workspace.subscribe() as changes:
        posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="one")
        await world.client.chat_postMessage(channel=HOMELAB.id, text="reply", thread_ts=posted["ts"])
        await world.client.chat_delete(channel=HOMELAB.id, ts=posted["ts"])
        seen = [await asyncio.wait_for(anext(changes), 1) for _ in range(4)]
    assert [change["type"] for change in seen] == ["message", "message", "message_changed", "message_changed"]
    assert seen[2]["message"]["reply_count"] == 1
    assert seen[3]["message"]["subtype"] == "tombstone"


async def test_a_response_url_is_good_five_times_within_half_an_hour(world):
    @world.app.command("/lab")
    async def lab(ack, respond):
        await ack()
        world.heard.append(respond)

    async with world.connected():
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
    first, second = world.heard
    answers = [await first(f"answer {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert len(world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)) == 5
    world.clock.now += 30 * 60 + 1
    assert (await second("too late")).status_code == 404


async def test_a_response_url_replaces_and_deletes_the_message_that_was_clicked(world):
    @world.app.action("ack")
    async def acknowledge(ack, respond):
        await ack()
        world.heard.append(respond)

    messages = world.box.workspace.messages
    async with world.connected():
        posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
        await world.box.workspace.click(ALEX.id, posted["ts"], {"action_id": "ack"})
    await until(lambda: world.heard)
    await world.heard[0]("it is back", replace_original=True)
    assert messages.get(HOMELAB.id, posted["ts"])["text"] == "it is back"
    await world.heard[0](delete_original=True)
    assert messages.get(HOMELAB.id, posted["ts"]) is None


async def test_an_ephemeral_message_can_be_clicked_and_replaced(world):
    @world.app.action("ack")
    async def acknowledge(ack, body, respond):
        await ack()
        world.heard.append(body["container"]["is_ephemeral"])
        await respond("done", replace_original=True)

    messages = world.box.workspace.messages
    async with world.connected():
        posted = await world.client.chat_postEphemeral(
            channel=HOMELAB.id, user=ALEX.id, text="sure?", blocks=BUTTONS
        )
        await world.box.workspace.click(ALEX.id, posted["message_ts"], {"action_id": "ack"})
        await until(lambda: messages.ephemeral(HOMELAB.id, ALEX.id)[0]["text"] == "done")
    assert world.heard == [True]
    assert messages.ephemeral(HOMELAB.id, ALEX.id)[0]["ts"] == posted["message_ts"]


async def test_an_answer_that_slack_would_refuse_is_refused_over_a_response_url(world):
    @world.app.command("/lab")
    async def lab(ack, respond):
        await ack()
        world.heard.append(await respond(blocks=[{"type": "header"}], text="x"))

    async with world.connected():
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
        await until(lambda: world.heard)
    assert world.heard[0].status_code == 400
    assert world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id) == []


async def test_clicking_what_is_not_there_is_the_testers_own_mistake(world):
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
    with pytest.raises(ValueError, match="no such message"):
        await world.box.workspace.click(ALEX.id, "1.000000", {"action_id": "ack"})
    with pytest.raises(ValueError, match="nothing there has this action_id"):
        await world.box.workspace.click(ALEX.id, posted["ts"], {"action_id": "nuke"})
    chosen = {"action_id": "more", "selected_option": {"value": "nuke"}}
    with pytest.raises(ValueError, match="doesn't offer it"):
        await world.box.workspace.click(ALEX.id, posted["ts"], chosen)


async def test_a_submitted_modal_can_push_another_and_clear_them_all(world):
    @world.app.command("/lab")
    async def lab(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @world.app.view("reason")
    async def reason(ack, view):
        if view["previous_view_id"]:
            await ack(response_action="clear")
        else:
            await ack(response_action="push", view=MODAL)

    workspace = world.box.workspace
    filled = {"why": {"text": {"value": "new disk"}}}
    async with world.connected():
        await workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "resolve 7")
        [bottom] = await until(lambda: workspace.modals.stack(ALEX.id))
        await workspace.submit_view(ALEX.id, bottom["id"], filled)
        [_, top] = workspace.modals.stack(ALEX.id)
        assert top["previous_view_id"] == bottom["id"]
        await workspace.submit_view(ALEX.id, top["id"], filled)
    assert workspace.modals.stack(ALEX.id) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_action": "update", "view": {"type": "modal", "blocks": []}},
        {"response_action": "errors", "errors": {"no-such-block": "Say more"}},
    ],
)
async def test_an_answer_to_a_modal_that_slack_would_refuse_is_trouble_for_the_person(world, wrong):
    @world.app.view("reason")
    async def reason(ack):
        await ack(**wrong)

    workspace = world.box.workspace
    async with world.connected():
        opened = await world.client.views_open(trigger_id=workspace.modals.trigger(ALEX.id), view=MODAL)
        filled = {"why": {"text": {"value": "new disk"}}}
        answer = await workspace.submit_view(ALEX.id, opened["view"]["id"], filled)
    assert answer == {"error": "We had some trouble connecting. Try again?"}


async def test_a_button_in_a_modal_and_on_home_can_be_clicked(world):
    @world.app.action("ack")
    async def acknowledge(ack, body):
        await ack()
        world.heard.append((body["container"]["type"], body["view"]["type"], body["actions"][0]["value"]))

    workspace = world.box.workspace
    async with world.connected():
        modal = {"type": "modal", "title": {"type": "plain_text", "text": "Look"}, "blocks": BUTTONS}
        opened = await world.client.views_open(trigger_id=workspace.modals.trigger(ALEX.id), view=modal)
        await workspace.click(ALEX.id, opened["view"]["id"], {"action_id": "ack"})
        home = await world.client.views_publish(user_id=ALEX.id, view={"type": "home", "blocks": BUTTONS})
        await workspace.click(ALEX.id, home["view"]["id"], {"action_id": "ack"})
    assert world.heard == [("view", "modal", "7.1"), ("view", "home", "7.1")]


async def test_a_click_nobody_takes_is_shown_to_the_person(world):
    posted = await world.client.chat_postMessage(channel=HOMELAB.id, text="web1 is down", blocks=BUTTONS)
    with world.box.workspace.subscribe() as changes:
        assert await world.box.workspace.click(ALEX.id, posted["ts"], {"action_id": "ack"}) == "dispatch_failed"
        assert await anext(changes) == {"type": "action_failed", "user": ALEX.id, "error": "dispatch_failed"}


async def test_an_app_made_from_a_manifest_has_what_the_manifest_asks_for():
    manifest = {
        "features": {
            "app_home": {"messages_tab_enabled": False},
            "slash_commands": [{"command": "/shop", "description": "Buy", "usage_hint": "bread"}],
        },
        "oauth_config": {"scopes": {"bot": ["chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
    }
    async with Box.start(settings=installed(manifest)) as box:
        assert [command.name for command in box.workspace.commands] == ["/shop"]
        client = AsyncWebClient(token=box.bot_token, base_url=box.api_url)
        assert (await client.auth_test()).headers["X-OAuth-Scopes"] == "chat:write"
