"""A lab as the store keeps it: what is seen and done, a transaction each, on a real database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import sightings
from bot.config import Config, Host, Service, SlackConfig, Ups
from bot.core.guest import GuestInfo, GuestState, Power
from bot.core.health import Observation
from bot.core.incident import Incident, IncidentId
from bot.core.incidents.situation import Gap
from bot.core.permit import Person
from bot.core.placements import Placements
from bot.store import Store
from bot.store.outbox import Waiting
from bot.usecases.passing_time import pass_time

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALEX, ROBIN, STRANGER = "U0ALEX", "U0ROBIN", "U0STRANGER"
PEOPLE = (Person("Alex", ALEX, ("admin",), owner=True), Person("Robin", ROBIN, ("hands",)))


def config(**parts) -> Config:
    """A UPS, two hosts on it, one of them with guests, a gateway, and a service behind that."""
    whole = {
        "ups": {"rack": Ups("rack", "127.0.0.1")},
        "hosts": {
            "atlas": Host("atlas", "127.0.0.1", hypervisor="test:///default", powered_by="rack", behind="gate"),
            "vault": Host("vault", "127.0.0.1", powered_by="rack"),
        },
        "services": {"gate": Service("gate", "127.0.0.1"), "web": Service("web", "127.0.0.1", behind="vault")},
        "ephemeral": ("ci-*",),
    }
    return Config(Path("lab.yaml"), SlackConfig("homelab"), PEOPLE, **{**whole, **parts})


def info(name: str, *, autostart: bool = True) -> GuestInfo:
    """A guest as its hypervisor tells of it."""
    return GuestInfo(name, uuid=name, autostart=autostart, persistent=True, has_agent=False)


@dataclass
class KeptLab:
    """A store, a config and a time, and what is done with them."""

    store: Store
    config: Config = field(default_factory=config)
    now: datetime = START
    places: Placements = field(default_factory=Placements)

    def do(self, use_case, *args):
        """A use case, in a transaction of its own."""
        with self.store.transaction() as store:
            return use_case(store, self.now, *args)

    def begin(self) -> sightings.Beginning:
        """The bot starts."""
        return self.do(sightings.begin, self.config)

    def inventory(self, *names: str, host: str = "atlas"):
        """A hypervisor has these guests, and they run."""
        found = [info(name) for name in names]
        states = {one.uuid: GuestState(one.name, Power.RUNNING, uuid=one.uuid) for one in found}
        self.places = self.places.heard(host, states)
        return self.do(sightings.take_inventory, self.config, host, found, self.places)

    def see(self, *seen: Observation, gap: Gap | None = None) -> sightings.Followed:
        """Observations are believed together, just now."""
        return self.do(sightings.believe, self.config, [replace(one, at=self.now) for one in seen], gap)

    def wait(self, time: timedelta) -> sightings.Followed:
        """Time passes, and is seen to."""
        since, self.now = self.now, self.now + time
        return self.do(pass_time, self.config, since)

    def incident(self, number: int = 1) -> Incident:
        """The incident of that number."""
        incident = self.store.incidents.get(IncidentId(number))
        assert incident is not None
        return incident

    def history(self, number: int = 1) -> list[str]:
        """Its history."""
        return [event.text for event in self.store.incidents.history(IncidentId(number))]

    @property
    def outbox(self) -> Sequence[Waiting]:
        """What waits to be told."""
        return self.store.outbox.waiting()

    def deliver(self) -> None:
        """All that waits is told."""
        for waiting in self.outbox:
            self.store.outbox.sent(waiting.id)
