"""Where guests live. A guest is its UUID; a placement is one host that defines it. A guest lives where it runs.

A definition that was left behind by a migration is a placement too, and starting that one would destroy the disk
that both share. What a host that can't be asked has, stays as it was last told, and is told apart.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot.core.guest import GuestState, Power, Reason
from bot.core.health import TargetId

_ACTIVE = frozenset(set(Power) - {Power.OFF, Power.UNKNOWN})
"""The states in which a host has a process, and so its disks, for a guest."""


def _not_left_behind(guests: Mapping[str, GuestState]) -> set[str]:
    """The guests of which a host has more than what a migration left behind."""
    return {uuid for uuid, one in guests.items() if (one.power, one.reason) != (Power.OFF, Reason.MIGRATED)}


@dataclass(frozen=True, slots=True)
class Placements:
    """What each host last told of its guests: by host, by UUID. `away`: the hosts that can't be asked now.

    `sought`: the guests that left the host that had them, with the hosts that have told since that they have no
    such guest, or only what a migration left behind; until all have. What a host told before proves nothing: a
    guest may have gone there. `doubles`: the hosts whose URI leads to another of them: they have no guests of
    their own, and can't be asked themselves.
    """

    told: Mapping[str, Mapping[str, GuestState]] = field(default_factory=lambda: MappingProxyType({}))
    away: frozenset[str] = frozenset()
    sought: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    doubles: frozenset[str] = frozenset()

    def heard(self, host: str, states: Mapping[str, GuestState]) -> "Placements":
        """These, once `host` has told all it has."""
        told = MappingProxyType({**self.told, host: {} if host in self.doubles else states})
        known = {uuid for guests in told.values() for uuid in _not_left_behind(guests)}
        before = self.told.get(host, {})
        met = told[host].keys() - before.keys()  # of these it can't be told when they left
        left = (self.sought.keys() | _not_left_behind(before) | met) - known
        without = {uuid: self.sought.get(uuid, frozenset()) | {host} for uuid in left}
        sought = {uuid: hosts for uuid, hosts in without.items() if hosts < told.keys()}
        return Placements(told, self.away - {host}, MappingProxyType(sought), self.doubles)

    def lost(self, host: str) -> "Placements":
        """These, once `host` can't be asked any more. One whose guests are another's has none all the same."""
        return self.heard(host, {}) if host in self.doubles else replace(self, away=self.away | {host})

    def doubled(self, doubles: Set[str]) -> "Placements":
        """These, once it is known which hosts are others of them. One that is none after all: as if unheard."""
        told = {host: states for host, states in self.told.items() if host not in self.doubles - doubles}
        places = replace(self, told=MappingProxyType(told), doubles=frozenset(doubles))
        for host in places.doubles - self.doubles:
            places = places.heard(host, {})
        return places

    def hosts_of(self, uuid: str) -> tuple[str, ...]:
        """The hosts that define it, as far as was ever told."""
        return tuple(sorted(host for host, states in self.told.items() if uuid in states))

    def unasked(self, hosts: Set[str]) -> Sequence[str]:
        """Those of `hosts` that have not told yet what they have, or can't be asked now."""
        return sorted((hosts - self.told.keys()) | (hosts & (self.away | self.doubles)))

    def arrived_nowhere(self, uuid: str, hosts: Set[str]) -> bool:
        """Whether all of `hosts` can be asked, have told since it left one, and have but what was left behind."""
        received = any(uuid in _not_left_behind(guests) for guests in self.told.values())
        return not self.unasked(hosts) and uuid not in self.sought and not received

    def nowhere(self, uuid: str, hosts: Set[str]) -> bool:
        """Whether all of `hosts` can be asked, have told what they have since it left one, and none has it."""
        return not self.unasked(hosts) and uuid not in self.sought and not self.hosts_of(uuid)

    def running_on(self, uuid: str) -> tuple[str, ...]:
        """The hosts on which it runs now; those that can't be asked are not among them."""
        return tuple(
            host
            for host in self.hosts_of(uuid)
            if host not in self.away and self.told[host][uuid].power is Power.RUNNING
        )

    def active_on(self, uuid: str) -> tuple[str, ...]:
        """The hosts on which it holds its disks, be it paused, or may do so, as far as was ever told."""
        return tuple(host for host in self.hosts_of(uuid) if self.told[host][uuid].power is not Power.OFF)

    def all_told(self, uuid: str) -> bool:
        """Whether every host that defines it can be asked now."""
        return self.away.isdisjoint(self.hosts_of(uuid))

    def home_of(self, uuid: str, was: str | None) -> str | None:
        """The host it lives on, given where it lived before; None where no host has it any more.

        It stays where it was as long as it is active there, or that host can't be asked (or has told nothing yet)
        and it runs nowhere else: while it migrates both have it, and where it goes to it waits, paused. If its
        host is lost meanwhile, it has not arrived. The definition that it leaves behind is no home while another
        host has it.
        """
        known = self.hosts_of(uuid)
        hosts = [host for host in known if self.told[host][uuid].reason is not Reason.MIGRATED] or known
        active = [host for host in hosts if host not in self.away and self.told[host][uuid].power in _ACTIVE]
        if was in active:
            return was
        if was is not None and (was in self.away or was not in self.told):
            active = [host for host in active if self.told[host][uuid].power is Power.RUNNING]
        if active:
            return active[0]
        if was is not None and (was in hosts or was in self.away or was not in self.told):
            return was
        return hosts[0] if hosts else None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for guests has found: by guest, a host that has it. `unasked`: hosts that can't be asked."""

    hosts: Mapping[TargetId, str] = field(default_factory=lambda: MappingProxyType({}))
    unasked: tuple[str, ...] = ()
