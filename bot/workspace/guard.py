"""Who may ask the box anything: programs on this machine, and its own page. A middleware for all of it.

A browser can be made to send requests to a loopback port by any site its owner visits. Refused are therefore a
request for another name that was made to point here (DNS rebinding), one whose Origin is another page, and one
that the browser says another site caused, except that anyone may link to the page.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def this_machine_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 403 to whoever comes from elsewhere."""
    if request.url.host not in THIS_MACHINE:
        return _refusal(f"cannot answer for {request.host!r}: because this workspace is for this machine only")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return _refusal(f"cannot take this from {origin!r}: because it is another page")
    caused_by = request.headers.get("Sec-Fetch-Site", "none")
    if caused_by not in ("none", "same-origin") and request.path != "/":
        return _refusal(f"cannot answer a {caused_by} request: because another page caused it")
    return await handler(request)


def _refusal(reason: str) -> web.Response:
    return web.json_response({"ok": False, "error": reason}, status=403)
