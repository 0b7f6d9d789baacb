"""Long lists, page by page: `limit` says how many at once, `cursor` where the last page ended.

Source: docs.slack.dev/apis/web-api/pagination.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from bot.workspace.api_call import Call
from bot.workspace.limits import Refusal

T = TypeVar("T")

USUAL: Final = 100
MOST_AT_ONCE: Final = 999


def cut(call: Call, found: Sequence[T], name: Callable[[T], str], usual: int = USUAL) -> tuple[list[T], str]:
    """The page asked for, and the cursor of the next ("" when there is none). `name` tells the items apart."""
    limit = call.whole("limit", usual)
    if limit < 1:
        raise Refusal("invalid_limit")
    if cursor := call.text("cursor"):
        first = _decoded(cursor)
        start = next((at for at, item in enumerate(found) if name(item) == first), None)
        if start is None:
            raise Refusal("invalid_cursor")
        found = found[start:]
    page, rest = found[: min(limit, MOST_AT_ONCE)], found[min(limit, MOST_AT_ONCE) :]
    following = base64.b64encode(f"next:{name(rest[0])}".encode()).decode() if rest else ""
    return list(page), following


def _decoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, validate=True).decode().removeprefix("next:")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("invalid_cursor") from None
