"""What is written down of guests' starts."""

from collections.abc import Mapping
from datetime import datetime

from bot.core.health import TargetId
from bot.core.incidents.console_log import BootRecord
from bot.store import Store


def keep_boots(store: Store, now: datetime, records: Mapping[TargetId, BootRecord]) -> None:
    """Remember these starts over a restart of the bot."""
    store.boots.keep(records, now)
