"""Pings: whether an address answers one, and how well it is heard.

Needs no root where the system lets everyone ping, as most do (net.ipv4.ping_group_range).
"""

import asyncio
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

TRIES = 3
BURST = 20
APART = timedelta(milliseconds=50)
LATE = timedelta(seconds=2)  # an answer that takes longer is lost, as far as a check's deadline goes

LOST = 4
"""Of a burst, from here on the line is bad: a connection, tried three times in five seconds, may fail."""
SLOW = timedelta(seconds=1)
"""From here on the line is bad: SSH's beginning takes several answers, all within five seconds."""

_ECHO = struct.Struct("!BBHHH")
_ECHO_TYPES = {socket.AF_INET: 8, socket.AF_INET6: 128}


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of a burst of pings: how long each answer took, by its number; the others are lost."""

    took: Mapping[int, timedelta]

    @property
    def trouble(self) -> str:
        """What is wrong with the line, in words that follow its address; "" if nothing is."""
        lost = BURST - len(self.took)
        if lost >= LOST:
            return f"does not answer {lost} of {BURST} pings"
        seconds = median(took.total_seconds() for took in self.took.values())
        return f"takes {seconds:.1f} s to answer a ping" if seconds >= SLOW.total_seconds() else ""


async def ping(family: socket.AddressFamily, where: tuple[Any, ...], patience: timedelta) -> bool:
    """Whether it answers one of a few pings. False, too, where this system lets only root ping."""
    try:
        with _pinging(family, where) as pinging:
            for number in range(TRIES):
                await _send(pinging, family, number)
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience.total_seconds() / TRIES):
                        return bool(await asyncio.get_running_loop().sock_recv(pinging, 1024))
    except OSError:
        return False
    return False


async def burst(family: socket.AddressFamily, where: tuple[Any, ...]) -> Burst:
    """Send a burst of pings and wait for their answers. Raises OSError where this system lets only root ping."""
    loop = asyncio.get_running_loop()
    sent: dict[int, float] = {}
    took: dict[int, timedelta] = {}

    async def send() -> None:
        for number in range(BURST):
            sent[number] = loop.time()
            await _send(pinging, family, number)
            await asyncio.sleep(APART.total_seconds())

    async def hear() -> None:
        while len(took) < BURST:
            answer = await loop.sock_recv(pinging, 1024)
            number = _ECHO.unpack_from(answer)[-1]
            if number in sent:
                took.setdefault(number, timedelta(seconds=loop.time() - sent[number]))

    with _pinging(family, where) as pinging, suppress(TimeoutError):
        async with asyncio.timeout((BURST * APART + LATE).total_seconds()), asyncio.TaskGroup() as both:
            both.create_task(send())
            both.create_task(hear())
    return Burst(took)


def _pinging(family: socket.AddressFamily, where: tuple[Any, ...]) -> socket.socket:
    """A socket that pings `where`. Raises OSError."""
    protocol = socket.IPPROTO_ICMP if family is socket.AF_INET else socket.IPPROTO_ICMPV6
    pinging = socket.socket(family, socket.SOCK_DGRAM, protocol)
    try:
        pinging.setblocking(False)  # noqa: FBT003  it has no name
        pinging.connect(where)  # sends nothing, and asyncio's own takes no such protocol
    except OSError:
        pinging.close()
        raise
    return pinging


async def _send(pinging: socket.socket, family: socket.AddressFamily, number: int) -> None:
    echo = _ECHO.pack(_ECHO_TYPES[family], 0, 0, 0, number)
    await asyncio.get_running_loop().sock_sendall(pinging, echo)
