"""Looks after the file that the bot writes to: what was deleted under it is written anew, and that is told.

Also, at a start, that it is another one than before, or an older copy of that.
"""

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

from bot.core.incident import Tell
from bot.core.lengths import clock_time
from bot.sightings import alive
from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel
from bot.store.own_file import Found, Used, last_used, note_used
from bot.store.writer import Writer

log = logging.getLogger(__name__)


NOTE_EVERY = timedelta(minutes=10)
SLACK = timedelta(minutes=1)  # a clock that was set back by less tells of no older copy

_LOST = "incidents, runs, silences, and which machines are off that should run"
_PUT_BACK = "stop me, put it in its place, and start me"


async def know_database(writer: Writer, zone: tzinfo = UTC) -> bool:
    """At a start: miss the database that was used last, if this is another, or an older copy of it.

    Whether it is a copy. Raises StoreFailed.
    """
    older = await writer.do(tell_another, zone)
    await writer.do(note_database)  # once it is sure to be told
    return older


def tell_another(store: Store, now: datetime, zone: tzinfo = UTC) -> bool:
    """Say in the channel, and in the journal, that another database was used last, or this one's later state.

    Whether it was that.
    """
    try:
        last = last_used(store.path)
    except OSError as why:
        log.warning("cannot tell whether this is the database that was used last: because %s", why)
        return False
    alive = store.alive.last()
    older = last.identity == store.identity() and last.at and alive and last.at - alive.at > SLACK
    if last.identity not in {"", store.identity()}:
        what = f"My database ({store.path}) is not the one that I used last."
        text = f"{what} What I knew is lost: {_LOST}. If you have a backup of it, {_PUT_BACK}."
    elif older and last.at and alive:
        ends, used = (clock_time(at, zone, "%Y-%m-%d %H:%M") for at in (alive.at, last.at))
        what = (
            f"My database ({store.path}) is an older copy: it ends at {ends}, and I used it until {used} at least."
        )
        cards = "Cards of incidents and runs that began since then do nothing any more"
        text = f"{what} What I knew since is lost: {_LOST}. {cards}. If you have a later one, {_PUT_BACK}."
    else:
        return False
    store.alive.write(what, now)
    store.outbox.add(Parcel("own database", Tell.LINE, text=f"⚠️ {text}"), now, now)
    return bool(older)


def note_database(store: Store, _now: datetime) -> None:
    """Have the next start know which database was used, and until when at least.

    That is never later than the last sign of life in the database itself: only a copy's can be before it.
    """
    alive = store.alive.last()
    used = Used(store.identity(), alive.at if alive else None)
    try:
        last = last_used(store.path)
        recent = used.at and last.at and timedelta() <= used.at - last.at < NOTE_EVERY
        if last.identity != used.identity or (used.at and not recent):
            note_used(store.path, used)
    except OSError as why:
        log.warning("cannot note which database is used: because %s", why)


async def show_life(writer: Writer) -> None:
    """Write down that the bot lives, in a file that others find. Raises StoreFailed."""
    await look_after_database(writer)
    await writer.do(alive)
    await writer.do(note_database)


async def look_after_database(writer: Writer) -> None:
    """Notice that the database's files were deleted, cut short or replaced; the writer's trouble tells of that."""
    with suppress(StoreFailed):
        if await writer.look_after_file():
            how = "cut short" if writer.befell is Found.CUT else "deleted"
            log.error("the files of the database were %s; all was written anew", how)
            await writer.do(tell_deleted, how)


def tell_deleted(store: Store, now: datetime, how: str) -> None:
    """Say in the channel, and in the journal, that somebody deletes the database's files, or cuts them short."""
    what = f"My database's files ({store.path}) were {how} while I used them."
    store.alive.write(what, now)
    whole = "I had all of it open and have written it anew: nothing is lost."
    text = f"⚠️ {what} {whole} Find out who does that."
    store.outbox.add(Parcel("own database", Tell.LINE, text=text), now, now)
