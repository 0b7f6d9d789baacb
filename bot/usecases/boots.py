"""What is written down of guests' starts, and that one is late to come up."""

from collections.abc import Mapping
from datetime import datetime

from bot.core.health import Target, TargetId
from bot.core.incident import Event, EventKind, Tell
from bot.core.incidents.console_log import BootRecord
from bot.store import Store
from bot.store.outbox import Parcel


def keep_boots(store: Store, now: datetime, records: Mapping[TargetId, BootRecord]) -> None:
    """Remember these starts over a restart of the bot."""
    store.boots.keep(records, now)


def tell_late(store: Store, now: datetime, guest: Target, why: str, started: datetime) -> None:
    """Say once for each start that a guest has not come up: where an incident waits for it, or in the channel."""
    subject, keys = f"late {guest.id}", [started.isoformat()]
    if store.told.last(subject) == keys:
        return
    store.told.keep(subject, keys, now)
    text = f"{guest.name} {why.removeprefix('it ')}" if why.startswith("it ") else f"{guest.name}: {why}"
    waiting = [one for one in store.incidents.live() if guest.id in {one.subject, *one.members}]
    for incident in waiting:
        store.incidents.append([Event(incident.id, now, EventKind.NOTE, text)])
        thread = f"incident:{incident.id}"
        store.outbox.add(Parcel(thread, Tell.LINE, thread=thread, text=f"⏳ {text}"), now, now)
    if not waiting:
        store.outbox.add(Parcel(subject, Tell.LINE, text=f"⏳ {text}. I can't tell whether it is well."), now, now)
