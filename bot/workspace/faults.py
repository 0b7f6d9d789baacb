"""Failures on demand: what a test or the demo breaks between the app and Slack. Nothing fails unasked."""

import inspect
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from bot.workspace import moderation
from bot.workspace.records import Json
from bot.workspace.socket_mode import SocketMode
from bot.workspace.state import Workspace


class How(StrEnum):
    """How a Web API call fails."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNAVAILABLE = "unavailable"
    LOST_BEFORE = "lost_before"
    """The connection breaks before anything was done."""
    LOST_AFTER = "lost_after"
    """It was done, but the connection breaks before the answer."""
    DELAYED = "delayed"
    REFUSED = "refused"
    """It is answered with an error code of Slack's, and nothing was done."""
    STRANGE = "strange"
    """It was done, and answered with HTTP 200 and something that no client expects."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One call's failure. `seconds`: the Retry-After of rate_limited, the delay of delayed.

    `body`: what refused and strange answer.
    """

    how: How
    seconds: float = 1.0
    body: str = ""


class Faults:
    """What will fail. Methods of the Web API fail in the order asked for; `*` means whichever is called next."""

    def __init__(self, sockets: SocketMode, workspace: Workspace) -> None:
        self._sockets = sockets
        self._workspace = workspace
        self._coming: dict[str, deque[Fault]] = {}

    def fail(self, method: str, how: str, times: int = 1, seconds: float = 1.0) -> None:
        """Let the next calls of a method fail. ValueError when there is no such way to fail."""
        self._coming.setdefault(method, deque()).extend([Fault(How(how), seconds)] * times)

    def refuse(self, method: str, error: str, times: int = 1, details: Json | None = None) -> None:
        """Let the next calls of a method be refused with any error code; `details` go along with it.

        `response_url` as the method means what is answered by such an address.
        """
        body = json.dumps({"ok": False, "error": error, **(details or {})})
        self._coming.setdefault(method, deque()).extend([Fault(How.REFUSED, body=body)] * times)

    def answer(self, method: str, body: str, times: int = 1) -> None:
        """Let the next calls of a method be carried out, and answered with HTTP 200 and this body."""
        self._coming.setdefault(method, deque()).extend([Fault(How.STRANGE, body=body)] * times)

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets, used up."""
        waiting = self._coming.get(method) or self._coming.get("*")
        return waiting.popleft() if waiting else None

    async def drop_sockets(self) -> None:
        """Cut every websocket, without a goodbye."""
        await self._sockets.drop_all()

    async def request_disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect: `warning`, `refresh_requested` or `link_disabled`."""
        await self._sockets.request_disconnect(reason)

    def refuse_handshakes(self, times: int = 1) -> None:
        """Answer the next websocket handshakes with 503."""
        self._sockets.refuse_handshakes = times

    def stop_delivering(self) -> None:
        """Keep back what people do, while connections stand."""
        self._sockets.stop_delivering()

    def resume_delivering(self) -> None:
        """Deliver again."""
        self._sockets.resume_delivering()

    def clear(self) -> None:
        """Nothing fails any more."""
        self._coming.clear()
        self._sockets.refuse_handshakes = 0
        self._sockets.resume_delivering()

    async def obey(self, order: object) -> None:
        """Do what another process asks: {"do": "fail", "method": …, "how": …}; `do` is a method above.

        Raises ValueError, saying what is wrong with the order.
        """
        orders: dict[str, Callable[..., Awaitable[None] | None]] = {
            "fail": self.fail,
            "refuse": self.refuse,
            "answer": self.answer,
            "drop_sockets": self.drop_sockets,
            "request_disconnect": self.request_disconnect,
            "refuse_handshakes": self.refuse_handshakes,
            "stop_delivering": self.stop_delivering,
            "resume_delivering": self.resume_delivering,
            "clear": self.clear,
            **{act.__name__: partial(act, self._workspace) for act in moderation.ACTS},
        }
        if not isinstance(order, dict):
            raise ValueError(f"cannot obey {order!r}: because an order is a JSON object")
        details: dict[str, Any] = {name: value for name, value in order.items() if name != "do"}
        act = orders.get(order.get("do", ""))
        if act is None:
            raise ValueError(f"cannot do {order.get('do')!r}: because the orders are {', '.join(orders)}")
        try:
            inspect.signature(act).bind(**details)
        except TypeError as error:
            raise ValueError(f"cannot do {order['do']!r} with {details!r}: because {error}") from None
        done = act(**details)
        if inspect.isawaitable(done):
            await done
