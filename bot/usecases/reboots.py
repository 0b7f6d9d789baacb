"""What has booted unseen, and whether the power was gone: told once."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.config import Config
from bot.core.health import CheckName, Health
from bot.core.incidents.reboots import Boots, power_was_lost
from bot.incidents import commit, situation
from bot.store import Store

UPS: Final = CheckName("ups")
"""The check that tells whether a UPS is on the mains."""


def look_back(store: Store, now: datetime, config: Config, boots: Boots) -> None:
    """Conclude from what has booted, and write it down. That a host has booted is in the journal already."""
    known = [
        one for one in store.targets.health() if one.fingerprint.check == UPS and one.since <= boots.gap.since
    ]
    boots = replace(boots, fed=frozenset(one.fingerprint.target for one in known if one.health is Health.OK))
    before = situation(store, config, now, None if boots.watched else boots.gap)
    commit(store, before, power_was_lost(before, boots, now), now)
