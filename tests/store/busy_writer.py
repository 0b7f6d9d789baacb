"""A process that writes use cases to DATABASE as fast as it can, and says each number once it is committed."""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from bot.core.health import Kind, TargetId
from bot.core.incident import Event, EventKind, Incident, IncidentId
from bot.store import Store
from bot.store.outbox import Parcel
from bot.store.writer import Writer


def open_incident(store: Store, now: datetime, number: int) -> None:
    """A use case as they are: an incident, its history, and two parcels."""
    identity, subject = IncidentId(number), f"incident:{number}"
    store.incidents.save([Incident(identity, Kind.GUEST_DOWN, TargetId("guest:web1"), "crashed", now, now)])
    store.incidents.append([Event(identity, now, EventKind.OPENED, "web1 crashed")])
    store.outbox.add(Parcel(subject, "card"), now, now)
    store.outbox.add(Parcel(subject, "line", subject, "web1 crashed"), now, now)


async def write(database: Path) -> None:
    writer = Writer(lambda: datetime.now(UTC))
    await writer.open(database)
    first = await writer.do(lambda store, _: store.incidents.next_id())
    for number in count(first):
        await writer.do(open_incident, number)
        print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1])))
