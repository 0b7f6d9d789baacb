"""Looks after the file that the bot writes to: what was deleted under it is written anew, and that is told."""

import logging
from contextlib import suppress
from datetime import datetime

from bot.core.incident import Tell
from bot.sightings import alive
from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel
from bot.store.own_file import Found, replaces_another
from bot.store.writer import Writer

log = logging.getLogger(__name__)


def tell_another(store: Store, now: datetime) -> None:
    """At a start: say in channel and journal if another database was used last, and what was in it is lost."""
    try:
        if not replaces_another(store.path, store.identity()):
            return
    except OSError as why:
        log.warning("cannot tell whether this is the database that was used last: because %s", why)
        return
    what = f"My database ({store.path}) is not the one that I used last."
    store.alive.write(what, now)
    lost = "What I knew is lost: incidents, runs, silences, and which machines are off that should run."
    text = f"⚠️ {what} {lost} If you have a backup of it, stop me, put it in its place, and start me."
    store.outbox.add(Parcel("own database", Tell.LINE, text=text), now, now)


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
