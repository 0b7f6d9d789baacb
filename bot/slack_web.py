"""One connection to Slack's Web API: the library's client, which sends no secret, and each failure named for it.

It goes to no address that would show the tokens to the network. What is said over it is slack.py's.
"""

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, timedelta, tzinfo
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.redact import Redactor
from bot.slack_dates import in_zone
from bot.slack_errors import InDoubt, named

Answer = Awaitable[AsyncSlackResponse]

SLACK = "https://slack.com/api/"

_TIMEOUT = timedelta(seconds=15)
_PAGES = 10  # a list further on than 2,000 items counts as ended


class Web(AsyncWebClient):
    """The library's client; it sends no secret, and dates that can be read in `zone` where a client knows none."""

    redactor = Redactor()
    zone: tzinfo = UTC

    async def api_call(self, api_method: str, **kwargs: Any) -> AsyncSlackResponse:
        """As the library's: all its methods come through here."""
        return await super().api_call(api_method, **{name: self._shown(one) for name, one in kwargs.items()})

    def _shown(self, argument: Any) -> Any:
        return in_zone(self.redactor.all_in(argument), self.zone)


class Connection:
    """One workspace's Web API. Build it inside a running event loop; close it when done.

    Raises ValueError for an `api_url` that would send the tokens over the network unencrypted.
    """

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        api_url: str = SLACK,
        timeout: timedelta = _TIMEOUT,
        redactor: Redactor | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        """`redactor`: what it knows is never sent, by default the tokens. `zone`: of texts in place of dates."""
        self.redactor = redactor or Redactor((bot_token, app_token))
        self.api_url = api_url
        self.app_token = app_token
        limits = aiohttp.ClientTimeout(total=timeout.total_seconds(), sock_connect=timeout.total_seconds() / 3)
        local = is_loopback(api_url)  # first: it may refuse
        self.session = aiohttp.ClientSession(timeout=limits)
        # The library's own retry handlers would post a second time when only the answer was lost.
        self.web = Web(bot_token, api_url, session=self.session, retry_handlers=[])
        self.web.redactor, self.web.zone = self.redactor, zone
        if local:
            self.web.proxy = None  # a proxy from the environment leads away from this machine

    def __repr__(self) -> str:
        return f"Slack({self.api_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections. What is under way fails."""
        await self.session.close()

    async def ask(self, what: str, call: Answer) -> AsyncSlackResponse:
        """Await one request of `web`, its failure turned into ours; `what` completes «cannot …»."""
        try:
            return await call
        except (SlackApiError, aiohttp.ClientError, OSError) as error:
            # `from None`: the library's errors hold on to the request, and with it to the token.
            raise named(what, error) from None
        except (AttributeError, TypeError, ValueError) as error:  # the library found no sense in the answer
            raise InDoubt(
                f"cannot know the outcome of «{what}»: because its answer is strange ({error})"
            ) from None

    async def pages(
        self, what: str, fetch: Callable[[str | None], Answer], name: str
    ) -> AsyncIterator[dict[str, Any]]:
        """Each item of a list that comes in pages. Raises as `ask` does."""
        cursor: str | None = None
        for _ in range(_PAGES):
            answer = await self.ask(what, fetch(cursor))
            items = answer.data.get(name) if isinstance(answer.data, dict) else None
            if not isinstance(items, list):
                raise InDoubt(f"cannot {what}: because its answer has no {name}")
            for item in items:
                yield item
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def field(what: str, answer: object, *path: str) -> str:
    """A field of an answer. Raises InDoubt where there is none: it was carried out, and nobody knows as what."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if not answer:
        raise InDoubt(f"cannot know the outcome of «{what}»: because its answer has no {'.'.join(path)}")
    return str(answer)


def is_loopback(api_url: str) -> bool:
    """Whether the API is on this machine. Raises ValueError for what must not carry a token."""
    parts = urlsplit(api_url)
    host = parts.hostname or ""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if parts.scheme == "https" or (parts.scheme == "http" and local):
        return local
    why = "plain http would show the tokens to the network; use https (http only on this machine)"
    raise ValueError(f"cannot use SLACK_API_URL {api_url!r}: because {why}")
