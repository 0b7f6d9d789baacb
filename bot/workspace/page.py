"""The page: a workspace for people, in a browser on this machine. Its routes and its own small JSON interface.

What it serves may run no inline script and ask no other machine. It refuses posts that are not JSON, since those
are what another site's form could send; who may ask at all is `guard`'s matter.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from bot.workspace.panel import Panel
from bot.workspace.records import Command, Json, User
from bot.workspace.render import Renderer
from bot.workspace.state import Workspace

STATIC: Final = Path(__file__).parent / "static"
TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types rendered-by-server"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
FILE_HEADERS: Final = HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
PANEL_SECONDS: Final = 1.0  # how old the panel's note may be; also how soon a closed page is noticed

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A request the page can't serve. `status` is HTTP's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def routes(
    workspace: Workspace,
    *,
    panel: Panel | None = None,
    completions: Callable[[], Iterable[Command]] | None = None,
) -> list[web.RouteDef]:
    """The page's routes. `completions` are what the composer offers after "/"; by default the bare commands."""
    page = _Page(workspace, panel, completions or (lambda: workspace.commands))
    reads = {
        "/": page.index,
        "/static/{name}": page.static,
        "/page/state": page.state,
        "/page/live": page.live,
        "/page/commands": page.commands,
        "/page/panel": page.panel,
        "/page/files/{id}/{name}": page.file,
    }
    acts = {
        "say": page.say,
        "click": page.click,
        "submit": page.submit,
        "close": page.close,
        "dismiss": page.dismiss,
        "home": page.home,
        "panel": page.press,
    }
    gets = [web.get(path, _answering(handler)) for path, handler in reads.items()]
    return gets + [web.post(f"/page/{name}", _answering(_acting(act))) for name, act in acts.items()]


class _Page:
    def __init__(
        self, workspace: Workspace, panel: Panel | None, completions: Callable[[], Iterable[Command]]
    ) -> None:
        self._workspace = workspace
        self._panel = panel
        self._completions = completions
        self._renderers: dict[str, Renderer] = {}
        self._static = {path.name: path.read_bytes() for path in STATIC.iterdir()}

    async def index(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._static["index.html"], content_type="text/html", headers=HEADERS)

    async def static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in self._static:
            raise Refused(404, "no such file")
        return web.Response(body=self._static[name], content_type=TYPES[Path(name).suffix], headers=HEADERS)

    async def state(self, request: web.Request) -> web.StreamResponse:
        user = self._user(request.query.get("user", ""))
        renderer = self._renderers.setdefault(user.id, Renderer(self._workspace, user))
        return _json(renderer.state())

    async def commands(self, _request: web.Request) -> web.StreamResponse:
        offers = self._completions()
        described = [
            {"text": o.name, "hint": o.usage_hint, "description": o.description, "after": o.after} for o in offers
        ]
        return _json({"commands": described})

    async def panel(self, _request: web.Request) -> web.StreamResponse:
        return _json(self._shown_panel())

    async def file(self, request: web.Request) -> web.StreamResponse:
        """An uploaded file: pictures as they are, everything else as plain text or a download, never to run."""
        upload = self._workspace.files.upload(request.match_info["id"])
        about = self._workspace.files.get(request.match_info["id"])
        if upload is None or upload.content is None or about is None:
            raise Refused(404, "no such file")
        kind = about["mimetype"] if about["mimetype"].startswith("image/") else "text/plain"
        return web.Response(body=upload.content, content_type=kind, headers=FILE_HEADERS)

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events, until the page goes: `change` (read the state again) and `panel` (as it is now)."""
        user = self._user(request.query.get("user", "")).id
        response = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self._workspace.subscribe() as changes, suppress(ConnectionResetError):
            await _send(response, "change", {})
            panel: Json = {}
            while True:
                if panel != (now := self._shown_panel()):
                    await _send(response, "panel", now)
                    panel = now
                try:
                    change = await asyncio.wait_for(anext(changes), PANEL_SECONDS)
                except TimeoutError:
                    await response.write(b":\n\n")  # fails once the page is gone
                    continue
                if change.get("user", user) == user:
                    await _send(response, "change", {"type": change["type"]})
        return response

    async def say(self, body: Json) -> Json:
        user, channel = self._user(_text(body, "user")), self._channel(body)
        text, thread = _text(body, "text").strip(), body.get("thread_ts") or ""
        if not text:
            raise Refused(400, "there is nothing to send")
        if not text.startswith("/"):
            await self._workspace.say(user.id, channel, self._encoded(text), str(thread))
            return {}
        command, _, arguments = text.partition(" ")
        if thread:
            raise Refused(409, f"{command} is not supported in threads. Sorry!")
        await self._workspace.slash_command(user.id, channel, command, arguments.strip())
        return {}

    async def click(self, body: Json) -> Json:
        user, action = self._user(_text(body, "user")), _object(body, "action")
        _text(action, "action_id")
        why = await self._workspace.click(user.id, _text(body, "target"), action, _object(body, "values"))
        return {"answered": not why}

    async def submit(self, body: Json) -> Json:
        user, view = self._user(_text(body, "user")), _text(body, "view_id")
        return await self._workspace.submit_view(user.id, view, _object(body, "values"))

    async def close(self, body: Json) -> Json:
        await self._workspace.close_view(self._user(_text(body, "user")).id, _text(body, "view_id"))
        return {}

    async def dismiss(self, body: Json) -> Json:
        user, ts = self._user(_text(body, "user")).id, _text(body, "ts")
        if found := self._workspace.messages.locate_ephemeral(user, ts):
            self._workspace.messages.delete_ephemeral(found[0], user, ts)
        return {}

    async def home(self, body: Json) -> Json:
        await self._workspace.open_home(self._user(_text(body, "user")).id)
        return {}

    async def press(self, body: Json) -> Json:
        if self._panel is None:
            raise Refused(404, "this workspace has no panel")
        return {"answer": await self._panel.act(_text(body, "id"), body.get("choice"))}

    def _shown_panel(self) -> Json:
        return {"panel": self._panel.shown() if self._panel else None}

    def _user(self, wanted: str) -> User:
        """The person with this id or name; the first one when none is named."""
        people = [user for user in self._workspace.users.values() if not user.is_bot]
        for user in people:
            if wanted in ("", user.id, user.name):
                return user
        raise Refused(404, f"there is nobody called {wanted!r} here")

    def _channel(self, body: Json) -> str:
        channel = _text(body, "channel")
        if channel not in self._workspace.channels:
            raise Refused(404, f"there is no channel {channel!r} here")
        return channel

    def _encoded(self, text: str) -> str:
        """What a person typed, as Slack's client sends it: three characters escaped, names made mentions."""
        safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        users = {user.name: user.id for user in self._workspace.users.values()}
        channels = {channel.name: channel.id for channel in self._workspace.channels.values() if not channel.is_im}
        safe = re.sub(r"(?<!\S)@([\w.-]+\w)", lambda m: f"<@{users[m[1]]}>" if m[1] in users else m[0], safe)
        return re.sub(r"(?<!\S)#([\w-]+)", lambda m: f"<#{channels[m[1]]}>" if m[1] in channels else m[0], safe)


def _answering(handler: Handler) -> Handler:
    """The handler, with what it refuses made a JSON answer."""

    async def answering(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            return _json({"error": str(refused)}, refused.status)
        except ValueError as error:  # what the workspace or the panel does not have
            return _json({"error": str(error)}, 409)

    return answering


def _acting(act: Callable[[Json], Awaitable[Json]]) -> Handler:
    async def acting(request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise Refused(415, f"cannot read {request.content_type!r}: because the page sends JSON")
        try:
            body = json.loads(await request.text())
        except ValueError as error:
            raise Refused(400, f"cannot read the request: because {error}") from error
        if not isinstance(body, dict):
            raise Refused(400, "cannot read the request: because it is no JSON object")
        return _json(await act(body))

    return acting


async def _send(response: web.StreamResponse, name: str, data: Json) -> None:
    await response.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())


def _json(body: Json, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=HEADERS)


def _text(body: Json, key: str) -> str:
    found: str = _required(body, key, str)
    return found


def _object(body: Json, key: str) -> Json:
    found: Json = _required(body, key, dict)
    return found


def _required(body: Json, key: str, kind: type[Any]) -> Any:
    value = body.get(key)
    if not isinstance(value, kind):
        raise Refused(400, f"cannot read {key!r}: because {value!r} is no {kind.__name__}")
    return value
