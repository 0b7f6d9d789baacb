"""What arrives from Slack, handed to a real bolt app; the network is not needed for any of it."""

import asyncio
import logging

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.slack import Slack
from bot.slack_app import delivery_key, make_app
from tests.waiting import until


@pytest.fixture
async def slack():
    # Nothing listens on port 1: whatever asked Slack for something here would fail.
    async with Slack(bot_token="xoxb-test", app_token="xapp-test", api_url="http://127.0.0.1:1/api/") as slack:
        yield slack


@pytest.fixture
def app(slack: Slack) -> AsyncApp:
    return make_app(slack)


def click(ts: str = "1700000000.1", action: str = "ack", user: str = "U1") -> dict:
    return {
        "type": "block_actions",
        "user": {"id": user},
        "team": {"id": "T1"},
        "trigger_id": f"{ts}.trigger",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "action_ts": ts}],
    }


def command(trigger: str = "1.2.3") -> dict:
    return {"command": "/lab", "text": "status", "user_id": "U1", "team_id": "T1", "trigger_id": trigger}


def mention(event_id: str = "Ev1", user: str = "U1") -> dict:
    return {
        "type": "event_callback",
        "event_id": event_id,
        "team_id": "T1",
        "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True}],
        "event": {"type": "app_mention", "user": user, "text": "<@UBOT> hello", "channel": "C1", "ts": "1.1"},
    }


async def deliver(app: AsyncApp, body: dict) -> int:
    response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
    return response.status


async def test_a_click_reaches_its_listener_without_a_question_to_slack(app):
    heard = []

    @app.action("ack")
    async def listen(ack, body):
        await ack()
        heard.append(body["user"]["id"])

    assert await deliver(app, click()) == 200
    assert heard == ["U1"]


@pytest.mark.parametrize("body", [click(), command(), mention()], ids=["click", "command", "event"])
async def test_what_is_delivered_twice_is_acknowledged_twice_and_handled_once(app, body):
    heard = []

    async def listen(ack):
        await ack()
        heard.append(1)

    app.action("ack")(listen)
    app.command("/lab")(listen)
    app.event("app_mention")(listen)
    assert [await deliver(app, body), await deliver(app, body)] == [200, 200]
    await until(lambda: heard)
    assert heard == [1]


async def test_two_clicks_commands_or_events_are_two(app):
    heard = []

    async def listen(ack):
        await ack()
        heard.append(1)

    app.action("ack")(listen)
    app.command("/lab")(listen)
    app.event("app_mention")(listen)
    for body in (click("1.1"), click("1.2"), click("1.1", user="U2"), command("a"), command("b")):
        await deliver(app, body)
    assert len(heard) == 5


async def test_what_was_heard_long_ago_is_forgotten(app):
    heard = []

    @app.action("ack")
    async def listen(ack):
        await ack()
        heard.append(1)

    await deliver(app, click("first"))
    for number in range(2_000):
        await deliver(app, mention(f"Ev{number}", user="UBOT"))  # its own: dropped, but remembered
    await deliver(app, click("first"))
    assert len(heard) == 2


async def test_the_bots_own_events_are_acknowledged_and_dropped(app):
    heard = []

    @app.event("app_mention")
    async def listen(body):
        heard.append(body["event_id"])

    assert await deliver(app, mention("Ev1", user="UBOT")) == 200
    assert await deliver(app, mention("Ev2", user="U1")) == 200
    await until(lambda: heard)
    assert heard == ["Ev2"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (click(action="gone"), "a click on 'gone'"),
        (command(), "the command '/lab'"),
        (mention(), "an event of type 'app_mention'"),
        (
            {"type": "view_submission", "user": {"id": "U1"}, "view": {"type": "modal", "callback_id": "old"}},
            "'view_submission' of the view 'old'",
        ),
    ],
    ids=["click", "command", "event", "view"],
)
async def test_what_nobody_listens_for_is_acknowledged_and_logged_once_by_name(app, caplog, body, named):
    with caplog.at_level(logging.WARNING):
        assert await deliver(app, body) == 200
        again = {**body, "event_id": "Ev2"} if "event_id" in body else {**body, "trigger_id": "another"}
        assert await deliver(app, again) == 200
    assert [record.getMessage() for record in caplog.records] == [
        f"unhandled Slack request {named} (acknowledged, ignored)"
    ]


async def test_a_listener_that_fails_before_its_ack_is_not_acknowledged_so_that_the_person_sees_it(app, caplog):
    @app.action("ack")
    async def listen():
        raise LookupError("no incident 7")

    assert await deliver(app, click()) == 500
    assert "cannot answer a click on 'ack': because of LookupError" in caplog.text


async def test_a_listener_that_fails_after_its_ack_is_acknowledged_at_once_and_logged(app, caplog):
    @app.action("ack")
    async def listen(ack):
        await ack()
        raise LookupError("no incident 7")

    async with asyncio.timeout(1):
        assert await deliver(app, click()) == 200
    assert [record.getMessage() for record in caplog.records] == [
        "cannot answer a click on 'ack': because of LookupError"
    ]
    assert "no incident 7" in caplog.text


def test_what_carries_nothing_of_its_own_is_never_taken_for_a_repetition():
    assert delivery_key({"type": "view_closed", "view": {"id": "V1"}}) is None
