"""Whether something accepts connections on a TCP port. It sends nothing and reads nothing."""

import asyncio
import errno
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.health import Fingerprint, Health, Kind, Observation, TargetKind
from bot.probes import Parts, ProbeType, Watched

_OURS = {errno.ENETUNREACH, errno.ENETDOWN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL}
"""What keeps this machine from looking at all: it says nothing of the target."""

_NUMBER = re.compile(r"\[Errno (\d+)\]")


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
        self._timeout = params.timeout.total_seconds()
        self._now = parts.now
        host = watched.target.kind is TargetKind.HOST
        means = params.means or (Means.HOST_DOWN if host else Means.SERVICE_DOWN)
        self._kind = Kind(means)

    async def look(self) -> Sequence[Observation]:
        """One connection. Refused, silent or no such name is FAIL; UNKNOWN where this machine can't look."""
        host, port = self._where
        try:
            async with asyncio.timeout(self._timeout):
                _, writer = await asyncio.open_connection(host, port)
            writer.close()
        except TimeoutError:
            return [self._saw(Health.FAIL, f"no answer from {host}:{port} within {self._timeout:g} s")]
        except OSError as error:
            health, why = _judge(error)
            return [self._saw(health, f"cannot connect to {host}:{port}: because {why}")]
        return [self._saw(Health.OK, f"{host}:{port} answers")]

    def _saw(self, health: Health, why: str) -> Observation:
        kind = self._kind if health is Health.FAIL else None
        return Observation(self._fingerprint, health, self._now(), why, kind)

    async def close(self) -> None:
        """Nothing is kept open."""


def _judge(error: OSError) -> tuple[Health, str]:
    """Whose trouble it is, in the system's own words. A name with several addresses has an error for each."""
    if isinstance(error, socket.gaierror):
        health = Health.UNKNOWN if error.errno == socket.EAI_AGAIN else Health.FAIL
        return health, error.strerror or str(error)
    numbers = [int(found) for found in _NUMBER.findall(str(error))]
    theirs = [number for number in numbers if number not in _OURS]
    health = Health.FAIL if theirs or not numbers else Health.UNKNOWN
    return health, " and ".join(dict.fromkeys(map(os.strerror, theirs or numbers))) or str(error)


PROBE = ProbeType(Params, TcpProbe)
