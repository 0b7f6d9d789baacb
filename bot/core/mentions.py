"""What lives in a line: Caretaker's own words mention people and show code, text from outside must not.

Own words say `<@U…>` and put code between backticks. In text from outside that is put into them, a character that
nobody shows stands behind what would begin either.
"""

from typing import Final

BEHIND: Final = "\u2060"


def deadened(text: str) -> str:
    """Text from outside, of which nothing lives when it stands within a line."""
    return text.replace("<@", f"<{BEHIND}@").replace("`", f"`{BEHIND}") if "<@" in text or "`" in text else text


def undeadened(text: str) -> str:
    """The same text as it came."""
    return text.replace(f"<{BEHIND}@", "<@").replace(f"`{BEHIND}", "`") if BEHIND in text else text
