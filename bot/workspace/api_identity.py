"""Web API: who am I, who is who, and where Socket Mode connects."""

from bot.workspace.api_call import TIER_2, TIER_4, Call, Caller, Rate, method
from bot.workspace.limits import Refusal
from bot.workspace.pages import cut
from bot.workspace.records import Json, User

_SPECIAL = Rate(600, burst=100)  # "hundreds of requests per minute"


@method("api.test", rate=TIER_4, caller=Caller.ANYONE)
def api_test(call: Call) -> Json:
    """Answer with what was sent; `error` asks for that error."""
    if error := call.text("error"):
        raise Refusal(error)
    return {"args": {name: value for name, value in call.args.items() if name != "token"}}


@method("auth.test", rate=_SPECIAL)
def auth_test(call: Call) -> Json:
    """Whose token it is."""
    app = call.workspace.app
    return {
        "url": f"{call.workspace.base_url}/",
        "team": app.team_name,
        "team_id": app.team_id,
        "user": app.name.lower(),
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


# Slack says tier 1 here and lets an app reconnect far more often than once a minute.
@method("apps.connections.open", scope="connections:write", rate=TIER_2, caller=Caller.APP)
def apps_connections_open(call: Call) -> Json:
    """A websocket address, good once."""
    return {"url": call.sockets.address()}


@method("bots.info", scope="users:read")
def bots_info(call: Call) -> Json:
    """The app's bot."""
    app = call.workspace.app
    if call.text("bot", app.bot_id) != app.bot_id:
        raise Refusal("bot_not_found")
    bot = {"id": app.bot_id, "app_id": app.id, "user_id": app.user_id, "name": app.name, "deleted": False}
    return {"bot": bot}


@method("users.info", scope="users:read", rate=TIER_4)
def users_info(call: Call) -> Json:
    """One member."""
    user = call.workspace.users.get(call.needs("user"))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": _shown(call, user)}


@method("users.list", scope="users:read", rate=TIER_2)
def users_list(call: Call) -> Json:
    """Every member, page by page."""
    page, rest = cut(call, list(call.workspace.users.values()), lambda user: user.id)
    return {"members": [_shown(call, user) for user in page], "response_metadata": {"next_cursor": rest}}


def _shown(call: Call, user: User) -> Json:
    return {
        "id": user.id,
        "team_id": call.workspace.app.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "color": user.color,
        "deleted": False,
        "is_admin": user.is_admin,
        "is_bot": user.is_bot,
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "profile": {"real_name": user.real_name, "display_name": user.name},
    }
