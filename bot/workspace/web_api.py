"""The Web API over HTTP: arguments from query, form and JSON; tokens, scopes, rate limits, faults.

What a method does stands in the api_* files. An error is HTTP 200 with `ok: false`, but for rate limits (429) and
the faults that were asked for.
"""

import asyncio
import json
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Final

from aiohttp import web

from bot.workspace import api_blocks, api_chat, api_conversations, api_files, api_identity, api_views
from bot.workspace.api_call import METHODS, Call, Caller, Method, demand
from bot.workspace.faults import Fault, Faults, How
from bot.workspace.limits import Refusal
from bot.workspace.rate_limits import RateLimits
from bot.workspace.records import Json
from bot.workspace.socket_mode import SocketMode
from bot.workspace.state import Workspace

NOUNS: Final = (
    api_blocks,
    api_chat,
    api_conversations,
    api_files,
    api_identity,
    api_views,
)  # importing them fills METHODS
APP_SCOPES: Final = frozenset({"connections:write"})
BOT_SCOPES: Final = frozenset(
    {
        *(
            "chat:write",
            "commands",
            "files:write",
            "files:read",
            "app_mentions:read",
            "reactions:read",
            "reactions:write",
        ),
        *("channels:history", "channels:read", "channels:join", "groups:history", "groups:read"),
        *("im:history", "im:read", "im:write", "users:read"),
    },
)
CALLS_KEPT: Final = 50_000


@dataclass(frozen=True, slots=True)
class Called:
    """One call of the Web API. `at`: when it was answered, wall time in seconds; `error`: empty when ok."""

    method: str
    at: float
    error: str


@dataclass(slots=True)
class Calls:
    """The calls so far, oldest first; the last 50,000 of them."""

    all: deque[Called] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))

    @property
    def counts(self) -> Counter[str]:
        """How often each method was called."""
        return Counter(call.method for call in self.all)

    def as_json(self) -> Json:
        """For other processes."""
        return {"counts": dict(self.counts), "calls": [asdict(call) for call in self.all]}


@dataclass(frozen=True, slots=True)
class _Answer:
    body: Json
    status: int = 200
    retry_after: int = 0


class WebApi:
    """Answers calls. `scopes` are the bot token's; `limits` is None where rates are not to matter."""

    def __init__(
        self,
        workspace: Workspace,
        sockets: SocketMode,
        faults: Faults,
        *,
        scopes: frozenset[str] = BOT_SCOPES,
        limits: RateLimits | None = None,
    ) -> None:
        self.calls = Calls()
        self._workspace = workspace
        self._sockets = sockets
        self._faults = faults
        self._scopes = scopes
        self._limits = limits

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request to /api/METHOD."""
        name, fault = request.match_info["method"], self._faults.take(request.match_info["method"])
        try:
            args = await _arguments(request)
        except ValueError:
            return self._response(_Answer(_refused(Refusal("invalid_json"))))
        if fault:
            failed = await self._fail(request, name, fault)
            if failed is not None:
                return failed
        answer = self._answer(name, _token(request, args), args)
        self._record(name, answer.body.get("error", ""))
        if fault and fault.how is How.STRANGE:
            return web.Response(text=fault.body, content_type="application/json")
        if fault and fault.how is How.LOST_AFTER:
            return _cut(request)
        return self._response(answer)

    async def _fail(self, request: web.Request, name: str, fault: Fault) -> web.StreamResponse | None:
        """What the fault answers in place of the method; None where the method is to be called all the same."""
        if fault.how is How.DELAYED:
            await asyncio.sleep(fault.seconds)
        if fault.how in (How.DELAYED, How.LOST_AFTER, How.STRANGE):
            return None
        if fault.how is How.REFUSED:
            self._record(name, json.loads(fault.body)["error"])
            return web.Response(text=fault.body, content_type="application/json")
        self._record(name, fault.how)
        if fault.how is How.LOST_BEFORE:
            return _cut(request)
        if fault.how is How.RATE_LIMITED:
            return self._response(_rate_limited(round(fault.seconds)))
        return web.Response(status=500 if fault.how is How.SERVER_ERROR else 503, text="upstream error")

    def _answer(self, name: str, token: str, args: Json) -> _Answer:
        try:
            method = METHODS.get(name)
            if method is None:
                raise Refusal("unknown_method", req_method=name)
            scopes = self._authorised(method, token)
            if seconds := self._wait(name, method, args):
                return _rate_limited(seconds)
            demand(method.scope, scopes)
            return _Answer({"ok": True, **method.run(Call(self._workspace, self._sockets, scopes, args))})
        except Refusal as refusal:
            return _Answer(_refused(refusal))

    def _authorised(self, method: Method, token: str) -> frozenset[str]:
        """The scopes of the token, which is of the kind the method wants."""
        app = self._workspace.app
        callers = {app.bot_token: (Caller.BOT, self._scopes), app.app_token: (Caller.APP, APP_SCOPES)}
        if method.caller is Caller.ANYONE:
            return frozenset()
        if not token:
            raise Refusal("not_authed")
        if token not in callers:
            raise Refusal("invalid_auth")
        caller, scopes = callers[token]
        if caller is not method.caller:
            raise Refusal("not_allowed_token_type")
        return scopes

    def _wait(self, name: str, method: Method, args: Json) -> int:
        return self._limits.wait(name, method.rate, str(args.get("channel", ""))) if self._limits else 0

    def _record(self, name: str, error: str) -> None:
        self.calls.all.append(Called(name, time.time(), error))

    def _response(self, answer: _Answer) -> web.Response:
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._scopes))}
        if answer.retry_after:
            headers["Retry-After"] = str(answer.retry_after)
        return web.json_response(answer.body, status=answer.status, headers=headers)


async def _arguments(request: web.Request) -> Json:
    """Query, form and JSON body in one: clients send arguments in all three, sometimes in two at once."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json() if request.can_read_body else {}
        return args | (body if isinstance(body, dict) else {})
    return args | {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


def _token(request: web.Request, args: Json) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or str(args.get("token", ""))


def _refused(refusal: Refusal) -> Json:
    body: Json = {"ok": False, "error": refusal.error, **refusal.details}
    if refusal.messages:
        body["response_metadata"] = {"messages": refusal.messages}
    return body


def _rate_limited(seconds: int) -> _Answer:
    return _Answer({"ok": False, "error": "ratelimited"}, status=429, retry_after=max(1, seconds))


def _cut(request: web.Request) -> web.StreamResponse:
    """Break the connection: the client sees it end without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response(status=500)
