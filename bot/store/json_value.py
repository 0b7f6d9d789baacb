"""How a stored JSON value is read: whole, or not at all. Each carries its version.

- A later version than this program knows is refused: what it means is not known here.
- An earlier one is upgraded by whoever knows the value.
- A field that is not known is left alone: a later release of the same version may have added it. It is lost when
  the value is written anew.
- A field that is missing has its default, if it came later than its version; otherwise the value is refused.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from bot.store.failures import ValueUnreadable

T = TypeVar("T")

Fields = dict[str, Any]


def read_value(what: str, text: str, newest: int, parse: Callable[[Fields], T], *, key: str = "version") -> T:
    """The value of a stored text, as `parse` understands it. Raises ValueUnreadable.

    `what`: such as `incident 7`; `newest`: the latest version that is known; `key`: where the value tells its own.
    """
    try:
        found = json.loads(text)
        version = found.get(key, 1)
        if version <= newest:
            return parse(found)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as why:
        lacks = f"it has no {why}" if isinstance(why, KeyError) else f"it is none that I understand ({why})"
        raise ValueUnreadable(f"cannot read {what}: because {lacks}") from why
    raise ValueUnreadable(
        f"cannot read {what}: because a newer Caretaker has written it (version {version}; I know {newest})"
    )
