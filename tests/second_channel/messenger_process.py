"""A messenger on a database: DATABASE URL MOMENT. It ends itself, as `kill -9` does, at that moment.

The moments are before and after each transaction, counted from 0.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.config import Config, SecondChannel, SlackConfig
from bot.core.permit import Person
from bot.second_channel import Messenger
from bot.second_channel.sender import Sender
from bot.store.writer import Writer


def now() -> datetime:
    return datetime.now(UTC)


class Mortal(Writer):
    """A writer whose process ends at a moment."""

    moment = int(sys.argv[3])

    async def do(self, use_case, *args, **kwargs):
        self._pass()
        result = await super().do(use_case, *args, **kwargs)
        self._pass()
        return result

    def _pass(self) -> None:
        if self.moment == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.moment -= 1


async def send(database: Path, url: str) -> None:
    writer = Mortal(now)
    await writer.open(database)
    config = Config(database, SlackConfig("homelab"), (Person("alex", "U1", ("admin",)),))
    sender = Sender([url], database.parent / "marks", timedelta(seconds=20))
    settings = SecondChannel()
    await Messenger(config, settings, writer, sender, now, gathering=timedelta(milliseconds=10)).run()


if __name__ == "__main__":
    asyncio.run(send(Path(sys.argv[1]), sys.argv[2]))
