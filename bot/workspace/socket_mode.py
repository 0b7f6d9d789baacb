"""Slack's side of Socket Mode: one-time addresses, hello, envelopes and their acknowledgements, disconnects.

An envelope goes to one of up to ten connections. One that isn't acknowledged within three seconds, or whose
connection is lost, is delivered again, three times at most.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.workspace.payloads import Envelope
from bot.workspace.records import App, Json
from bot.workspace.state import Undelivered

ACK_SECONDS: Final = 3.0
MOST_DELIVERIES: Final = 4  # the first and three more
MOST_CONNECTIONS: Final = 10
PING_SECONDS: Final = 10.0
GOODBYE_SECONDS: Final = 1.0  # how long a closing connection may take to say goodbye
DISCONNECT_REASONS: Final = ("warning", "refresh_requested", "link_disabled")
CONNECTION_SECONDS: Final = 3600  # how long Slack says a connection will last
RECONNECT_WITHIN_SECONDS: Final = 30.0  # an envelope that found nobody waits so long for a connection


@dataclass(eq=False, slots=True)
class _Connection:
    request: web.Request
    socket: web.WebSocketResponse
    lost: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False, slots=True)
class _Delivery:
    envelope: Envelope
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    answer: asyncio.Future[Json] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def text(self, attempt: int) -> str:
        again = {"retry_attempt": attempt, "retry_reason": "timeout"} if attempt else {}
        if self.envelope.kind == "events_api":
            again = again or {"retry_attempt": 0, "retry_reason": ""}
        body = {
            "envelope_id": self.id,
            "type": self.envelope.kind,
            "payload": self.envelope.payload,
            "accepts_response_payload": self.envelope.answerable,
        }
        return json.dumps(body | again)


class SocketMode:
    """The sockets to the app. `base` gives the box's own http URL, without a slash at its end."""

    def __init__(self, app: App, base: Callable[[], str], *, ack_seconds: float = ACK_SECONDS) -> None:
        self._app = app
        self._base = base
        self._ack_seconds = ack_seconds
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = 0
        self._open: dict[str, _Delivery] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._delivering = True
        self.refuse_handshakes = 0

    @property
    def connected(self) -> int:
        """How many connections stand."""
        return len(self._connections)

    def address(self) -> str:
        """A new websocket address, good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self._base().replace('http', 'ws', 1)}/socket?ticket={ticket}&app_id={self._app.id}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from its handshake to its end."""
        if self.refuse_handshakes:
            self.refuse_handshakes -= 1
            return web.Response(status=503, text="no")
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="this address was used, or never given out")
        self._tickets.discard(ticket)
        if self.connected >= MOST_CONNECTIONS:
            return web.Response(status=429, text="too many connections")
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, timeout=GOODBYE_SECONDS)
        await socket.prepare(request)
        connection = _Connection(request, socket)
        self._connections.append(connection)
        try:
            await socket.send_str(json.dumps(self._hello()))
            self._wake()
            await self._listen(socket)
        finally:
            self._lose(connection)
        return socket

    async def deliver(self, envelope: Envelope) -> Json:
        """Hand it to the app and return its answer ({} for none). Raises Undelivered after three seconds.

        It goes on being delivered after that; with nobody connected, only an event does.
        """
        if not self._connections and envelope.kind != "events_api":
            raise Undelivered("dispatch_failed")
        delivery = _Delivery(envelope)
        task = asyncio.get_running_loop().create_task(self._insist(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        done, _ = await asyncio.wait({delivery.answer}, timeout=self._ack_seconds)
        if not done:
            raise Undelivered("operation_timeout")
        return delivery.answer.result()

    async def drop_all(self) -> None:
        """Cut every connection, without a goodbye."""
        for connection in list(self._connections):
            self._lose(connection)
            if connection.request.transport:
                connection.request.transport.abort()

    async def request_disconnect(self, reason: str) -> None:
        """Ask every connection to reconnect. ValueError for a reason Slack hasn't got."""
        if reason not in DISCONNECT_REASONS:
            raise ValueError(f"cannot disconnect for {reason!r}: because Slack's reasons are {DISCONNECT_REASONS}")
        text = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "box"}})
        for connection in list(self._connections):
            await connection.socket.send_str(text)

    def stop_delivering(self) -> None:
        """Keep envelopes back until `resume_delivering`."""
        self._delivering = False

    def resume_delivering(self) -> None:
        """Deliver again, also what was kept back and still has attempts left."""
        self._delivering = True
        self._wake()

    async def close(self) -> None:
        """Give up deliveries and say goodbye to every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._connections):
            await connection.socket.close()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._acknowledged(_parsed(message.data))

    def _acknowledged(self, ack: Json) -> None:
        delivery = self._open.get(str(ack.get("envelope_id")))
        if delivery and not delivery.answer.done():
            answer = ack.get("payload") if delivery.envelope.answerable else None
            delivery.answer.set_result(answer or {})

    async def _insist(self, delivery: _Delivery) -> None:
        self._open[delivery.id] = delivery
        try:
            for attempt in range(MOST_DELIVERIES):
                connection = await asyncio.wait_for(self._next(), RECONNECT_WITHIN_SECONDS)
                if await self._attempt(delivery, connection, attempt):
                    return
        except TimeoutError:
            return  # nobody came back to take it
        finally:
            del self._open[delivery.id]

    async def _attempt(self, delivery: _Delivery, connection: _Connection, attempt: int) -> bool:
        try:
            await connection.socket.send_str(delivery.text(attempt))
        except ConnectionError:
            return False
        lost = asyncio.ensure_future(connection.lost.wait())
        either: set[asyncio.Future[Any]] = {delivery.answer, lost}
        await asyncio.wait(either, timeout=self._ack_seconds, return_when=asyncio.FIRST_COMPLETED)
        lost.cancel()
        return delivery.answer.done()

    async def _next(self) -> _Connection:
        """The connection whose turn it is, once there is one."""
        while not (self._delivering and self._connections):
            self._changed.clear()
            await self._changed.wait()
        self._turn += 1
        return self._connections[self._turn % len(self._connections)]

    def _lose(self, connection: _Connection) -> None:
        connection.lost.set()
        if connection in self._connections:
            self._connections.remove(connection)

    def _wake(self) -> None:
        self._changed.set()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connected,
            "debug_info": {"host": "box", "build_number": 1, "approximate_connection_time": CONNECTION_SECONDS},
            "connection_info": {"app_id": self._app.id},
        }


def _parsed(frame: str) -> Json:
    """The frame as an object; what is none says nothing."""
    try:
        parsed = json.loads(frame)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
