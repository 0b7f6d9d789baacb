"""One ping: a request to an address outside, and whether it was taken. Addresses are never in what it raises.

What counts as taken is Healthchecks' pinging API: a status 2xx; its `OK (not found)` and `OK (rate limited)` are
none. Redirects are not followed: the page of a hotel's network is no heartbeat.
"""

import os
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from bot.config.outward import Method

_ENOUGH = 200  # bytes of an answer


class PingFailed(Exception):
    """Transient as far as can be known: the address did not take it. The text says why, without the address."""


def url_of_failure(url: str) -> str:
    """Where Healthchecks is told that something failed."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))


async def ping(url: str, method: Method, body: str, patience: timedelta) -> None:
    """Ask for `url` once. Raises PingFailed."""
    import aiohttp  # noqa: PLC0415  it takes its time, and Slack's client imports it anyway

    limit = aiohttp.ClientTimeout(total=patience.total_seconds())
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.request(str(method), url, data=body.encode() or None, allow_redirects=False) as answer,
        ):
            text = (await answer.content.read(_ENOUGH)).decode(errors="replace")
    except TimeoutError:
        raise PingFailed(f"no answer within {patience.total_seconds():g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as why:
        raise PingFailed(_plain(why)) from None
    if not 200 <= answer.status < 300:
        raise PingFailed(f"it answers {answer.status}")
    if text.startswith("OK (") and text.rstrip() != "OK":
        raise PingFailed(f"it answers {text.strip()[:60]}")


def _plain(why: Exception) -> str:
    """What went wrong; an exception's own text may hold the address."""
    cause = getattr(why, "os_error", None) or why
    number = getattr(cause, "errno", None)
    if number is None:
        return type(why).__name__
    return os.strerror(number) if number > 0 else str(getattr(cause, "strerror", ""))  # below 0: the resolver's
