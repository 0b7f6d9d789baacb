"""The modals, one file each; each declares a MODAL."""

from functools import lru_cache

from handlers.discovery import declared
from handlers.submission import Modal


@lru_cache(maxsize=1)
def modals() -> tuple[Modal, ...]:
    """All there are."""
    return tuple(declared(__name__, "MODAL"))
