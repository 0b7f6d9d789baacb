"""`health`: whether the bot lives, asked from outside it. It imports little, because a supervisor asks often."""

import argparse
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, tzinfo

from bot.config import load
from bot.store import Store, StoreFailed
from bot.terminal import UserMistake
from bot.terminal.life import is_used_deleted, life_of, moment
from bot.usecases import company
from bot.vocabulary import probe_params

_HOW = {
    "partial": "only a part of its services took a message",
    "timeout": "a message was not answered in time and may have arrived",
    "doubt": "a message may have arrived",
}


def health(options: argparse.Namespace) -> int:
    """0 if the bot's last sign of life is fresh."""
    config = load(options.config, probes=probe_params())
    if is_used_deleted(config.database):
        print(f"alive, but the files of its database ({config.database}) were deleted or replaced under it.")
        print("It soon writes them anew, or says in Slack why it can't; what they hold would end with it")
        return 1
    if not config.database.exists():
        raise UserMistake(f"not alive: it has never run here ({config.database} is not there)")
    try:
        with closing(Store(config.database, read_only=True)) as store, store.transaction():
            life = life_of(config, store, datetime.now(UTC))
            elsewhere = list(_elsewhere(store, config.zone)) if life.writes else []
    except StoreFailed as why:
        raise UserMistake(str(why)) from why
    print("\n".join([life.words, *elsewhere]))
    return 0 if life.well else 1


def _elsewhere(store: Store, zone: tzinfo) -> Iterator[str]:
    """Who else is connected as it, and what became of heartbeat and second channel. It is alive all the same."""
    if since := company.since(store):
        yield f"not alone? {company.WHAT}, since {moment(datetime.fromisoformat(since), zone)}. Stop one of them"
    if pinged := store.heartbeat.last():
        taken = f"last taken {moment(pinged.taken_at, zone)}" if pinged.taken_at else "never taken"
        failing = ", saying that a critical incident is open" if pinged.failing else ""
        yield f"heartbeat: {taken}{failing}{f'; since then not: {pinged.why}' if pinged.why else ''}"
    sent, doubtful = store.second_channel.last("sent"), store.second_channel.last("partial", "timeout", "doubt")
    if sent:
        yield f"second channel: last sent {moment(sent.at, zone)}"
    if doubtful and (sent is None or doubtful.at > sent.at):
        how = f"{_HOW[doubtful.state]}, {moment(doubtful.at, zone)}"
        yield f"second channel: {how}; not sent again: {doubtful.why}"
    if why := store.second_channel.failing():
        yield f"second channel: not sent yet, and tried again: {why}"
