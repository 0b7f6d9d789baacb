"""A process that delivers what waits in a database: DATABASE API_URL. Tests end it at chosen moments.

In a database that is new it finds one card to deliver.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.outbox import Courier
from bot.slack import Slack
from bot.store import Store
from bot.store.outbox import Parcel
from bot.store.writer import Writer
from bot.views import Card

SUBJECT = "incident:1"


def now() -> datetime:
    return datetime.now(UTC)


def put_in(store: Store, now: datetime) -> None:
    if store.outbox.is_new(SUBJECT):
        store.outbox.add(Parcel(SUBJECT, "card"), now, now)


async def deliver(database: Path, api_url: str) -> None:
    writer = Writer(now)
    await writer.open(database)
    await writer.do(put_in)
    async with Slack(bot_token="xoxb-box-bot", app_token="xapp-box-app", api_url=api_url) as slack:
        await Courier(writer, slack, "homelab", lambda *_: Card("web1 is down"), now).run()


if __name__ == "__main__":
    asyncio.run(deliver(Path(sys.argv[1]), sys.argv[2]))
