"""Names that lead elsewhere than where their machines were proven last: whoever answers there may be another.

A resolver that is mistaken, a router that has lost its way to the internet and answers every name with itself, a
lease that was given anew: a name that leads elsewhere shows neither that its machine is gone nor that it is back.
What identifies a machine does. A new address is followed by itself where the machine was well when its name moved.
"""

import ipaddress
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.config import Check, Config
from bot.config.built_in import HOST_PROBE
from bot.config.places import own_addresses, port_of, spelling, where_of
from bot.core.facts import PROVEN_AT
from bot.core.health import (
    REFUSAL,
    Evidence,
    Fingerprint,
    Health,
    Observation,
    Target,
    TargetId,
    TargetKind,
)
from bot.names import HERE, Names, is_address
from bot.probes import Watched
from bot.probes.tcp import SSH_PORT
from bot.reach.ssh_answer import Answer

_MACHINES: Final = frozenset({TargetKind.HOST, TargetKind.GUEST})
_MEND: Final = "Correct your DNS, or write its IP address in lab.yaml"


@dataclass(slots=True)
class Move:
    """Where a name leads that its machine was not proven at.

    `since`: when that began, in seconds. `doubted`: it came with a failure, or to a place that is another's.
    `followed`: what answers there counts; `proven`: when that did last. `asks`: somebody answers there, and a
    person has to say who.
    """

    places: frozenset[str]
    since: float
    doubted: bool = False
    followed: bool = False
    proven: float = 0
    asks: bool = False

    def doubt(self, now: float) -> None:
        """It says nothing from now on."""
        self.since, self.doubted, self.followed, self.asks = now, True, False, False


@dataclass(slots=True)
class Around:
    """What is asked about names. `well`: whether a check is believed to find all well, and its last look did.

    `awaits`: whether an incident waits for proof of a target; `routers`: the gateways' own addresses; `renew`:
    looks the names of all machines up.
    """

    well: Callable[[Fingerprint], bool]
    awaits: Callable[[TargetId], bool]
    routers: Callable[[], Iterable[str]]
    renew: Callable[[], Awaitable[None]]


class MovedNames:
    """Knows where each name led when its machine was proven last. `clock`: seconds that only go on."""

    def __init__(
        self, config: Config, names: Names, around: Around, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._config, self._names, self._around, self._clock = config, names, around, clock
        self._homes: dict[str, frozenset[str]] = {}
        self._moves: dict[str, Move] = {}
        self._routers: set[str] = set()  # the names of gateways
        self._grace = config.timing.grace.total_seconds()

    def recall(self, told: Mapping[str, str]) -> None:
        """Go on from the facts that a check has told before the start."""
        where, *places = told.get(PROVEN_AT, "").split() or [""]
        if places:
            self._homes.setdefault(where, frozenset(places))

    def answered(self, host: Target, where: str) -> None:
        """A host's hypervisor answers, maybe over a connection from before its name moved."""
        move = self._move(where)
        if move is None and self._places(where):
            self._homes.setdefault(where, self._places(where))
        elif move and self._lasts(move) and not self._stranger(host, where, move):
            self._settle(where)

    def strayed(self, where: str) -> str:
        """Why silence at a name says nothing of its machine, as that never answered there; "" where it does."""
        move = self._move(where)
        return "" if move is None or move.followed or move.asks else self._leads(where, move)

    def doubts(self, where: str) -> bool:
        """Whether what was seen there last was held to be of another machine, as far as is known."""
        move = self._move(where)
        return move is not None and move.doubted

    async def look(
        self, watched: Watched, check: Check, look: Callable[[], Awaitable[Sequence[Observation]]]
    ) -> Sequence[Observation]:
        """What a look shows of its machine: nothing where its name leads to what may be another."""
        where = where_of(check, watched.address)
        if watched.target.kind not in _MACHINES or is_address(where):
            return await look()
        before, by_key = self._places(where), self._is_by_key(watched.target, check)
        seen = await look()
        if by_key and any(map(_is_identified, seen)):
            if before == self._places(where):
                self._settle(where)
        elif move := self._move(where):
            fingerprint = Fingerprint(watched.check, watched.target.id)
            if doubt := await self._judged(watched.target, fingerprint, where, move, seen):
                return [_doubted(one, doubt) if _says(one) else one for one in seen]
            if not by_key and any(map(_proves, seen)):
                self._follow(where, move)
        elif any(map(_proves, seen)):
            self._homes.setdefault(where, self._places(where))
            if not self._homes[where].isdisjoint(self._gateways()):
                self._routers.add(where)
        return [self._noted(one, where) for one in seen]

    async def _judged(
        self, target: Target, check: Fingerprint, where: str, move: Move, seen: Sequence[Observation]
    ) -> str:
        """Why what was seen where a name has come to lead to says nothing of its machine; "" where it may."""
        if any(map(_says, seen)):
            doubt = await self._doubt(target, check, where, move)
            if doubt or move.followed or not any(map(_refuses, seen)):
                return doubt
        elif move.followed or not (any(one.is_silence for one in seen) or self._stranger(target, where, move)):
            return ""
        if self._around.well(check):  # what failed before the name moved tells nothing of where it leads
            move.doubt(self._clock())
        return f"{self._leads(where, move)}. {_MEND}"

    async def _doubt(self, target: Target, check: Fingerprint, where: str, move: Move) -> str:
        """Why what answers may be another machine; "" where the machine may have gone to where its name leads."""
        if not (why := self._stranger(target, where, move)) and not move.followed:
            await self._around.renew()  # what all names lead to now is found out by the first of them
            why = self._stranger(target, where, move)
        if why:
            move.doubt(self._clock())
            return f"{self._leads(where, move, why)}. {_MEND}"
        if self._move(where) is not move:
            return f"{where} leads elsewhere since a moment ago"
        well = not move.doubted and self._around.well(check)
        if move.followed or well or (self._lasts(move) and not self._around.awaits(target.id)):
            return ""
        move.asks = True
        word = f"If it is there now, say “/lab well {target.name}”; if not, correct your DNS"
        return f"{self._leads(where, move)}, and it failed before it answered there. {word}"

    def _follow(self, where: str, move: Move) -> None:
        """Its machine has answered where its name leads now. That is its place once it has been so for a while."""
        move.followed, move.asks, move.proven = True, False, self._clock()
        if self._lasts(move):
            self._settle(where)

    def _lasts(self, move: Move) -> bool:
        return self._clock() - move.since >= self._grace

    def _stranger(self, target: Target, where: str, move: Move) -> str:
        """Whose place a name has come to lead to, in brackets; "" where it is nobody's that is known."""
        new = move.places - self._homes[where]
        if where not in self._routers and not new.isdisjoint(self._gateways()):
            return " (a gateway's own)"
        if _is_public(new) and not _is_public(self._homes[where]):
            return " (in the internet)"
        others = (name for name, at in self._others(target) if not new.isdisjoint(self._joined(where, at, move)))
        return next((f" (that of {name}, too)" for name in others), "")

    def _gateways(self) -> Collection[str]:
        return set(map(spelling, self._around.routers()))

    def _others(self, target: Target) -> Iterator[tuple[str, str]]:
        """What else lab.yaml has, and where that is."""
        for host in self._config.hosts.values():
            if (target.kind, target.name) != (TargetKind.HOST, host.name):
                yield from ((f"the host {host.name}", at) for at in own_addresses(host))
        for guest in self._config.guests.values():
            known = guest.checks or guest.address != guest.name
            if known and (target.kind, target.name) != (TargetKind.GUEST, guest.name):
                yield f"the guest {guest.name}", guest.address
        for service in self._config.services.values():
            for at in sorted({where_of(check, service.address) for check in service.checks.values()}):
                yield f"the service {service.name}", at

    def _joined(self, where: str, other: str, move: Move) -> Collection[str]:
        """The addresses of another's name; none where both were together before, as behind one router.

        What that was proven at last is still its own, at first: two names may have been exchanged.
        """
        if other == where or not self._homes[where].isdisjoint({spelling(other), *self._homes.get(other, ())}):
            return ()
        trouble, moved = self._names.failing.get(other), self._move(other)
        if trouble is not None and trouble.no_such_name:  # and what it led to has gone to somebody else
            return ()
        left = self._lasts(move) or (moved is not None and moved.followed)
        return {spelling(other), *self._places(other), *(() if left else self._homes.get(other, ()))}

    def _leads(self, where: str, move: Move, whose: str = "") -> str:
        now, before = (" and ".join(sorted(places)) for places in (move.places, self._homes[where]))
        return f"{where} leads to another address than before: {now}{whose}, not {before}"

    def _move(self, where: str) -> Move | None:
        """The move of a name that leads elsewhere than before; None where it does not, or nobody knows."""
        home, places = self._homes.get(where), self._places(where)
        known = self._moves.get(where)
        if not home or not places or _meet(home, places):
            also = known is not None and known.followed  # a name may lead to each in turn
            if known is not None and not (also and self._clock() - known.proven < self._grace):
                del self._moves[where]
            return None
        if known is None or known.places != places:
            doubted = known is not None and known.doubted
            known = self._moves[where] = Move(places, self._clock(), doubted)
        return known

    def _settle(self, where: str) -> None:
        """Its machine is where its name leads now."""
        self._homes[where] = self._places(where) or self._homes.get(where, frozenset())
        self._moves.pop(where, None)

    def _places(self, where: str) -> frozenset[str]:
        return frozenset(map(spelling, self._names.known(where))) - {HERE}

    def _is_by_key(self, target: Target, check: Check) -> bool:
        """Whether what answers shows the machine's own host key, or proves nothing."""
        host = self._config.hosts.get(target.name) if target.kind is TargetKind.HOST else None
        ports = {SSH_PORT, host.ssh.port if host and host.ssh else SSH_PORT}
        port = port_of(host, check) if host else getattr(check.params, "port", None)
        return check.probe in {HOST_PROBE, "ssh"} or port in ports

    def _noted(self, seen: Observation, where: str) -> Observation:
        """The same with where its machine was proven, which is remembered over a restart."""
        home, move = self._homes.get(where), self._move(where)
        if not home or not _proves(seen):
            return seen
        home |= move.places if move and move.followed else frozenset()
        return replace(seen, facts={**seen.facts, PROVEN_AT: " ".join([where, *sorted(home)])})


def _proves(seen: Observation) -> bool:
    return seen.health is Health.OK and seen.evidence is Evidence.INSIDE


def _is_identified(seen: Observation) -> bool:
    """Whether the machine has shown its own key: one whose key nobody knows is only seen from outside."""
    return seen.health is Health.OK and seen.evidence is not Evidence.OUTSIDE


def _refuses(seen: Observation) -> bool:
    return seen.health is Health.FAIL and (seen.is_there or seen.facts.get(REFUSAL) == Answer.REFUSED)


def _says(seen: Observation) -> bool:
    """Whether somebody has answered."""
    return seen.health is not Health.UNKNOWN and (not seen.is_silence or seen.is_there)


def _doubted(seen: Observation, doubt: str) -> Observation:
    why = f"{seen.why}; but {doubt}"
    return replace(seen, health=Health.UNKNOWN, why=why, kind=None, evidence=Evidence.NONE, facts={})


def _meet(before: Collection[str], now: Collection[str]) -> bool:
    """Whether a name still leads where it did. IPv6 addresses come and go: where it has both, IPv4's tell."""
    by_four = _of_ipv4(before), _of_ipv4(now)
    one, other = by_four if all(by_four) else (set(before), set(now))
    return not one.isdisjoint(other)


def _of_ipv4(places: Iterable[str]) -> set[str]:
    return {place for place in places if ":" not in place}


def _is_public(places: Iterable[str]) -> bool:
    """Whether one is an address of the internet, as far as its kind tells: most of IPv6's are."""
    return any(ipaddress.ip_address(place).is_global for place in _of_ipv4(places))
