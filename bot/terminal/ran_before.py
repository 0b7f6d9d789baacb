"""What the bot's database knows of machines from before: which ran, and which systems, for who looks once."""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from typing import TypeVar

from bot.config import Config
from bot.core.health import STATE, Health, Observation, TargetId
from bot.core.incidents.console_log import BootRecord
from bot.store import Store, StoreFailed
from bot.usecases import left_off

T = TypeVar("T")


def ran_before(config: Config) -> tuple[Mapping[TargetId, str], str]:
    """The machines that have not come back since, in words; and why that can't be told, empty where it can."""
    try:
        return _read(config, lambda store: left_off.ran_before(store, config.zone), {}), ""
    except StoreFailed as why:
        return {}, why.reason


def boots_before(config: Config) -> Mapping[TargetId, BootRecord]:
    """What is on record of guests' starts; nothing where that can't be read, which `ran_before` tells."""
    with suppress(StoreFailed):
        return _read(config, lambda store: store.boots.all(), {})
    return {}


def _read(config: Config, ask: Callable[[Store], T], nothing: T) -> T:
    if not config.database.exists():
        return nothing  # the bot has never run here
    with closing(Store(config.database, read_only=True)) as store, store.transaction():
        return ask(store)


def off_since(seen: Observation, ran: Mapping[TargetId, str]) -> Observation:
    """What is off or paused as it may be is not, if it ran before an incident and nobody has said that it may."""
    rests = seen.running is False or seen.paused
    if seen.fingerprint.check != STATE or not rests or seen.target not in ran:
        return seen
    return replace(seen, health=Health.FAIL, why=ran[seen.target])
