"""What can go wrong with a request to Slack, sorted by what may be done next.

The one question that matters after a failed post: may it be posted again? Offline and RateLimited say yes,
Rejected says by its remedy what may follow, InDoubt says look first. Nothing here keeps a request, because
requests carry the token.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack_refusals import MAYBE_DONE, TOO_FAST, Remedy, remedy_for


class SlackError(Exception):
    """Anything that kept Slack from doing as asked; which of the four says what may follow."""


class Offline(SlackError):
    """Transient: Slack was not reached, so surely nothing was done. Ask again."""


class InDoubt(SlackError):
    """Transient: the request may or may not have been carried out. Look before asking again."""


class RateLimited(SlackError):
    """Transient: nothing was done; ask again after `retry_after` seconds, not earlier."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(SlackError):
    """Slack understood and refuses. `error` is Slack's own code, e.g. `channel_not_found`."""

    def __init__(self, message: str, error: str) -> None:
        super().__init__(message)
        self.error = error

    @property
    def remedy(self) -> Remedy:
        """What may follow: the same again, another form, a person's mend."""
        return remedy_for(self.error)

    @property
    def is_permanent(self) -> bool:
        """Whether this very request will always be refused in this form."""
        return self.remedy is Remedy.CONTENT


@contextmanager
def asked_beforehand() -> Iterator[None]:
    """What is refused before a message was sent says nothing of the message: it is tried again as it is."""
    try:
        yield
    except Rejected as why:
        if why.remedy not in {Remedy.CONTENT, Remedy.FILE}:
            raise
        raise Rejected(str(why), f"{why.error}, before the message") from why


_DEFAULT_RETRY_AFTER = 30.0

# What fails before a request is on its way. A timeout without a connection is among them; any other is not.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)


def named(what: str, error: SlackApiError | aiohttp.ClientError | OSError) -> SlackError:
    """The failure of `what` ("post to 'C1'") in our own words and class."""
    if isinstance(error, SlackApiError):
        return _refusal(what, error.response)
    why = f"because {error}" if str(error) else f"because of {type(error).__name__}"
    if isinstance(error, _NOT_SENT):
        return Offline(f"cannot {what}: {why}")
    if isinstance(error, aiohttp.ClientResponseError):
        answer = f"HTTP {error.status} {error.message}".strip()
        why = f"because the server answered {answer!r}"  # without its address, which is a secret
        if error.status < 500:
            return Rejected(f"cannot {what}: {why}", f"http_{error.status}")
    return InDoubt(f"cannot know the outcome of «{what}»: {why}")


def _refusal(what: str, response: object) -> SlackError:
    if not isinstance(response, AsyncSlackResponse):  # the library could not parse it and hands over aiohttp's
        return InDoubt(f"cannot know the outcome of «{what}»: because its answer is cut off or no JSON")
    status = response.status_code
    data: Mapping[str, Any] = response.data if isinstance(response.data, dict) else {}
    error = data.get("error")
    if status == 429 or error in TOO_FAST:
        wait = _seconds(response.headers.get("Retry-After"))
        return RateLimited(f"cannot {what}: because Slack asks to wait {wait:g} s", wait)
    if status >= 500 or error in MAYBE_DONE or (status == 200 and error is None):
        return InDoubt(f"cannot know the outcome of «{what}»: because it answered {error or f'HTTP {status}'!r}")
    code = str(error or f"http_{status}")
    return Rejected(f"cannot {what}: because Slack answered {code!r}{_details(data)}", code)


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or _DEFAULT_RETRY_AFTER))
    except ValueError:
        return _DEFAULT_RETRY_AFTER


def _details(data: Mapping[str, Any]) -> str:
    """What Slack adds to its code: which field of which block, or which scope is needed."""
    said = [*(data.get("errors") or ()), *((data.get("response_metadata") or {}).get("messages") or ())]
    if data.get("needed"):
        said.append(f"needed: {data['needed']}")
    unique = list(dict.fromkeys(str(word) for word in said))
    return f" ({'; '.join(unique)})" if unique else ""
