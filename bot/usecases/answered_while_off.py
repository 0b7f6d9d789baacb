"""Which looks passed while their guest was off: kept, or a restart of the bot would take them for proof."""

from collections.abc import Mapping
from datetime import datetime

from bot.core.health import Fingerprint
from bot.store import Store


def keep(store: Store, now: datetime, known: Mapping[Fingerprint, str]) -> None:
    """Write at which address these passed."""
    store.answered_while_off.keep(known, now)


def known(store: Store, _now: datetime) -> Mapping[Fingerprint, str]:
    """All that is known, and at which address that was."""
    return store.answered_while_off.all()
