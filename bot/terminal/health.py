"""`health`: whether the bot lives, asked from outside it. It imports little, because a supervisor asks often.

A bot that can't write its database can't renew its sign of life there: that it lives is seen by the lock it holds,
without touching that. What keeps it from writing is asked of the file system; that it writes to a file which is no
longer there, of its process.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.config import Config, load
from bot.store import Store, StoreFailed
from bot.store.alive import Alive
from bot.terminal import UserMistake
from bot.vocabulary import probe_params

MISSED = 4  # signs of life that may be missing before the bot counts as dead
ROOM = 64 * 1024  # bytes; with less a file system is full for a database
PATIENCE = timedelta(minutes=2)  # so long a message may wait for Slack before it is worth a word
_HOW = {
    "partial": "only a part of its services took a message",
    "timeout": "a message was not answered in time and may have arrived",
    "doubt": "a message may have arrived",
}
LOCKS = Path("/proc/locks")
PROCESSES = Path("/proc")


def health(options: argparse.Namespace) -> int:
    """0 if the bot's last sign of life is fresh."""
    config = load(options.config, probes=probe_params())
    if _is_used_deleted(config.database):
        print(f"alive, but the files of its database ({config.database}) were deleted or replaced under it.")
        print("It soon writes them anew, or says in Slack why it can't; what they hold would end with it")
        return 1
    if not config.database.exists():
        raise UserMistake(f"not alive: it has never run here ({config.database} is not there)")
    try:
        with closing(Store(config.database, read_only=True)) as store, store.transaction():
            last = store.alive.last()
            silent = _silent(store, datetime.now(UTC))
            elsewhere = list(_elsewhere(store))
    except StoreFailed as why:
        raise UserMistake(str(why)) from why
    return _told(config, last, silent, elsewhere)


def _told(config: Config, last: Alive | None, silent: str, elsewhere: Sequence[str]) -> int:
    """Say how it is by its last sign of life, by what keeps it from writing, and by what keeps it `silent`."""
    age = datetime.now(UTC) - last.at if last else None
    trouble = _trouble(config.database)
    if last is None or age is None or last.stopped_at or age > MISSED * config.timing.alive_every:
        if last is None or last.stopped_at or not _is_held(config.database):
            print(f"not alive: {_last_seen(last)}")
        else:
            since = f"{last.at:%Y-%m-%d %H:%M:%S} UTC"
            print(f"alive, but it has written nothing since {since}: {trouble or 'its log says why'}")
        return 1
    if trouble:
        print(f"alive, but it cannot write its database: {trouble}")
        return 1
    how = f"alive, but not heard: {silent}" if silent else f"alive: seen {age.total_seconds():.0f} s ago"
    print("\n".join([how, *elsewhere]))
    return 1 if silent else 0


def _elsewhere(store: Store) -> Iterator[str]:
    """What became of heartbeat and second channel, where there is any. A bot that lives is alive without them."""
    if pinged := store.heartbeat.last():
        taken = f"last taken {_utc(pinged.taken_at)}" if pinged.taken_at else "never taken"
        failing = ", saying that a critical incident is open" if pinged.failing else ""
        yield f"heartbeat: {taken}{failing}{f'; since then not: {pinged.why}' if pinged.why else ''}"
    sent, doubtful = store.second_channel.last("sent"), store.second_channel.last("partial", "timeout", "doubt")
    if sent:
        yield f"second channel: last sent {_utc(sent.at)}"
    if doubtful and (sent is None or doubtful.at > sent.at):
        yield f"second channel: {_HOW[doubtful.state]}, {_utc(doubtful.at)}; not sent again: {doubtful.why}"
    if why := store.second_channel.failing():
        yield f"second channel: not sent yet, and tried again: {why}"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _trouble(database: Path) -> str:
    """What keeps anyone from writing there, in words; empty for nothing that is known."""
    found = os.statvfs(database)
    if found.f_flag & os.ST_RDONLY:
        return f"the file system of {database.parent} is read-only"
    if found.f_bavail * found.f_frsize < ROOM:
        return f"the file system of {database.parent} is full"
    return ""


def _silent(store: Store, now: datetime) -> str:
    """What keeps the bot from speaking in Slack, in words; empty for nothing that is known."""
    count, error = store.outbox.stuck(now - PATIENCE)
    waiting = f"; {count} messages wait" if count else ""
    since, code, _, mend, *_ = store.told.last("unheard") or [""] * 4
    if since:
        begun = datetime.fromisoformat(since)
        return f"since {begun:%Y-%m-%d %H:%M:%S} UTC Slack refuses ({code}). To change that: {mend}{waiting}"
    return f"{count} messages wait for Slack: {error}" if count else ""


def _is_held(database: Path) -> bool:
    """Whether a process holds the database's lock. To try it would be to hold it against a bot that starts."""
    try:
        lock = database.with_name(f"{database.name}.lock").stat().st_ino
        held = LOCKS.read_text().split("\n")
    except OSError:
        return False
    return any(" FLOCK " in line and f":{lock} " in line for line in held)


def _is_used_deleted(database: Path) -> bool:
    """Whether a process still uses a database that was deleted at this path."""
    deleted = f"{database.resolve()} (deleted)"
    processes = (one / "fd" for one in PROCESSES.iterdir() if one.name.isdecimal())
    return any(_leads_to(opened, deleted) for process in processes for opened in _listed(process))


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):  # the process has ended, or is somebody else's
        return list(folder.iterdir())
    return []


def _leads_to(link: Path, where: str) -> bool:
    with suppress(OSError):  # it was closed meanwhile
        return str(link.readlink()) == where
    return False


def _last_seen(last: Alive | None) -> str:
    if last is None:
        return "it is starting for the first time"
    how = "stopped" if last.stopped_at else "last seen"
    return f"{how} {last.at:%Y-%m-%d %H:%M:%S} UTC"
