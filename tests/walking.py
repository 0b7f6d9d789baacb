"""Runs for tests: a house with people in it, and incidents to start them for."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot import actions
from bot.config import Config, Runbooks, SlackConfig
from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.permit import Person
from bot.core.run import Run
from bot.core.run_json import run_from_json
from bot.core.runbook import Runbook
from bot.core.written import Knowledge
from bot.markdown import parse
from bot.sightings import believe
from bot.store import Store
from bot.store.outbox import Parcel
from bot.usecases.run_context import House, PinnedTextBroken

ALEX, ROBIN, SAM, STRANGER = "U0ALEX", "U0ROBIN", "U0SAM", "U0STRANGER"
PEOPLE = (
    Person("Alex", ALEX, ("admin",), owner=True),
    Person("Robin", ROBIN, ("hands",)),
    Person("Sam", SAM, ("hands at home",)),
)
WEB1 = TargetId("guest:web1")
KNOWN = Knowledge(tuple(action.verb for action in actions.discover().values()), bot=True)


def house(folder: Path, known: Knowledge = KNOWN) -> House:
    """A house whose runbooks may run on the bot's machine. `known`: what its lab.yaml lets them refer to."""

    def read(name: str, text: str) -> Runbook:
        reading = parse(name, text, known)
        if reading.runbook is None:
            raise PinnedTextBroken(f"cannot read '{name}' as the run has it: because line {reading.problems[0]}")
        return reading.runbook

    config = Config(
        folder / "lab.yaml", SlackConfig("homelab"), PEOPLE, data=folder, runbooks=Runbooks(run_on_bot=True)
    )
    return House(config, read)


async def never() -> int:
    """How often this process was stopped."""
    return 0


def runbook(text: str, name: str = "mend") -> Runbook:
    """The runbook of a text that has no mistake."""
    reading = parse(name, text, KNOWN)
    assert reading.runbook, [str(problem) for problem in reading.problems]
    return reading.runbook


def web1_crashes(store: Store, now: datetime, config: Config) -> None:
    """The next incident."""
    store.targets.keep([Target(WEB1)], now)
    print_ = Fingerprint(CheckName("state"), WEB1)
    believe(store, now, config, [Observation(print_, Health.FAIL, now, "crashed", Kind.GUEST_DOWN)], None)


def stored(store: Store, _now: datetime, run: int = 1) -> Run:
    """A run as it stands in the database."""
    row = store.runs.get(run)
    assert row is not None
    return run_from_json(row.value)


def parcels(store: Store, _now: datetime | None = None) -> list[Parcel]:
    """What waits in the outbox, oldest first, with what is in the files."""
    return [
        replace(waiting.parcel, content=store.outbox.content(waiting.id))
        if waiting.parcel.tell == "file"
        else waiting.parcel
        for waiting in store.outbox.waiting()
    ]


def lines(store: Store, now: datetime | None = None) -> list[str]:
    """The lines that wait in the outbox."""
    return [parcel.text for parcel in parcels(store, now) if parcel.tell == "line"]


def clock() -> datetime:
    return datetime.now(UTC)
