"""Whether something accepts connections on a TCP port. It sends nothing and reads nothing."""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.health import Fingerprint, Health, Kind, Observation, TargetKind
from bot.names import Address, CannotLookUp
from bot.probes import Parts, ProbeType, Watched

_OURS = {
    *(errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT),  # no way there from here
    *(errno.EPERM, errno.EACCES, errno.EINVAL),  # its own firewall, a route that prohibits, one that swallows
    *(errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM),  # it has run out of something
}
"""What keeps this machine from looking at all: it says nothing of the target.

EHOSTUNREACH is not in it: nobody answers for the target's address there, or a router says so. Nor is ETIMEDOUT,
the system's own word for silence.
"""

_MOST_ADDRESSES = 8  # of one name, tried at once


class Means(StrEnum):
    """What it means that nobody answers."""

    HOST_DOWN = "host-down"
    SERVICE_DOWN = "service-down"


@dataclass(frozen=True, slots=True)
class Params:
    """The keys of a `tcp` check in lab.yaml."""

    port: int = field(metadata={"help": "The port to connect to.", "least": 1, "most": 65535})
    address: str = field(default="", metadata={"help": "Instead of the target's own address."})
    timeout: timedelta = field(
        default=timedelta(seconds=3), metadata={"help": "How long to wait for an answer.", "least": timedelta(0)}
    )
    means: Means | None = field(
        default=None,
        metadata={"help": "host-down or service-down; by default host-down for a host, service-down otherwise."},
    )


class TcpProbe:
    """Connects, and lets go at once."""

    def __init__(self, watched: Watched, params: Params, parts: Parts) -> None:
        self._fingerprint = Fingerprint(watched.check, watched.target.id)
        self._where = (params.address or watched.address, params.port)
        self._timeout = params.timeout
        self._names = parts.names
        self._now = parts.now
        host = watched.target.kind is TargetKind.HOST
        means = params.means or (Means.HOST_DOWN if host else Means.SERVICE_DOWN)
        self._kind = Kind(means)

    async def look(self) -> Sequence[Observation]:
        """One connection. Refused or silent is FAIL; UNKNOWN where this machine can't look, or find the name."""
        host, port = self._where
        try:
            found = await self._names.look_up(host, port, self._timeout)
            async with asyncio.timeout(self._timeout.total_seconds()):
                errors = await _connect(found[:_MOST_ADDRESSES])
        except CannotLookUp as why:
            return [self._saw(Health.UNKNOWN, str(why))]
        except TimeoutError:
            seconds = self._timeout.total_seconds()
            return [self._saw(Health.FAIL, f"no answer from {host}:{port} within {seconds:g} s")]
        if errors:
            health, why_not = _judge(errors)
            return [self._saw(health, f"cannot connect to {host}:{port}: because {why_not}")]
        return [self._saw(Health.OK, f"{host}:{port} answers")]

    def _saw(self, health: Health, why: str) -> Observation:
        kind = self._kind if health is Health.FAIL else None
        return Observation(self._fingerprint, health, self._now(), why, kind)

    async def close(self) -> None:
        """Nothing is kept open."""


async def _connect(addresses: Sequence[Address]) -> Sequence[OSError]:
    """Connect to all at once until one answers: what each says, nothing if one did answer."""
    if len(addresses) == 1:
        error = await _knock(addresses[0])
        return [error] if error else []
    knocks = [asyncio.create_task(_knock(address)) for address in addresses]
    errors: list[OSError] = []
    try:
        for knock in asyncio.as_completed(knocks):
            error = await knock
            if error is None:
                return []
            errors.append(error)
    finally:
        for one in knocks:
            one.cancel()
        await asyncio.gather(*knocks, return_exceptions=True)
    return errors


async def _knock(address: Address) -> OSError | None:
    """One connection to one address, closed at once."""
    family, kind, protocol, _, where = address
    try:
        with socket.socket(family, kind, protocol) as knocking:
            knocking.setblocking(False)  # noqa: FBT003  it has no name
            await asyncio.get_running_loop().sock_connect(knocking, where)
    except OSError as error:
        return error
    return None


def _judge(errors: Sequence[OSError]) -> tuple[Health, str]:
    """Whose trouble it is, in the system's own words. Of several, what says something of the target counts."""
    theirs = [error for error in errors if error.errno not in _OURS]
    words = dict.fromkeys(_words(error) for error in theirs or errors)
    return Health.FAIL if theirs else Health.UNKNOWN, " and ".join(words)


def _words(error: OSError) -> str:
    said = os.strerror(error.errno) if error.errno else str(error)
    return f"{said} (this machine's own firewall?)" if error.errno == errno.EPERM else said


PROBE = ProbeType(Params, TcpProbe)
