"""What has booted unseen, and whether the power was gone: told once."""

from datetime import datetime

from bot.config import Config
from bot.core.incidents.reboots import Boots, power_was_lost
from bot.incidents import commit, situation
from bot.store import Store


def look_back(store: Store, now: datetime, config: Config, boots: Boots) -> None:
    """Conclude from what has booted, and write it down. That a host has booted is in the journal already."""
    before = situation(store, config, now, None if boots.watched else boots.gap)
    commit(store, before, power_was_lost(before, boots, now), now)
