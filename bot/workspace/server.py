"""The box: Web API, Socket Mode, uploads, response URLs, the page and the controls, on one loopback port.

It refuses to listen anywhere but on this machine: its tokens are no secret.
"""

import ipaddress
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, web

from bot.workspace import page
from bot.workspace.faults import Faults, How
from bot.workspace.guard import this_machine_only
from bot.workspace.limits import Refusal
from bot.workspace.panel import Panel
from bot.workspace.rate_limits import RateLimits
from bot.workspace.records import APP, COMMANDS, EVENTS, App, Command, Json
from bot.workspace.socket_mode import ACK_SECONDS, SocketMode
from bot.workspace.state import Workspace
from bot.workspace.web_api import BOT_SCOPES, Calls, WebApi

MOST_UPLOAD_BYTES: Final = 64 * 2**20
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the workspace differs from the usual one.

    `rate_limits`: whether Slack's hold. `messages_tab`: whether the app may write to people directly.
    `ack_seconds`: how long the app may take to acknowledge. `clock`: wall time in seconds since 1970, for whoever
    wants trigger ids to expire at once.
    """

    app: App = APP
    commands: tuple[Command, ...] = COMMANDS
    events: frozenset[str] = EVENTS
    scopes: frozenset[str] = BOT_SCOPES
    rate_limits: bool = True
    messages_tab: bool = True
    ack_seconds: float = ACK_SECONDS
    clock: Callable[[], float] = time.time


def installed(manifest: Json) -> Settings:
    """The settings of a workspace in which an app was made from this manifest: its scopes, events and commands."""
    features, settings = manifest["features"], manifest["settings"]
    made = features["slash_commands"]
    return Settings(
        commands=tuple(Command(c["command"], c["description"], c.get("usage_hint", "")) for c in made),
        events=frozenset(settings["event_subscriptions"]["bot_events"]),
        scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
        messages_tab=features["app_home"]["messages_tab_enabled"],
    )


class Box:
    """A running workspace. Made by `Box.start`."""

    def __init__(self, settings: Settings) -> None:
        self.url = ""
        self._settings = settings
        self.sockets = SocketMode(settings.app, lambda: self.url, ack_seconds=settings.ack_seconds)
        self.workspace = Workspace(
            self.sockets.deliver,
            app=settings.app,
            commands=settings.commands,
            messages_tab=settings.messages_tab,
            events=settings.events,
            clock=settings.clock,
        )
        self.faults = Faults(self.sockets, self.workspace)
        self._limits = RateLimits(settings.clock) if settings.rate_limits else None
        self._api = WebApi(self.workspace, self.sockets, self.faults, scopes=settings.scopes, limits=self._limits)

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        port: int = 0,
        *,
        host: str = LOOPBACK,
        settings: Settings | None = None,
        panel: Panel | None = None,
        completions: Callable[[], Iterable[Command]] | None = None,
    ) -> AsyncIterator["Box"]:
        """Listen until the block ends; port 0 asks the kernel for a free one.

        The page shows `panel` beside the channel, and its composer offers `completions` after a "/".
        Raises ValueError for a host that isn't loopback, OSError where the port is taken.
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"cannot listen on {host!r}: because the box is for this machine alone")
        box = cls(settings or Settings())
        shown = page.routes(box.workspace, panel=panel, completions=completions)
        runner = web.AppRunner(box._application(shown), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            box.url = box.workspace.base_url = f"http://{host}:{runner.addresses[0][1]}"
            yield box
        finally:
            await box.workspace.close()
            await box.sockets.close()
            await runner.cleanup()

    @property
    def api_url(self) -> str:
        """What the app is given in place of https://slack.com/api/."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The token of the installed app."""
        return self._settings.app.bot_token

    @property
    def app_token(self) -> str:
        """The token for Socket Mode."""
        return self._settings.app.app_token

    @property
    def calls(self) -> Calls:
        """The Web API calls so far."""
        return self._api.calls

    def reset(self) -> None:
        """Forget what was said, called and asked to fail; connections stay."""
        self.workspace.reset()
        self.faults.clear()
        self.calls.all.clear()
        if self._limits:
            self._limits.clear()

    def _application(self, shown: Iterable[web.RouteDef]) -> web.Application:
        application = web.Application(client_max_size=MOST_UPLOAD_BYTES, middlewares=[this_machine_only])
        application.add_routes(
            [
                web.get("/api/{method}", self._api.handle),
                web.post("/api/{method}", self._api.handle),
                web.get("/socket", self.sockets.handle),
                web.post("/upload/v1/{secret}", self._upload),
                web.get("/files/{id}/{secret}/{name}", self._file),
                web.post("/response/{secret}", self._respond),
                web.post("/box/faults", self._order),
                web.get("/box/calls", self._list_calls),
                web.post("/box/reset", self._reset),
                *shown,
            ],
        )
        return application

    async def _upload(self, request: web.Request) -> web.Response:
        content = await _content(request)
        if not self.workspace.files.receive(request.match_info["secret"], content):
            return web.Response(status=400, text="no such upload, or not the length that was announced")
        return web.Response(text=f"OK - {len(content)}")

    async def _file(self, request: web.Request) -> web.Response:
        file_id = request.match_info["id"]
        content = self.workspace.files.content(file_id, request.match_info["secret"])
        file = self.workspace.files.get(file_id)
        if content is None or file is None:
            return web.Response(status=404, text="no such file")
        no_program = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return web.Response(body=content, content_type=file["mimetype"], headers=no_program)

    async def _respond(self, request: web.Request) -> web.Response:
        fault = self.faults.take("response_url")
        if fault is not None and fault.how is How.REFUSED:
            return web.json_response(text=fault.body, status=400)
        spot = self.workspace.response_urls.use(request.match_info["secret"])
        if isinstance(spot, str):
            return web.json_response({"ok": False, "error": spot}, status=404)
        try:
            self.workspace.answer(spot, _object(await request.text()))
        except Refusal as refusal:
            return web.json_response({"ok": False, "error": refusal.error}, status=400)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        return web.Response(text="ok")

    async def _order(self, request: web.Request) -> web.Response:
        try:
            await self.faults.obey(await request.json())
        except ValueError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True})

    async def _list_calls(self, _request: web.Request) -> web.Response:
        return web.json_response(self.calls.as_json())

    async def _reset(self, _request: web.Request) -> web.Response:
        self.reset()
        return web.json_response({"ok": True})


def _object(text: str) -> Json:
    """The JSON object in a text; raises ValueError where there is none."""
    parsed = json.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError(f"cannot take {text[:80]!r}: because it is no JSON object")
    return parsed


async def _content(request: web.Request) -> bytes:
    """The file's bytes: the body itself, or the first part of a form."""
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    part = await (await request.multipart()).next()
    return bytes(await part.read()) if isinstance(part, BodyPartReader) else b""
