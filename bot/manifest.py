"""The Slack app Caretaker needs, as the manifest one pastes into «Create an app → From a manifest».

It asks for nothing the program does not use; each scope says here what it is for.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "app_mentions:read": "to answer when it is mentioned",
        "channels:history": "to look up whether a doubtful post arrived, instead of posting it twice",
        "channels:read": "to find the channel by its name, and to see whether it was invited there",
        "chat:write": "to post incidents and steps, and to edit them as they go on",
        "commands": "for /lab",
        "files:write": "for console pictures and long output",
        "groups:history": "as channels:history, where the channel is private",
        "groups:read": "as channels:read, where the channel is private",
    }
)
"""What the bot token must be allowed, and why."""

APP_TOKEN_SCOPE = "connections:write"  # noqa: S105
"""What the app-level token (`xapp-…`) must be allowed: to open Socket Mode connections."""

AFTERWARDS = f"""\
Paste this at https://api.slack.com/apps → Create New App → From a manifest. Then:
  1. Install App → Install to Workspace, and copy the Bot User OAuth Token (xoxb-…): SLACK_BOT_TOKEN.
  2. Basic Information → App-Level Tokens → Generate, with the scope {APP_TOKEN_SCOPE}, and copy it (xapp-…):
     SLACK_APP_TOKEN. A manifest cannot create this one.
  3. Invite the bot to its channel: /invite @Caretaker
"""
"""What is left to do by hand, for a person's eyes."""


def manifest() -> dict[str, Any]:
    """The manifest as a value. Source: https://docs.slack.dev/reference/app-manifest."""
    return {
        "display_information": {
            "name": "Caretaker",
            "description": "Watches the homelab while you are away, and walks you through the repair.",
        },
        "features": {
            # The bot writes to people directly when it can't post in its channel; it reads no direct messages.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            # "Always online" would show a green dot beside a bot that died with the power.
            "bot_user": {"display_name": "Caretaker", "always_online": False},
            "slash_commands": [_LAB],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened", "app_mention"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


_LAB = {
    "command": "/lab",
    "description": "Ask the caretaker, or tell it what to do",
    "usage_hint": "status | incidents | ack 7 | silence web1 2h reason | why web1 | help",
    # Escaping would turn a host name with dots into a link before it gets here.
    "should_escape": False,
}


def as_json() -> str:
    """The manifest as text to paste."""
    return json.dumps(manifest(), indent=2, ensure_ascii=False)
