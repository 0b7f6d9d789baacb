"""Where machines are, by the names that lab.yaml has for them, also of those that are asked by no name.

And which of these addresses are this machine's own: what answers there is the bot's machine.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final

from bot.config import Config, Guest, Host
from bot.config.places import own_addresses, spelling, where_of
from bot.monitoring.netlink import Netlink, NoRoute
from bot.names import Names, is_address
from bot.scheduler import Scheduler

EVERY: Final = timedelta(minutes=5)
PATIENCE: Final = timedelta(seconds=1)


async def begin(names: Names, config: Config, scheduler: Scheduler) -> None:
    """Learn them now, and again every few minutes."""
    await learn(names, config)
    scheduler.every("names", EVERY, partial(learn, names, config))


async def learn(names: Names, config: Config) -> None:
    """Look the hosts' and guests' own names up, so that two names of one address are known for one place."""
    of_hosts = {where for host in config.hosts.values() for where in own_addresses(host)}
    of_guests = {guest.address for guest in config.guests.values() if guest.checks or guest.address != guest.name}
    wanted = [name for name in of_hosts | of_guests if not is_address(name)]
    await asyncio.gather(*(names.learn(name, PATIENCE) for name in wanted))
    machines: tuple[Host | Guest, ...] = (*config.hosts.values(), *config.guests.values())
    looked_at = {where_of(check, one.address) for one in machines for check in one.checks.values()}
    places = of_hosts | of_guests | looked_at
    names.own = frozenset(_own({*places, *(at for where in places for at in names.known(where))}))


def _own(places: Iterable[str]) -> Iterator[str]:
    """Those that are addresses of this machine; none where its kernel does not tell."""
    with suppress(OSError), Netlink() as kernel:
        for place in filter(is_address, places):
            with suppress(NoRoute, ValueError):
                if kernel.route(spelling(place)).local:
                    yield place
