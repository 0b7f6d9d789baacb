"""Whether the bot lives, seen from outside it, and what keeps it from its work.

A bot that can't write its database can't renew its sign of life there: that it lives is seen by the lock it holds,
and that it is dead, at once, by a lock that nobody holds. What keeps it from writing is asked of the file system;
that it writes to a file which is no longer there, of its process.
"""

import fcntl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from bot.config import Config
from bot.store import Store
from bot.store.alive import Alive
from bot.store.failures import why_unwritable

MISSED = 4  # signs of life that may be missing before a bot that holds its database counts as silent
LATE = 1.5  # how many intervals old the last one may be where it can't be told whether it is held
PATIENCE = timedelta(minutes=2)  # so long a message may wait for Slack before it is worth a word
PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Life:
    """How the bot is. `words`: in a line; `well`: it lives, can write and is heard; `last`: its last sign of life.

    `lives`: it is there; `writes`: what stands in its database is the present; `trouble`: what keeps it from
    writing; `silent`: what keeps it from being heard.
    """

    words: str
    last: Alive | None
    lives: bool
    writes: bool
    trouble: str = ""
    silent: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.lives and self.writes and not self.trouble and not self.silent


def life_of(config: Config, store: Store, now: datetime) -> Life:
    """How the bot of that database is."""
    last, zone = store.alive.last(), config.zone
    quiet, trouble = silent(store, now, zone), why_unwritable(config.database)
    every, held = config.timing.alive_every, _is_held(config.database)
    stale = last is not None and now - last.at > (MISSED if held else LATE) * every
    if last is None or last.stopped_at or held is False or (stale and not held):
        return Life(f"not alive: {_last_seen(last, zone)}", last, lives=False, writes=False)
    if stale:
        why = trouble or "its log says why"
        words = f"alive, but it has written nothing since {moment(last.at, zone)}: {why}"
        return Life(words, last, lives=True, writes=False, trouble=why)
    words = f"alive: seen {(now - last.at).total_seconds():.0f} s ago"
    if trouble:
        words = f"alive, but it cannot write its database: {trouble}"
    elif quiet:
        words = f"alive, but not heard: {quiet}"
    return Life(words, last, lives=True, writes=True, trouble=trouble, silent=quiet)


def moment(at: datetime, zone: tzinfo) -> str:
    """A moment in that zone, with the zone's name."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def is_used_deleted(database: Path) -> bool:
    """Whether a process still uses a database that was deleted at this path."""
    deleted = f"{database.resolve()} (deleted)"
    processes = (one / "fd" for one in PROCESSES.iterdir() if one.name.isdecimal())
    return any(_leads_to(opened, deleted) for process in processes for opened in _listed(process))


def silent(store: Store, now: datetime, zone: tzinfo = UTC) -> str:
    """What keeps the bot from speaking in Slack, in words; empty for nothing that is known."""
    count, error = store.outbox.stuck(now - PATIENCE)
    waiting = f"; {count} messages wait" if count else ""
    since, code, _, mend, *_ = store.told.last("unheard") or [""] * 4
    if since:
        begun = moment(datetime.fromisoformat(since), zone)
        return f"since {begun} Slack refuses ({code}). To change that: {mend}{waiting}"
    return f"{count} messages wait for Slack: {error}" if count else ""


def _is_held(database: Path) -> bool | None:
    """Whether a process, also of another container, holds the database's lock; None where that can't be told.

    A bot that starts in this very instant tries again.
    """
    try:
        with database.with_name(f"{database.name}.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):  # the process has ended, or is somebody else's
        return list(folder.iterdir())
    return []


def _leads_to(link: Path, where: str) -> bool:
    with suppress(OSError):  # it was closed meanwhile
        return str(link.readlink()) == where
    return False


def _last_seen(last: Alive | None, zone: tzinfo) -> str:
    if last is None:
        return "it is starting for the first time"
    return f"{'stopped' if last.stopped_at else 'last seen'} {moment(last.at, zone)}"
