"""Whether something accepts connections on a TCP port. It sends nothing and reads nothing, but for one port.

That a machine's SSH port is open proves nothing of what is inside: an initramfs that waits for a passphrase often
opens it, too. So there the host key is asked for where one is known. It never logs in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.core.health import THERE, Evidence, Fingerprint, Health, Kind, Observation, TargetKind
from bot.probes import Parts, ProbeType, SshWays, Watched
from bot.reach.ssh_answer import Answer, Door, SshAnswer
from bot.reach.tcp import NoConnection, connect

SSH_PORT: Final = 22


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
        default=timedelta(seconds=3),
        metadata={"help": "How long to wait for an answer.", "least": timedelta(milliseconds=10)},
    )
    means: Means | None = field(
        default=None,
        metadata={"help": "host-down or service-down; by default host-down for a host, service-down otherwise."},
    )


class TcpProbe:
    """Connects, and lets go at once."""

    def __init__(self, watched: Watched, params: Params, parts: Parts) -> None:
        self._watched = watched
        self._where = (params.address or watched.address, params.port)
        self._timeout = params.timeout
        self._parts = parts
        self._door = ssh_door(watched, params, parts.ssh)
        host = watched.target.kind is TargetKind.HOST
        means = params.means or (Means.HOST_DOWN if host else Means.SERVICE_DOWN)
        self._kind = Kind(means)

    async def look(self) -> Sequence[Observation]:
        """One connection. Refused or silent is FAIL; UNKNOWN where this machine can't look, or find the name."""
        host, port = self._where
        door = self._door and await with_known_key(self._door, self._watched, self._parts.ssh)
        if door:
            door = self._parts.ssh.beside_others(door, self._watched.target)
            return [self._judged(await self._parts.ssh.proof(door, self._timeout))]
        try:
            (await connect(self._parts.names, host, port, self._timeout)).close()
        except NoConnection as why:
            if why.refused:
                return [self._refused(str(why))]
            return [self._saw(Health.FAIL if why.theirs else Health.UNKNOWN, str(why))]
        if self._door is None:
            return [self._saw(Health.OK, f"{host}:{port} answers")]
        words = f"{host}:{port} answers, as that of an initramfs does; no host key is known for it"
        return [self._saw(Health.OK, words, Evidence.OUTSIDE)]

    def _judged(self, answer: SshAnswer) -> Observation:
        """What the host key comes to: the port is open, whoever has opened it."""
        match answer.answer:
            case Answer.KNOWN_KEY:
                return self._saw(Health.OK, answer.why)
            case Answer.SILENT:
                return self._saw(Health.FAIL, answer.why)
            case Answer.REFUSED:
                return self._refused(answer.why)
            case Answer.CANNOT_LOOK:
                return self._saw(Health.UNKNOWN, answer.why)
        host, port = self._where
        return self._saw(Health.OK, f"{host}:{port} answers, but {answer.why}", Evidence.OUTSIDE)

    def _refused(self, why: str) -> Observation:
        """The machine itself says no: whatever that means, it is no machine that is down."""
        return replace(
            self._saw(Health.FAIL, why), kind=Kind.SERVICE_DOWN, facts={THERE: "it refuses connections"}
        )

    def _saw(self, health: Health, why: str, evidence: Evidence = Evidence.INSIDE) -> Observation:
        kind = self._kind if health is Health.FAIL else None
        check = Fingerprint(self._watched.check, self._watched.target.id)
        return Observation(check, health, self._parts.now(), why, kind, evidence=evidence)

    async def close(self) -> None:
        """Nothing is kept open."""


def ssh_door(watched: Watched, params: Params, ssh: SshWays) -> Door | None:
    """The SSH server of a machine that such a check connects to; None where it connects to something else."""
    if watched.target.kind not in {TargetKind.HOST, TargetKind.GUEST}:
        return None
    door = ssh.door(watched.target, params.address or watched.address)
    return replace(door, port=params.port) if params.port in {SSH_PORT, door.port} else None


async def with_known_key(door: Door, watched: Watched, ssh: SshWays) -> Door | None:
    """The door by the name that its key is known under, its address or what people call it; None if by neither."""
    for one in (door, replace(door, known_as=watched.target.name)):
        if await ssh.knows(one):
            return one
    return None


PROBE = ProbeType(Params, TcpProbe)
