"""What the bot's database knows of machines that ran before an incident, for who looks once."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from bot.config import Config
from bot.core.health import STATE, Health, Observation, TargetId
from bot.store import Store, StoreFailed
from bot.usecases import left_off


def ran_before(config: Config) -> tuple[Mapping[TargetId, str], str]:
    """The machines that have not come back since, in words; and why that can't be told, empty where it can."""
    if not config.database.exists():
        return {}, ""  # the bot has never run here
    try:
        with closing(Store(config.database, read_only=True)) as store, store.transaction():
            return left_off.ran_before(store, config.zone), ""
    except StoreFailed as why:
        return {}, why.reason


def off_since(seen: Observation, ran: Mapping[TargetId, str]) -> Observation:
    """What is off or paused as it may be is not, if it ran before an incident and nobody has said that it may."""
    rests = seen.running is False or seen.paused
    if seen.fingerprint.check != STATE or not rests or seen.target not in ran:
        return seen
    return replace(seen, health=Health.FAIL, why=ran[seen.target])
