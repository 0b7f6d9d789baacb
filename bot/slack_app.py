"""What arrives from Slack, before a listener sees it: a bolt app in which each thing counts once.

It authorizes without asking Slack (one workspace, its token known), drops repeated deliveries and the bot's own
events, and acknowledges what no listener wants, or Slack would send it again. It registers no listeners.
"""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.redact import Redactor
from bot.slack import Slack

log = logging.getLogger(__name__)

_REMEMBERED = 2_000  # deliveries; Slack repeats one within minutes


def make_app(slack: Slack) -> AsyncApp:
    """A bolt app that talks to `slack`'s workspace. It is built, and answers, without a network."""
    token = slack.web.token

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=context.enterprise_id, team_id=context.team_id, bot_token=token)

    app = AsyncApp(
        name="caretaker",
        client=_without_token(slack.web),
        authorize=authorize,
        raise_error_for_unhandled_request=True,  # so that `_Trouble` gets to acknowledge it
        # Socket Mode has none of these, and `_screen` needs no lookup to know the bot's own events.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        ignoring_self_events_enabled=False,
    )
    app.middleware(_Screen(slack.redactor))
    app.error(_Trouble())
    return app


def _without_token(web: AsyncWebClient) -> AsyncWebClient:
    """The same client for bolt, which takes an `authorize` of ours only where the client has no token."""
    return AsyncWebClient(
        base_url=web.base_url, session=web.session, proxy=web.proxy, logger=web.logger, retry_handlers=[]
    )


class _Screen:
    """Middleware: acknowledges and drops what was seen before and what the bot itself caused."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def __call__(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],  # noqa: A002 (bolt passes by name)
    ) -> BoltResponse | None:
        key = delivery_key(body)
        if (key and not self._first(key)) or _is_own(body):
            log.debug("dropped a repeated delivery or an event of the bot's own: %s", key)
            return BoltResponse(status=200, body="")
        context["ack"] = _LastingAck(self._redactor)
        await next()
        return None

    def _first(self, key: str) -> bool:
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True


class _LastingAck(AsyncAck):
    """An acknowledgement that stands. bolt takes it back when the listener fails right after giving it.

    What it says in a modal has no secret in it.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._given: BoltResponse | None = None

    @property
    def response(self) -> BoltResponse | None:
        """What was answered; None until then."""
        return self._given

    @response.setter
    def response(self, response: BoltResponse | None) -> None:
        if response is not None:
            response.body = self._redactor.all_in(response.body)
        self._given = response or self._given


def delivery_key(body: Mapping[str, Any]) -> str | None:
    """What a repeated delivery has in common with the first, and nothing else has. None: it can't be told."""
    if "event_id" in body:
        return f"event {body['event_id']}"
    if actions := body.get("actions"):
        return f"click {body['user']['id']} {actions[0].get('action_ts')} {actions[0].get('action_id')}"
    if trigger := body.get("trigger_id"):  # a command, a modal's submission: new with each
        return f"trigger {trigger}"
    return None


def _is_own(body: Mapping[str, Any]) -> bool:
    author = (body.get("event") or {}).get("user")
    return author is not None and author in {bot.get("user_id") for bot in body.get("authorizations") or ()}


class _Trouble:
    """What becomes of a request that no listener wants, or that a listener failed on."""

    def __init__(self) -> None:
        self._unwanted: set[str] = set()

    async def __call__(self, error: Exception, body: dict[str, Any]) -> BoltResponse | None:
        described = _described(body)
        if isinstance(error, BoltUnhandledRequestError):
            level = logging.DEBUG if described in self._unwanted else logging.WARNING  # such as each message
            self._unwanted.add(described)
            log.log(level, "unhandled Slack request %s (acknowledged, ignored)", described)
            return BoltResponse(status=200, body="")
        # Not acknowledged, if it wasn't yet: then Slack shows the person that it failed.
        log.error("cannot answer %s: because of %s", described, type(error).__name__, exc_info=error)
        return None


def _described(body: Mapping[str, Any]) -> str:
    """What was asked, in the words of whoever reads the log."""
    if command := body.get("command"):
        return f"the command {command!r}"
    if actions := body.get("actions"):
        return f"a click on {actions[0].get('action_id')!r}"
    if view := body.get("view"):
        return f"{body.get('type')!r} of the view {view.get('callback_id')!r}"
    return f"an event of type {(body.get('event') or body).get('type')!r}"
