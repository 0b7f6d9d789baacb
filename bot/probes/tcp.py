"""Whether something accepts connections on a TCP port. It sends nothing and reads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.health import Fingerprint, Health, Kind, Observation, TargetKind
from bot.probes import Parts, ProbeType, Watched
from bot.reach.tcp import NoConnection, connect


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
            (await connect(self._names, host, port, self._timeout)).close()
        except NoConnection as why:
            return [self._saw(Health.FAIL if why.theirs else Health.UNKNOWN, str(why))]
        return [self._saw(Health.OK, f"{host}:{port} answers")]

    def _saw(self, health: Health, why: str) -> Observation:
        kind = self._kind if health is Health.FAIL else None
        return Observation(self._fingerprint, health, self._now(), why, kind)

    async def close(self) -> None:
        """Nothing is kept open."""


PROBE = ProbeType(Params, TcpProbe)
