"""Looks after the file that the bot writes to: what was deleted under it is written anew, and that is told."""

import logging
from contextlib import suppress
from datetime import datetime

from bot.core.incident import Tell
from bot.sightings import alive
from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel
from bot.store.own_file import Found, last_used, note_used
from bot.store.writer import Writer

log = logging.getLogger(__name__)


async def know_database(writer: Writer) -> None:
    """At a start: miss the database that was used last, if this is another. Raises StoreFailed."""
    await writer.do(tell_another)
    await writer.do(note_database)  # once it is sure to be told


def tell_another(store: Store, now: datetime) -> None:
    """Say in the channel, and in the journal, that another database was used last, if one was."""
    try:
        last = last_used(store.path)
    except OSError as why:
        log.warning("cannot tell whether this is the database that was used last: because %s", why)
        return
    if last in {"", store.identity()}:
        return
    what = f"My database ({store.path}) is not the one that I used last."
    store.alive.write(what, now)
    lost = "What I knew is lost: incidents, runs, silences, and which machines are off that should run."
    text = f"⚠️ {what} {lost} If you have a backup of it, stop me, put it in its place, and start me."
    store.outbox.add(Parcel("own database", Tell.LINE, text=text), now, now)


def note_database(store: Store, _now: datetime) -> None:
    """Have the next start know which database was used."""
    try:
        if last_used(store.path) != store.identity():
            note_used(store.path, store.identity())
    except OSError as why:
        log.warning("cannot note which database is used: because %s", why)


async def show_life(writer: Writer) -> None:
    """Write down that the bot lives, in a file that others find. Raises StoreFailed."""
    await look_after_database(writer)
    await writer.do(alive)


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
