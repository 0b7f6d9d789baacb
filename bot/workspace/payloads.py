"""What Slack tells an app about something a person did: payloads in Slack's own shape. Pure."""

import secrets
from dataclasses import dataclass

from bot.workspace.escaping import escaped, outgoing
from bot.workspace.records import App, Channel, Json, User


@dataclass(frozen=True, slots=True)
class Envelope:
    """One thing to deliver. `kind`: slash_commands, interactive or events_api.

    `answerable`: the app may answer in its acknowledgement.
    """

    kind: str
    payload: Json
    answerable: bool


def slash_command(app: App, user: User, channel: Channel, typed: tuple[str, str], links: Json) -> Envelope:
    """`typed` is the command and its text; `links` are the trigger_id and the response_url."""
    command, text = typed
    payload = {
        "token": app.verification_token,
        "team_id": app.team_id,
        "team_domain": app.team_domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": escaped(text),
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        **links,
    }
    return Envelope("slash_commands", payload, answerable=True)


def message_actions(app: App, user: User, channel: Channel, message: Json, details: Json) -> Envelope:
    """A click in a message. `details` are the actions, state, trigger_id and response_url."""
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": message.get("is_ephemeral", False),
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    where: Json = {"container": container, "channel": {"id": channel.id, "name": channel.name}}
    if not message.get("is_ephemeral"):
        where["message"] = outgoing(message)
    told = _interaction(app, user, "block_actions") | where | outgoing(details)
    return Envelope("interactive", told, answerable=False)


def view_actions(app: App, user: User, view: Json, details: Json) -> Envelope:
    """A click in a modal or on Home. `details` are the actions and the trigger_id."""
    where = {"container": {"type": "view", "view_id": view["id"]}, "view": outgoing(view)}
    told = _interaction(app, user, "block_actions") | where | outgoing(details)
    return Envelope("interactive", told, answerable=False)


def view_submission(app: App, user: User, view: Json, trigger_id: str) -> Envelope:
    """A modal's Submit. The app may answer with errors, an update, a push or a clear."""
    submitted = {"view": outgoing(view), "trigger_id": trigger_id, "response_urls": []}
    return Envelope("interactive", _interaction(app, user, "view_submission") | submitted, answerable=True)


def view_closed(app: App, user: User, view: Json, *, is_cleared: bool) -> Envelope:
    """A modal was dismissed; `is_cleared`: with all those below it."""
    closed = {"view": outgoing(view), "is_cleared": is_cleared}
    return Envelope("interactive", _interaction(app, user, "view_closed") | closed, answerable=False)


def event(app: App, content: Json, now: float) -> Envelope:
    """An event of the Events API."""
    payload = {
        "token": app.verification_token,
        "team_id": app.team_id,
        "api_app_id": app.id,
        "event": outgoing(content),
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(now),
        "authorizations": [
            {"enterprise_id": None, "team_id": app.team_id, "user_id": app.user_id, "is_bot": True},
        ],
        "is_ext_shared_channel": False,
    }
    return Envelope("events_api", payload, answerable=False)


def _interaction(app: App, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": app.team_id},
        "api_app_id": app.id,
        "token": app.verification_token,
        "team": {"id": app.team_id, "domain": app.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }
