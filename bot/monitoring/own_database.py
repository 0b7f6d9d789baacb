"""Looks after the file that the bot writes to: what was deleted under it is written anew, and that is told."""

import logging
from contextlib import suppress
from datetime import datetime

from bot.core.incident import Tell
from bot.sightings import alive
from bot.store import Store, StoreFailed
from bot.store.outbox import Parcel
from bot.store.writer import Writer

log = logging.getLogger(__name__)


async def show_life(writer: Writer) -> None:
    """Write down that the bot lives, in a file that others find. Raises StoreFailed."""
    await look_after_database(writer)
    await writer.do(alive)


async def look_after_database(writer: Writer) -> None:
    """Notice that the database's files were deleted or replaced; the writer's trouble tells of the latter."""
    with suppress(StoreFailed):
        if await writer.look_after_file():
            log.error("the files of the database were deleted; all was written anew")
            await writer.do(tell_deleted)


def tell_deleted(store: Store, now: datetime) -> None:
    """Say in the channel, and in the journal, that somebody deletes the database's files."""
    what = f"My database's files ({store.path}) were deleted while I used them."
    store.alive.write(what, now)
    whole = "I had all of it open and have written it anew: nothing is lost."
    text = f"⚠️ {what} {whole} Find out who deletes files there."
    store.outbox.add(Parcel("own database", Tell.LINE, text=text), now, now)
