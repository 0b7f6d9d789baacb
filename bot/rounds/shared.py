"""What the rounds of all hypervisors know together: where each guest is, whose it is, and which hosts are one."""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.guest import GuestState
from bot.core.health import Fingerprint, Health, Observation, Target, TargetId, guest_id, name_of, uuid_of
from bot.core.one_machine import Answer, doubles
from bot.core.placements import Placements
from bot.hypervisor import CannotWatch, Hypervisor, HypervisorUnreachable, watched_twice
from bot.hypervisor.identity import Identity
from bot.monitoring.last_seen import LastSeen
from bot.monitoring.placement import PLACEMENT, Whereabouts


@dataclass(eq=False)
class Shared:
    """One for all. `known`: every target, as it was last written down. `attach` is called when that changes.

    `release`: by host, what lets go of guests that live elsewhere now. `doubles`: the hosts that seem to be one
    machine with an earlier one, and which; their guests are that one's. `twice`: the guests that are believed to
    run on two hosts, see `note_twice`. `misled`: the host at which one's hypervisor is asked by lab.yaml, "" for
    its own. `answered` is called with a host whose hypervisor has told its guests. `alone`: where each guest was
    last seen to run, and nowhere else. `last_seen`: how each was, wherever it lives.
    """

    known: dict[TargetId, Target]
    attach: Callable[[], None]
    last_seen: LastSeen
    misled: Callable[[str], str] = lambda _host: ""
    answered: Callable[[str], None] = lambda _host: None
    release: dict[str, Callable[[Set[TargetId]], None]] = field(default_factory=dict)
    places: Placements = field(default_factory=Placements)
    doubles: dict[str, str] = field(default_factory=dict)
    twice: set[TargetId] = field(default_factory=set)
    alone: dict[TargetId, str] = field(default_factory=dict)
    _answers: dict[str, Answer] = field(default_factory=dict)
    _identities: dict[str, Identity] = field(default_factory=dict)
    _two: set[frozenset[str]] = field(default_factory=set)  # what seemed to be one, and is not

    async def double(self, hypervisor: Hypervisor, states: Mapping[str, GuestState]) -> CannotWatch | None:
        """Whether a hypervisor, which has told these states, is watched as another host already, and why so."""
        name = hypervisor.name
        if len(self.release) > 1:
            with suppress(HypervisorUnreachable):  # what was known of it stays so
                self._identities[name] = hypervisor.identity
                self._answers[name] = Answer(hypervisor.uri, await hypervisor.identity(), states.keys())
                await self._find_doubles(name)
        return watched_twice(self.doubles[name], name) if name in self.doubles else None

    def instead(self, host: str) -> str:
        """The host that is asked in place of this one, by a mistake in lab.yaml; empty for none."""
        return self.doubles.get(host) or self.misled(host)

    async def _find_doubles(self, answered: str) -> None:
        """A hypervisor has said which it is. One that is the same as another has no guests of its own.

        That is a guess, which has to stand before it is believed, and whenever the double is looked at.
        """
        stood = set()
        for double, first in self._guess().items():
            if double == answered or self.doubles.get(double) != first:
                with suppress(HypervisorUnreachable):
                    if await self._identities[first].is_not(self._identities[double]):
                        self._two.add(frozenset({double, first}))
                    else:
                        stood.add((double, first))
        stood |= self.doubles.items()
        self.doubles = {double: first for double, first in self._guess().items() if (double, first) in stood}
        self.places = self.places.doubled(self.doubles.keys())

    def _guess(self) -> dict[str, str]:
        answers = {one: self._answers[one] for one in self.release if one in self._answers}
        return doubles(answers, self.doubles, self._two)

    def cut_off(self, host: str) -> None:
        """A connection was lost: who knows what becomes of the guests there, and what answers next."""
        self.last_seen.lost(host)
        self._two = {pair for pair in self._two if host not in pair}

    def heard(self, host: str, states: Mapping[str, GuestState]) -> None:
        """A hypervisor has told the states of all its guests."""
        self.answered(host)
        self.places = self.places.heard(host, states)
        if self.release.keys() <= self.places.told.keys() - self.places.away:
            here = (guest_id(uuid) for uuid in states if self.places.running_on(uuid) == (host,))
            self.alone |= dict.fromkeys(here, host)

    def lost(self, host: str) -> None:
        """A hypervisor can't be asked."""
        self.places = self.places.lost(host)

    def after(self, seen: Observation, host: str) -> Observation:
        """A word of `host` on a guest's power, held against how that was, wherever it lived."""
        nowhere = self.places.arrived_nowhere(uuid_of(seen.target), self.release.keys())
        return self.last_seen.after(seen, host, arrived_nowhere=nowhere)

    def whereabouts(self, fails: Callable[[Fingerprint], bool], now: datetime, patience: timedelta) -> Whereabouts:
        """Where guests are, by all that was told."""
        hosts, moved = frozenset(self.release), self.last_seen.moved
        return Whereabouts(self.places, hosts, fails, now, patience, self.twice, self.alone, moved)

    def note_twice(self, guests: Iterable[TargetId], believed: Callable[[Fingerprint], Health]) -> None:
        """Which of `guests` run twice, from when that is believed until they are believed not to."""
        health = {guest: believed(Fingerprint(PLACEMENT, guest)) for guest in guests}
        self.twice |= {guest for guest, known in health.items() if known is Health.FAIL}
        self.twice -= {guest for guest, known in health.items() if known is Health.OK}

    def host_of(self, guest: TargetId) -> str | None:
        """The host that a guest lives on; None where that is not known, or nothing looks at that host."""
        target = self.known.get(guest)
        host = name_of(target.runs_on) if target and target.runs_on else None
        return host if host in self.release else None

    def lives_on(self, uuid: str, host: str) -> bool:
        """Whether a guest lives on a host that has it, by all that was told."""
        return self.places.home_of(uuid, self.host_of(guest_id(uuid)) or host) == host

    def is_home(self, guest: TargetId, host: str) -> bool:
        """Whether it does, as far as all hosts tell that can be asked."""
        told = self.places.told.keys() | self.places.away
        return self.release.keys() <= told and self.lives_on(uuid_of(guest), host)

    def forget(self, gone: Collection[TargetId]) -> None:
        """These are no longer watched."""
        for guest in gone:
            self.known.pop(guest, None)
            self.alone.pop(guest, None)
        self.last_seen.forget(gone)

    def unplaced(self, guests: Iterable[TargetId]) -> list[TargetId]:
        """Those that no host has any more, as far as was ever told."""
        return [guest for guest in guests if not self.places.hosts_of(uuid_of(guest))]

    def left(self, guests: Iterable[TargetId]) -> None:
        """These live no longer where they did. What no host has any more comes back as new, if it does."""
        self.forget(self.unplaced(guests))

    def live_on(self, here: str, guests: Mapping[TargetId, Target]) -> None:
        """These guests live on one host, and so on no other."""
        for host, release in self.release.items():
            if host != here:
                release(guests.keys())
        self.known.update(guests)
        self.attach()
