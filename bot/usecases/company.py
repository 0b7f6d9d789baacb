"""That another program is connected to Slack as the same app: most likely a second Caretaker, on a copy."""

import logging
from datetime import datetime

from bot.core.incident import Tell
from bot.store import Store
from bot.store.outbox import Parcel

log = logging.getLogger(__name__)

SUBJECT = "company"
WHAT = "Slack says that another program is connected as this app, most likely a second Caretaker"


def company_changed(store: Store, now: datetime, there: bool) -> None:  # noqa: FBT001  the line passes it on
    """Say in the log that it is there; once in the channel and the journal; for `health`, since when."""
    before = since(store)
    store.told.keep(SUBJECT, [before or now.isoformat()] if there else [], now)
    if there:
        log.error("%s: stop one of them", WHAT)
    if there and not before:
        store.alive.write(f"{WHAT}.", now)
        why = "Then both of us post each incident, and what you press or type reaches only one."
        mend = "Stop one of us, or give it an app of its own."
        store.outbox.add(Parcel(SUBJECT, Tell.LINE, text=f"⚠️ {WHAT}. {why} {mend}"), now, now)
    if before and not there:
        store.alive.write("Slack says that no other program is connected as this app now.", now)


def since(store: Store) -> str:
    """Since when it is there, in ISO 8601; empty where it is not."""
    return next(iter(store.told.last(SUBJECT)), "")
