"""How long the core takes in a lab of 4,000 machines: its use cases, each a transaction on a real database.

A host with its hundred guests is lost and comes back, again and again; between that nothing happens, or one guest
is looked at. What is decided is timed apart from what is written, for the disk is not the bot's. The same in a lab
of one host, in the same run, tells what the size of the lab costs.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import sightings
from bot.config import Config, Host, SlackConfig
from bot.core.guest import GuestInfo, GuestState, Power
from bot.core.health import (
    HYPERVISOR,
    STATE,
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    TargetId,
    TargetKind,
    guest_id,
    target_id,
)
from bot.core.incidents import engine
from bot.core.permit import Person
from bot.core.placements import Placements
from bot.incidents import situation
from bot.store import Store
from bot.usecases.passing_time import pass_time

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
AGENT = CheckName("agent")
GUESTS = 99  # of each host
LONG_AFTER = timedelta(hours=3)
"""So long after an outage that the next one is none of its business."""


class Lab:
    """So many hosts with their guests, in a database of their own; all of them run and are well."""

    def __init__(self, store: Store, hosts: int) -> None:
        self.now = START
        self._store = store
        names = [f"host{number}" for number in range(hosts)]
        self._config = Config(
            Path("lab.yaml"),
            SlackConfig("homelab"),
            (Person("Alex", "U0ALEX", ("admin",), owner=True),),
            hosts={name: Host(name, "127.0.0.1", hypervisor="test:///default") for name in names},
        )
        self.guests = {name: [f"{name}-guest{number}" for number in range(GUESTS)] for name in names}
        self._do(sightings.begin, self._config)
        for host, guests in self.guests.items():
            found = [GuestInfo(one, uuid=one, autostart=True, persistent=True, has_agent=True) for one in guests]
            states = {one.uuid: GuestState(one.name, Power.RUNNING, uuid=one.uuid) for one in found}
            self._do(sightings.take_inventory, self._config, host, found, Placements().heard(host, states))
            self.see(self.host_back(host))

    def _do(self, use_case, *args):
        with self._store.transaction() as store:
            return use_case(store, self.now, *args)

    def see(self, seen: Sequence[Observation]) -> None:
        """These observations are believed together."""
        self._do(sightings.believe, self._config, [replace(one, at=self.now) for one in seen], None)

    def decide(self, seen: Sequence[Observation]) -> None:
        """What follows from these; nothing is written."""
        news = [replace(one, at=self.now) for one in seen]
        self._do(lambda store, now: engine.decide(situation(store, self._config, now), news, now))

    def pass_time(self) -> None:
        """What is done every few seconds."""
        self._do(pass_time, self._config, self.now)

    def host_gone(self, host: str) -> Sequence[Observation]:
        """A host no longer answers, and its guests can't be seen."""
        gone = seen(HYPERVISOR, target_id(TargetKind.HOST, host), Health.FAIL, kind=Kind.HOST_DOWN)
        return [gone, *(seen(STATE, guest_id(one), Health.UNKNOWN) for one in self.guests[host])]

    def host_back(self, host: str) -> Sequence[Observation]:
        """A host answers, and its guests run and answer."""
        guests = [guest_id(one) for one in self.guests[host]]
        states = [seen(STATE, one, Health.OK, running=True, evidence=Evidence.OUTSIDE) for one in guests]
        agents = [seen(AGENT, one, Health.OK, running=True) for one in guests]
        return [seen(HYPERVISOR, target_id(TargetKind.HOST, host), Health.OK), *states, *agents]

    def guest_well(self, host: str) -> Sequence[Observation]:
        """One guest answers, as it did before."""
        return [seen(AGENT, guest_id(self.guests[host][0]), Health.OK, running=True)]


def seen(
    check: CheckName,
    target: TargetId,
    health: Health,
    *,
    kind: Kind | None = None,
    running: bool | None = None,
    evidence: Evidence = Evidence.INSIDE,
) -> Observation:
    """What a check shows; it rests on nothing unless it is well."""
    told = evidence if health is Health.OK else Evidence.NONE
    return Observation(
        Fingerprint(check, target), health, START, str(health), kind, running=running, evidence=told
    )


def large_lab(rounds: int, row: Callable[[str, Sequence[float], str], None]) -> None:
    """Tell by `row` what a transaction costs where 4,000 machines are watched, and what their number adds."""
    small, large = decisions(1, rounds), decisions(40, rounds)
    for what, words, wanted in (
        ("nothing", "4,000 machines: nothing has changed", ""),
        ("one", "... one guest was looked at", ""),
        ("decided", "... a host and its 99 guests lost: decided", "50 ms"),
        ("lost", "... and written", ""),
        ("back", "... and all of them back", ""),
    ):
        row(words, large[what], wanted)
    times = statistics.median(large["lost"]) / statistics.median(small["lost"])
    print(f"{'... that loss, to the same in a lab of 100':<46} {times:>8.1f} x {'':>10}   2 x", flush=True)


def decisions(hosts: int, rounds: int) -> Mapping[str, Sequence[float]]:
    """Seconds that each took: nothing, one guest seen, a host lost (only decided, and written), all of it back."""
    times: dict[str, list[float]] = defaultdict(list)

    def timed(what: str, work, *args) -> None:
        began = time.perf_counter()
        work(*args)
        times[what].append(time.perf_counter() - began)

    with tempfile.TemporaryDirectory(prefix="caretaker-bench-") as folder:
        store = Store(Path(folder) / "caretaker.db")
        lab = Lab(store, hosts)
        for number in range(rounds):
            host = f"host{number % hosts}"
            lab.now += LONG_AFTER
            lab.pass_time()
            assert not store.incidents.live()
            timed("nothing", lab.pass_time)
            timed("one", lab.see, lab.guest_well(host))
            gone, back = lab.host_gone(host), lab.host_back(host)
            timed("decided", lab.decide, gone)
            timed("lost", lab.see, gone)
            lab.now += timedelta(minutes=20)
            timed("back", lab.see, back)
        store.close()
    return times
