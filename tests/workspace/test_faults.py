"""What can be told to fail does, so often, and nothing else; also from another process."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.workspace.records import ALEX, HOMELAB
from bot.workspace.server import Box
from tests.waiting import until


async def post(world):
    return await world.client.chat_postMessage(channel=HOMELAB.id, text="x")


def stored(world) -> int:
    return len(world.box.workspace.messages.history(HOMELAB.id))


async def test_a_method_can_be_rate_limited_so_often(world):
    world.box.faults.fail("chat.postMessage", "rate_limited", times=2, seconds=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await post(world)
        assert refused.value.response.headers["Retry-After"] == "7"
    assert (await post(world))["ok"]
    assert stored(world) == 1


@pytest.mark.parametrize(("how", "status"), [("server_error", 500), ("unavailable", 503)])
async def test_slack_can_be_ill(world, how, status):
    world.box.faults.fail("chat.postMessage", how)
    with pytest.raises(SlackApiError) as refused:
        await post(world)
    assert (refused.value.response.status_code, stored(world)) == (status, 0)
    assert (await post(world))["ok"]


async def test_a_response_can_be_lost_after_the_message_was_posted(world):
    world.box.faults.fail("chat.postMessage", "lost_after")
    with pytest.raises(aiohttp.ClientError):
        await post(world)
    assert stored(world) == 1


async def test_a_request_can_be_lost_before_anything_was_done(world):
    world.box.faults.fail("chat.postMessage", "lost_before")
    with pytest.raises(aiohttp.ClientError):
        await post(world)
    assert stored(world) == 0


async def test_an_answer_can_be_late(world):
    world.client.timeout = 0.2
    world.box.faults.fail("chat.postMessage", "delayed", seconds=0.4)
    with pytest.raises(TimeoutError):
        await post(world)
    await until(lambda: stored(world) == 1)


async def test_only_the_named_method_fails_unless_all_are_meant(world):
    world.box.faults.fail("chat.update", "server_error")
    assert (await post(world))["ok"]
    world.box.faults.fail("*", "server_error")
    with pytest.raises(SlackApiError):
        await post(world)


async def test_faults_that_were_not_met_can_be_taken_back(world):
    world.box.faults.fail("chat.postMessage", "server_error", times=5)
    world.box.faults.clear()
    assert (await post(world))["ok"]


async def test_a_way_to_fail_that_there_is_not_is_refused(world):
    with pytest.raises(ValueError, match="explode"):
        world.box.faults.fail("chat.postMessage", "explode")


async def test_the_app_comes_back_after_its_socket_was_cut(world):
    async with world.connected():
        await world.box.faults.drop_sockets()
        assert world.box.sockets.connected == 0
        await until(lambda: world.box.sockets.connected == 1)


async def test_the_app_comes_back_after_refused_handshakes(world):
    async with world.connected():
        world.box.faults.refuse_handshakes(2)
        await world.box.faults.drop_sockets()
        await until(lambda: world.box.sockets.connected == 1)
    assert world.box.calls.counts["apps.connections.open"] == 4


async def test_what_people_do_can_be_kept_back_and_comes_later(world):
    @world.app.command("/lab")
    async def lab(ack):
        world.heard.append("heard")
        await ack("late")

    async with world.connected():
        world.box.faults.stop_delivering()
        await world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status")
        assert world.heard == []
        world.box.faults.resume_delivering()
        await until(lambda: world.heard)
    [shown] = world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)
    assert "operation_timeout" in shown["text"]


async def test_another_process_can_order_faults_read_the_calls_and_start_over(world):
    async with aiohttp.ClientSession(world.box.url) as session:
        order = {"do": "fail", "method": "chat.postMessage", "how": "unavailable"}
        async with session.post("/box/faults", json=order) as response:
            assert await response.json() == {"ok": True}
        with pytest.raises(SlackApiError):
            await post(world)
        await post(world)
        async with session.get("/box/calls") as response:
            calls = await response.json()
        assert calls["counts"] == {"chat.postMessage": 2}
        assert [call["error"] for call in calls["calls"]] == ["unavailable", ""]
        async with session.post("/box/reset") as response:
            assert response.status == 200
        assert (stored(world), sum(world.box.calls.counts.values())) == (0, 0)


@pytest.mark.parametrize(
    "order", [{"do": "melt"}, {"do": "fail"}, {"do": "fail", "method": "*", "how": "melt"}, []]
)
async def test_an_order_that_makes_no_sense_is_refused_with_the_reason(world, order):
    async with (
        aiohttp.ClientSession(world.box.url) as session,
        session.post("/box/faults", json=order) as response,
    ):
        assert response.status == 400
        assert (await response.json())["error"]


async def test_the_box_listens_on_this_machine_only():
    with pytest.raises(ValueError, match=r"cannot listen on '0\.0\.0\.0': because"):
        async with Box.start(host="0.0.0.0"):
            pass
