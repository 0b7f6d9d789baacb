"""What Slack lets the bot do, for `caretaker doctor`. It reports; what to do about it is said elsewhere."""

from dataclasses import dataclass

from bot.manifest import SCOPES
from bot.slack import Slack
from bot.slack_errors import Rejected


@dataclass(frozen=True, slots=True)
class SlackExam:
    """`missing`: scopes the bot token lacks. `channel`: the id, None when no such channel is visible to the bot.

    `app_token`: None when it opens Socket Mode connections, else Slack's code for why not.
    """

    team: str
    bot_user: str
    missing: tuple[str, ...]
    channel: str | None
    in_channel: bool
    app_token: str | None


async def examine(slack: Slack, channel: str) -> SlackExam:
    """Look at both tokens and at `channel` (name or id). Raises Rejected when the bot token itself is refused."""
    me = await slack.ask("authenticate", slack.web.auth_test())
    granted = {scope.strip() for scope in me.headers.get("x-oauth-scopes", "").split(",")}
    found, is_member = await _channel(slack, channel)
    return SlackExam(
        team=str(me["team"]),
        bot_user=str(me["user_id"]),
        missing=tuple(sorted(SCOPES.keys() - granted)),
        channel=found,
        in_channel=is_member,
        app_token=await _app_token(slack),
    )


async def _channel(slack: Slack, name: str) -> tuple[str | None, bool]:
    try:
        found = await slack.channel(name)
    except Rejected as refusal:
        if refusal.error in {"channel_not_found", "missing_scope"}:
            return None, False
        raise
    return str(found["id"]), bool(found.get("is_member"))


async def _app_token(slack: Slack) -> str | None:
    """Slack's objection to the app token. What it hands out otherwise is an address nobody dials."""
    try:
        await slack.ask(
            "open a Socket Mode connection", slack.web.apps_connections_open(app_token=slack.app_token)
        )
    except Rejected as refusal:
        return refusal.error
    return None
