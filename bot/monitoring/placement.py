"""Where guests are, as their hosts tell it: two copies of one, or none any more.

A guest is missing only where every hypervisor was asked after it left: one that can't be may be where it went. If
that lasts, it is told as what it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from bot.core.health import (
    CheckName,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    name_of,
    uuid_of,
)
from bot.core.incidents.member import INVENTORY, WHEREABOUTS
from bot.core.placements import Placements

_END: Final = "Shut it down on one of them"

PLACEMENT = CheckName("placement")
"""The check of whether a guest runs on one host alone."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What hosts have told. `hosts`: all that have a hypervisor. `fails`: whether a check does, or seemed to.

    `patience`: for how long nobody needs to know that it can't be told where a guest went. `were_twice`: who is
    believed to run twice: of a guest that has moved since, no check is known to fail. `alone`: where each was
    last seen to run, and nowhere else. `moved`: those that ran, and of which their host has only what a migration
    left behind.
    """

    places: Placements
    hosts: frozenset[str]
    fails: Callable[[Fingerprint], bool]
    now: datetime
    patience: timedelta = timedelta(0)
    were_twice: Set[TargetId] = frozenset()
    alone: Mapping[TargetId, str] = field(default_factory=lambda: MappingProxyType({}))
    moved: Set[TargetId] = frozenset()

    def twice(self, guests: Iterable[Target]) -> list[Observation]:
        """Guests that run on two hosts at once: two copies of one machine write to the same disks.

        While one migrates, hosts that were asked one after the other may both tell that it runs there. So what is
        not believed yet is over at once when they no longer do; what is believed, when the second copy is off.
        """
        found = []
        for guest in guests:
            uuid, check = uuid_of(guest.id), Fingerprint(PLACEMENT, guest.id)
            hosts, were_twice = self.places.running_on(uuid), guest.id in self.were_twice
            copies = self.places.active_on(uuid) if were_twice else hosts
            if len(hosts) > 1:
                before = self.alone.get(guest.id)
                why = f"it runs on {' and '.join(hosts)} at once: two copies write to the same disks. {_END}"
                why += f"; it ran on {before} alone before" if before in hosts else ""
                found.append(Observation(check, Health.FAIL, self.now, why, Kind.GUEST_TWICE))
            elif (were_twice or self.fails(check)) and self.places.all_told(uuid) and len(copies) <= 1:
                once = f"it runs on {hosts[0]} alone" if hosts else "it runs nowhere"
                found.append(Observation(check, Health.OK, self.now, once, evidence=Evidence.OUTSIDE))
        return found

    def missing(self, guests: Iterable[Target]) -> list[Observation]:
        """Guests that no host has any more, as far as that can be told. What comes and goes may."""
        return [seen for guest in guests for seen in self._missing(guest)]

    def _missing(self, guest: Target) -> Iterator[Observation]:
        hosts = () if guest.id in self.moved else self.places.hosts_of(uuid_of(guest.id))
        inventory, whereabouts = (Fingerprint(check, guest.id) for check in (INVENTORY, WHEREABOUTS))
        if not hosts and not guest.ephemeral:
            if unasked := self.places.unasked(self.hosts):
                if not self.fails(inventory):
                    yield self._unknown(whereabouts, guest, unasked)
            elif self.places.nowhere(uuid_of(guest.id), self.hosts):
                why = "its host no longer knows it"
                yield Observation(inventory, Health.FAIL, self.now, why, Kind.GUEST_MISSING)
        known = f"{hosts[0]} knows it again" if hosts else ""
        if known and self.fails(inventory):
            yield Observation(inventory, Health.OK, self.now, known, evidence=Evidence.OUTSIDE)
        home = name_of(guest.runs_on or guest.id)
        stayed = home in hosts and self.places.home_of(uuid_of(guest.id), home) == home
        if stayed and self.fails(whereabouts):
            # That it is on another host than before is noted as a move, which ends this.
            again = f"{home} knows it again"
            yield Observation(whereabouts, Health.OK, self.now, again, evidence=Evidence.OUTSIDE)

    def _unknown(self, check: Fingerprint, guest: Target, unasked: Iterable[str]) -> Observation:
        """It left its host, and it can't be told where to: that is no failure before it has lasted."""
        left, others = name_of(guest.runs_on or guest.id), " and ".join(unasked)
        why = f"it is no longer on {left}; {others} can't be asked whether it moved there"
        return Observation(
            check, Health.FAIL, self.now, why, Kind.GUEST_MISSING, steady=self.patience, evidence=Evidence.NONE
        )
