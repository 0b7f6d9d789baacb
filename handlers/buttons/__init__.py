"""The buttons and menus of cards, one file each; each declares a BUTTON."""

from functools import lru_cache

from handlers.click import Pressable
from handlers.discovery import declared


@lru_cache(maxsize=1)
def buttons() -> tuple[Pressable, ...]:
    """All there are."""
    return tuple(declared(__name__, "BUTTON"))
