"""A bot with nothing to look at but the time: DATABASE. Tests set its clock.

It has planned something (a delivery, a silence, an incident in its grace), and says at what time, by a clock that
nobody sets, it ran which job; and each half second that it gets to run at all, which is less on a busy machine.
"""

import asyncio
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import Clock
from bot.config import Config, SlackConfig, Timing
from bot.core.health import Kind, TargetId
from bot.core.incident import Incident, IncidentId, Move
from bot.core.mute import Silence
from bot.core.permit import Person
from bot.probes import Parts
from bot.rounds import Rounds
from bot.scheduler import Scheduler
from bot.store import Store
from bot.store.outbox import Parcel
from bot.store.writer import Writer
from bot.watching import Watch

TEN_MINUTES = timedelta(minutes=10)
HALF_A_SECOND = timedelta(seconds=0.5)
JOBS = {"often": HALF_A_SECOND, "again": HALF_A_SECOND, "seldom": timedelta(minutes=30)}


def plan(store: Store, now: datetime) -> None:
    web1, atlas = TargetId("guest:web1"), TargetId("host:atlas")
    store.outbox.add(Parcel("incident:2", "card"), now, now + TEN_MINUTES)
    store.silences.add(Silence(web1, now, now + TEN_MINUTES, "U1", "patching"))
    down = Incident(IncidentId(1), Kind.HOST_DOWN, atlas, "down", now, now)
    store.incidents.save([down.move(Move.RECOVER, now)])


async def ran(name: str) -> None:
    line = f"{name} {time.monotonic()} {time.time()}\n"
    os.write(sys.stdout.fileno(), line.encode())  # at once: it is killed at any moment


async def live(database: Path) -> None:
    config = Config(database, SlackConfig("homelab"), (Person("alex", "U1", ("admin",)),), timing=Timing())
    clock = Clock()
    writer, scheduler = Writer(clock.now), Scheduler(lambda name, why: print("failed", name, why, flush=True))
    await writer.open(database)
    rounds = Rounds(
        config, Watch(config, writer, clock.now), writer, scheduler, Parts(clock.now, {}, lambda *_: None), clock
    )
    await rounds.start()
    await writer.do(plan)
    for name, interval in JOBS.items():
        scheduler.every(name, interval, lambda name=name: ran(name))
    scheduler.start()
    while True:
        await asyncio.sleep(HALF_A_SECOND.total_seconds())
        await ran("tick")


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))
