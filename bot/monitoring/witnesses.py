"""Asks the bot's witnesses: its own links and routes, its gateways, the resolver. It believes nothing.

Each look has its own deadline and needs no root; nothing is sent but to the gateway, and to what lab.yaml names as
further witnesses. What can't be asked is UNKNOWN: systems other than Linux, a gateway that never answered at all.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.health import Health
from bot.core.incidents.visibility import LOCAL, Finding, Path, Witness
from bot.monitoring.moved import MovedNames
from bot.monitoring.netlink import Link, Netlink, NoRoute, Route
from bot.monitoring.pings import burst, ping
from bot.names import CannotLookUp, Names

log = logging.getLogger(__name__)

FAR_AWAY = ("1.1.1.1", "2606:4700:4700::1111")
"""Addresses beyond any gateway, to ask the kernel for the way there. Nothing is sent to them."""

PATIENCE = timedelta(seconds=1)  # for a gateway, by each of the ways to ask it
NAME_PATIENCE = timedelta(seconds=3)
FRESH = 5.0  # seconds; a neighbour confirmed so lately is there

_PINGS, _PORT, _LINK = "pings", "at a port", "on its link"
_DOORS = (53, 80, 443)  # where a gateway accepts or refuses: either is an answer
_REFUSED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET})


class Witnesses:
    """Looks. Used from one loop, in whose network it was made. `now`: the clock; `moved`: names that moved."""

    def __init__(self, now: Callable[[], datetime], names: Names, moved: MovedNames | None = None) -> None:
        self.now = now
        self._names, self._moved = names, moved
        self._kernel: Netlink | None = None
        self._routes: dict[str, Path] = {}  # by address: the last way there that was known
        self._lost: dict[str, str] = {}  # the addresses to which there is none any more, and why
        self._answered: dict[str, str] = {}  # by address: the interface over which it answered last
        self._ways: dict[str, str] = {}  # of each gateway that ever answered, how it did last
        try:
            self._kernel = Netlink()
        except OSError as why:
            log.info("cannot ask for links and routes: because %s", why)

    def close(self) -> None:
        """Ask no more."""
        if self._kernel is not None:
            self._kernel.close()

    def changes(self) -> socket.socket | None:
        """A socket that can be read whenever links or routes change; None where nobody tells."""
        return self._kernel.changes() if self._kernel else None

    def path(self, where: str) -> Path:
        """How a name or address is reached now, or was when that was last known."""
        address = self._names.last_known(where)
        name = None if address == where else where
        if address is None or self._kernel is None:
            return Path(address=address, name=name)
        try:
            route = self._kernel.route(address)
        except (NoRoute, OSError) as why:
            if address in self._routes:
                self._lost[address] = str(why)
            return self._routes.get(address) or Path(address=address, name=name)
        self._lost.pop(address, None)
        found = self._routes[address] = self._path(route, address, name)
        return found

    def _path(self, route: Route, address: str, name: str | None) -> Path:
        if route.local:
            return LOCAL
        return Path(address=address, name=name, link=self._name_of(route.link), gateway=route.gateway)

    def _name_of(self, index: int) -> str | None:
        with suppress(OSError):
            return socket.if_indextoname(index)
        return None

    def gateways(self) -> Sequence[tuple[str, str]]:
        """The gateways through which this machine reaches what is far away, each with its interface."""
        found = (self.path(address) for address in FAR_AWAY)
        return [(path.gateway, path.link) for path in found if path.gateway and path.link]

    def links(self) -> Sequence[Finding]:
        """What each interface says of itself, the loopback left out."""
        if self._kernel is None:
            return ()
        try:
            links = self._kernel.links()
        except OSError as why:
            return [self._finding(Witness.LINK, Health.UNKNOWN, f"cannot ask for links: because {why}")]
        return [self._of_link(link) for link in links.values() if not link.loopback]

    def _of_link(self, link: Link) -> Finding:
        words = f"{link.name} is up"
        if not link.up:
            words = f"{link.name} has no carrier" if link.switched_on else f"{link.name} is switched off"
        health = Health.OK if link.up else Health.FAIL
        return self._finding(Witness.LINK, health, words, link.name)

    def no_such_name(self, name: str) -> str | None:
        """That there is none of that name, in the resolver's words, if that was found when it was tried last."""
        trouble = self._names.failing.get(name)
        return trouble.why if trouble is not None and trouble.no_such_name else None

    def is_found(self, name: str) -> bool:
        """Whether a name was looked up with success when it was tried last."""
        return name not in self._names.failing and self._names.last_known(name) is not None

    def unresolved(self, name: str) -> bool:
        """Whether nobody could say, when it was tried last, what address a name has, or that can't be believed."""
        if self._moved is not None and self._moved.doubts(name):
            return True
        trouble = self._names.failing.get(name)
        return trouble is not None and not trouble.no_such_name

    def no_route(self, address: str) -> Finding | None:
        """That there is no way to an address any more where there was one, as found when `path` looked last."""
        why = self._lost.get(address)
        if why is None:
            return None
        return self._finding(
            Witness.ROUTE, Health.FAIL, f"there is no route to {address} any more ({why})", address
        )

    def answered(self, path: Path) -> None:
        """Something answered over that way."""
        if path.address and path.link:
            self._answered[path.address] = path.link

    def link_before(self, path: Path) -> str | None:
        """The interface over which that address answered last, if it is another than now."""
        before = self._answered.get(path.address or "")
        return None if before == path.link else before

    async def name(self, name: str) -> Finding:
        """Whether a name can be looked up, and leads where it did; that there is none of it is an answer."""
        try:
            await self._names.look_up(name, 0, NAME_PATIENCE)
        except CannotLookUp as why:
            health = Health.UNKNOWN if why.trouble.no_such_name else Health.FAIL
            return self._finding(Witness.RESOLVER, health, str(why), name)
        if strayed := self._moved and self._moved.strayed(name):
            return self._finding(Witness.RESOLVER, Health.FAIL, strayed, name)
        return self._finding(Witness.RESOLVER, Health.OK, f"{name} can be looked up", name)

    def ever_answered(self, gateway: str) -> bool:
        """Whether a gateway did, so that its silence says something."""
        return gateway in self._ways

    async def gateway(self, address: str, link: str, via: str | None = None) -> Finding:
        """Whether a gateway answers: a ping, a knock at its doors, the link's own question who has its address.

        `via`: what stands before it, for whatever else lab.yaml names that should answer.
        """
        health, how = await self._answer_of(address, link)
        if health is Health.OK:
            self._ways[address] = how
            words = f"{address} answers {how}"
        elif address not in self._ways:
            health, words = Health.UNKNOWN, f"{address} never answered"
        else:
            words = f"{address} no longer answers" if health is Health.FAIL else f"{address} may answer: {how}"
        return replace(self._finding(Witness.GATEWAY, health, words, address), link=link, via=via)

    async def line(self, address: str, link: str, via: str | None = None) -> Finding:
        """How well a gateway that answers pings is heard, by a burst of them: a second, three on a bad line."""
        found = replace(
            self._finding(Witness.LINE, Health.UNKNOWN, "nobody can tell", address), link=link, via=via
        )
        if self._ways.get(address) != _PINGS:
            return found
        try:
            family, where = _where(address, socket.if_nametoindex(link))
            heard = await burst(family, where)
        except OSError:
            return found
        if not heard.took:
            return found  # that it no longer answers, `gateway` tells
        bad = heard.trouble
        words = f"{address} {bad}" if bad else f"{address} is heard well"
        return replace(found, health=Health.FAIL if bad else Health.OK, why=words, at=self.now())

    async def _answer_of(self, address: str, link: str) -> tuple[Health, str]:
        """Whether it answers, and how. What it answered to before is tried first."""
        try:
            index = socket.if_nametoindex(link)
        except OSError:
            return Health.FAIL, ""
        family, where = _where(address, index)
        pings_first = self._ways.get(address, _PINGS) == _PINGS
        if pings_first and await ping(family, where, PATIENCE):
            return Health.OK, _PINGS
        if await _knock(family, where):
            return Health.OK, _PORT
        if not pings_first and await ping(family, where, PATIENCE):
            return Health.OK, _PINGS
        if self._ways.get(address, _LINK) != _LINK:
            return Health.FAIL, ""  # what the kernel knows of it may be half a minute old
        return self._as_neighbour(address, index)

    def _as_neighbour(self, address: str, link: int) -> tuple[Health, str]:
        """Whether it answered the kernel, which the knocks just now made ask for it; that takes it a while."""
        with suppress(OSError):
            found = self._kernel.neighbour(link, address) if self._kernel else None
            if found is not None and found.state not in {"failed", "incomplete"}:
                fresh = found.state == "reachable" and found.confirmed_ago < FRESH
                return (Health.OK, _LINK) if fresh else (Health.UNKNOWN, "the kernel is still asking")
        return Health.FAIL, ""

    def _finding(self, witness: Witness, health: Health, why: str, about: str = "") -> Finding:
        return Finding(witness, health, why, self.now(), about)


def _where(address: str, link: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """An address as sockets take it; one that holds on its link alone says on which."""
    if ":" in address:
        return socket.AF_INET6, (address, 0, 0, link if address.lower().startswith("fe80:") else 0)
    return socket.AF_INET, (address, 0)


async def _knock(family: socket.AddressFamily, where: tuple[Any, ...]) -> bool:
    """Whether it accepts or refuses a connection at one of its usual doors."""

    async def at(door: int) -> bool:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as knocking:
                knocking.setblocking(False)  # noqa: FBT003  it has no name
                await asyncio.get_running_loop().sock_connect(knocking, (where[0], door, *where[2:]))
        except OSError as error:
            return error.errno in _REFUSED
        return True

    knocks = [asyncio.create_task(at(door)) for door in _DOORS]
    try:
        for answer in asyncio.as_completed(knocks, timeout=PATIENCE.total_seconds()):
            if await answer:
                return True
    except TimeoutError:
        return False
    finally:
        for one in knocks:
            one.cancel()
        await asyncio.gather(*knocks, return_exceptions=True)
    return False
