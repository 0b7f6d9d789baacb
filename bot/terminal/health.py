"""`health`: whether the bot lives, asked from outside it. It imports little, because a supervisor asks often."""

import argparse
from contextlib import closing
from datetime import UTC, datetime

from bot.config import load
from bot.store import Store, StoreFailed
from bot.store.alive import Alive
from bot.terminal import UserMistake
from bot.vocabulary import probe_params

MISSED = 4  # signs of life that may be missing before the bot counts as dead


def health(options: argparse.Namespace) -> int:
    """0 if the bot's last sign of life is fresh."""
    config = load(options.config, probes=probe_params())
    if not config.database.exists():
        raise UserMistake(f"not alive: it has never run here ({config.database} is not there)")
    try:
        with closing(Store(config.database, read_only=True)) as store, store.transaction():
            last = store.alive.last()
    except StoreFailed as why:
        raise UserMistake(str(why)) from why
    age = datetime.now(UTC) - last.at if last else None
    if last is None or age is None or last.stopped_at or age > MISSED * config.timing.alive_every:
        print(f"not alive: {_last_seen(last)}")
        return 1
    print(f"alive: seen {age.total_seconds():.0f} s ago")
    return 0


def _last_seen(last: Alive | None) -> str:
    if last is None:
        return "it is starting for the first time"
    how = "stopped" if last.stopped_at else "last seen"
    return f"{how} {last.at:%Y-%m-%d %H:%M:%S} UTC"
