"""Who and what a workspace consists of: people, channels, the installed app. Values only."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""A JSON object in Slack's own shape (a message, a view, a payload)."""


@dataclass(frozen=True, slots=True)
class User:
    """A member. `color` is the six hex digits Slack gives each one; a bot's is its app's."""

    id: str
    name: str
    real_name: str
    color: str
    is_admin: bool = False
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation. `members` are user ids. A direct message (`is_im`) has the person it is with in `name`.

    `is_read_only`: only admins may post.
    """

    id: str
    name: str
    members: frozenset[str]
    topic: str = ""
    is_im: bool = False
    is_private: bool = False
    is_archived: bool = False
    is_read_only: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command as the app registered it: what the composer completes.

    `after`: what must have been typed before it is offered, e.g. `/lab why ` for `/lab why web1`.
    """

    name: str
    description: str
    usage_hint: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """The installed app, as Slack knows it. The tokens are good in this box only."""

    id: str = "A00CARETAKE"
    bot_id: str = "B00CARETAKE"
    user_id: str = "U00CARETAKE"
    name: str = "Caretaker"
    team_id: str = "T000HOMELAB"
    team_name: str = "Homelab"
    team_domain: str = "homelab"
    verification_token: str = "box-verification"  # noqa: S105 -- Slack's own field; not a secret here
    bot_token: str = "xoxb-box-bot"  # noqa: S105 -- good in this box only
    app_token: str = "xapp-box-app"  # noqa: S105 -- good in this box only


APP = App()
ALEX = User("U0000000ALEX", "alex", "Alex", "e96699", is_admin=True)
ROBIN = User("U000000ROBIN", "robin", "Robin", "3c989f")
SAM = User("U00000000SAM", "sam", "Sam", "9f69e7")
BOT = User(APP.user_id, "caretaker", APP.name, "4bbe2e", is_bot=True)
SLACKBOT = User("USLACKBOT", "slackbot", "Slackbot", "757575", is_bot=True)
USERS = (ALEX, ROBIN, SAM, BOT, SLACKBOT)

_EVERYBODY = frozenset({ALEX.id, ROBIN.id, SAM.id})
HOMELAB = Channel("C0000HOMELAB", "homelab", _EVERYBODY | {BOT.id}, "What the lab is up to")
FAMILY = Channel("C00000FAMILY", "family", _EVERYBODY, "The bot is not in here")
CHANNELS = (HOMELAB, FAMILY)

COMMANDS = (Command("/lab", "Ask about the lab, or act on it", "status | incidents | ack 7 | help"),)
EVENTS = frozenset({"app_mention", "app_home_opened", "message.channels", "message.im"})
"""The event subscriptions of the app: what a person does beyond these never reaches it."""
