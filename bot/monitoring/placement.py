"""Where guests are, as their hosts tell it: two copies of one, or none any more.

A guest is missing only where every hypervisor has been asked: one that can't be may be where it went.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, Target, uuid_of
from bot.core.incidents.member import INVENTORY
from bot.core.placements import Placements

PLACEMENT = CheckName("placement")
"""The check of whether a guest runs on one host alone."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What hosts have told. `hosts`: all that have a hypervisor. `fails`: whether a check does, or seemed to."""

    places: Placements
    hosts: frozenset[str]
    fails: Callable[[Fingerprint], bool]
    now: datetime

    def twice(self, guests: Iterable[Target]) -> list[Observation]:
        """Guests that run on two hosts at once: two copies of one machine write to the same disks."""
        found = []
        for guest in guests:
            hosts, check = self.places.running_on(uuid_of(guest.id)), Fingerprint(PLACEMENT, guest.id)
            if len(hosts) > 1:
                why = f"it runs on {' and '.join(hosts)} at once: two copies write to the same disks"
                found.append(Observation(check, Health.FAIL, self.now, why, Kind.GUEST_TWICE))
            elif self.fails(check) and self.places.all_told(uuid_of(guest.id)):
                once = f"it runs on {hosts[0]} alone" if hosts else "it runs nowhere"
                found.append(Observation(check, Health.OK, self.now, once, evidence=Evidence.OUTSIDE))
        return found

    def missing(self, guests: Iterable[Target]) -> list[Observation]:
        """Guests that no host has any more. While a host can't be asked nobody knows; what comes and goes may."""
        found = []
        for guest in guests:
            hosts, check = self.places.hosts_of(uuid_of(guest.id)), Fingerprint(INVENTORY, guest.id)
            if hosts:
                if self.fails(check):
                    again = f"{hosts[0]} knows it again"
                    found.append(Observation(check, Health.OK, self.now, again, evidence=Evidence.OUTSIDE))
            elif not guest.ephemeral and self.everyone_told:
                why = "its host no longer knows it"
                found.append(Observation(check, Health.FAIL, self.now, why, Kind.GUEST_MISSING))
        return found

    @property
    def everyone_told(self) -> bool:
        """Whether every hypervisor has told what it has, and can be asked now."""
        return self.hosts <= self.places.told.keys() and self.places.away.isdisjoint(self.hosts)
