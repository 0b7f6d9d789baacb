"""Socket Mode as Slack serves it: addresses, hello, envelopes, acknowledgements, redelivery, disconnects."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import websockets

from bot.workspace.records import ALEX, BOT, HOMELAB
from tests.waiting import until


@asynccontextmanager
async def a_socket(world):
    """A bare connection that acknowledges nothing by itself; its hello was read."""
    address = (await world.client.apps_connections_open(app_token=world.box.app_token))["url"]
    async with websockets.connect(address) as socket:
        socket.hello = json.loads(await socket.recv())
        yield socket


async def read(socket) -> dict:
    return json.loads(await asyncio.wait_for(socket.recv(), 2))


async def acknowledge(socket, envelope, payload=None) -> None:
    answer = {"payload": payload} if payload else {}
    await socket.send(json.dumps({"envelope_id": envelope["envelope_id"], **answer}))


def command(world) -> asyncio.Task:
    """Somebody types /lab status."""
    return asyncio.ensure_future(world.box.workspace.slash_command(ALEX.id, HOMELAB.id, "/lab", "status"))


async def test_hello_says_how_many_connections_there_are(world):
    async with a_socket(world) as first, a_socket(world) as second:
        assert first.hello["type"] == "hello"
        assert [first.hello["num_connections"], second.hello["num_connections"]] == [1, 2]
        assert first.hello["connection_info"]["app_id"] == world.box.workspace.app.id


async def test_an_address_is_good_once(world):
    address = (await world.client.apps_connections_open(app_token=world.box.app_token))["url"]
    async with websockets.connect(address):
        with pytest.raises(websockets.InvalidStatus, match="404"):
            await websockets.connect(address)
    made_up = address.replace("ticket=", "ticket=x")
    with pytest.raises(websockets.InvalidStatus, match="404"):
        await websockets.connect(made_up)


async def test_ten_connections_are_the_most(world):
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(a_socket(world))
        with pytest.raises(websockets.InvalidStatus, match="429"):
            await stack.enter_async_context(a_socket(world))


async def test_an_envelope_says_what_it_is_and_whether_an_answer_is_taken(world):
    async with a_socket(world) as socket:
        typed = command(world)
        envelope = await read(socket)
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert "retry_attempt" not in envelope
        await acknowledge(socket, envelope, {"text": "fine"})
        await typed
        await world.box.workspace.say(ALEX.id, HOMELAB.id, f"<@{BOT.id}>")
        event = await read(socket)
        assert (event["type"], event["accepts_response_payload"], event["retry_attempt"]) == (
            "events_api",
            False,
            0,
        )
        await acknowledge(socket, event)
    assert world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)[0]["text"] == "fine"


async def test_each_envelope_goes_to_one_connection(world):
    async with a_socket(world) as first, a_socket(world) as second:
        for _ in range(4):
            typed = command(world)
            reads = {asyncio.ensure_future(read(socket)): socket for socket in (first, second)}
            done, waiting = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
            [got] = done
            waiting.pop().cancel()
            await acknowledge(reads[got], got.result())
            await typed


async def test_an_unacknowledged_envelope_comes_again_three_times_at_most(world):
    async with a_socket(world) as socket:
        typed = command(world)
        envelopes = [await read(socket) for _ in range(4)]
        assert len({envelope["envelope_id"] for envelope in envelopes}) == 1
        again = [(envelope["retry_attempt"], envelope["retry_reason"]) for envelope in envelopes[1:]]
        assert again == [(1, "timeout"), (2, "timeout"), (3, "timeout")]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.5)
        await typed


async def test_an_acknowledged_redelivery_is_the_last(world):
    async with a_socket(world) as socket:
        typed = command(world)
        came = [await read(socket), await read(socket)]
        await acknowledge(socket, came[-1])
        with suppress(TimeoutError):
            while True:  # another may be on its way before it is heard
                came.append(json.loads(await asyncio.wait_for(socket.recv(), 0.5)))
        assert len(came) < 4, "so often it comes where nobody acknowledges it"
        await typed


async def test_what_a_lost_connection_had_comes_over_the_next_one_at_once(world):
    async with a_socket(world) as first, a_socket(world) as second:
        typed = command(world)
        reads = {asyncio.ensure_future(read(socket)): socket for socket in (first, second)}
        [got], waiting = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
        await reads[got].close()
        again = await waiting.pop()
        assert (again["envelope_id"], again["retry_attempt"]) == (got.result()["envelope_id"], 1)
        other = second if reads[got] is first else first
        await acknowledge(other, again, {"text": "fine"})
        await typed
    assert world.box.workspace.messages.ephemeral(HOMELAB.id, ALEX.id)[0]["text"] == "fine"


async def test_an_event_waits_for_a_connection(world):
    await world.box.workspace.say(ALEX.id, HOMELAB.id, f"<@{BOT.id}> are you there?")
    async with a_socket(world) as socket:
        kinds = {(await read(socket))["payload"]["event"]["type"] for _ in range(2)}
        assert kinds == {"message", "app_mention"}


async def test_pings_are_answered(world):
    async with a_socket(world) as socket:
        await asyncio.wait_for(await socket.ping(), 1)


async def test_a_frame_that_is_no_acknowledgement_is_borne(world):
    async with a_socket(world) as socket:
        await socket.send('{"envelope_id": "nobody knows"}')
        await socket.send("not even JSON")
        await socket.send("[]")
        await asyncio.wait_for(await socket.ping(), 1)
        typed = command(world)
        await acknowledge(socket, await read(socket))
        await typed


async def test_a_disconnect_request_makes_the_app_come_back(world):
    async with world.connected() as handler:
        before = await handler.client.session_id()
        await world.box.faults.request_disconnect("warning")
        await until(lambda: world.box.calls.counts["apps.connections.open"] == 2)

        async def anew():
            return world.box.sockets.connected == 1 and await handler.client.session_id() != before

        await until(anew)


async def test_a_reason_slack_has_not_got_is_refused(world):
    with pytest.raises(ValueError, match="cannot disconnect for 'boredom'"):
        await world.box.faults.request_disconnect("boredom")
