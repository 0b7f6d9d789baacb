"""Files that belong in an incident's thread, e.g. what its guest's screen shows."""

from datetime import datetime

from bot.core.incident import Incident
from bot.core.mentions import deadened
from bot.store import Store
from bot.store.outbox import Parcel
from bot.views.outside import file_name


def attach(store: Store, now: datetime, incident: Incident, name: str, title: str, content: bytes) -> None:
    """A file for an incident's thread, e.g. what its guest's screen shows."""
    subject = f"incident:{incident.id}"
    parcel = Parcel(subject, "file", thread=subject, text=deadened(title), name=file_name(name), content=content)
    store.outbox.add(parcel, now, now)
