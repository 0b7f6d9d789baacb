"""What Slack refuses about messages and views."""

from bot.workspace.records import Json


class Refusal(Exception):
    """Slack says no. `error` is its word for it; `messages` tell what is wrong where, as Slack's do."""

    def __init__(self, error: str, messages: list[str] | None = None, **details: str) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.details = details


def check_message(text: str, blocks: object) -> None:
    """Raise Refusal for what Slack wouldn't show as a message."""
    if not text and not blocks:
        raise Refusal("no_text")


def check_view(view: Json) -> None:
    """Raise Refusal for what Slack wouldn't open as a view."""
    if "type" not in view:
        raise Refusal("invalid_arguments")
