"""Whether a machine's own SSH server answers: with a proof that it has the host key known for that machine.

It logs in nowhere and sends no credentials. An open port and a banner prove nothing, nor does another key: an
initramfs that waits for its disk's passphrase has both. A server that shows another key, none that is known, or no
SSH at all says nothing of the machine: that is the watcher's trouble, and told as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from bot.core.health import REFUSAL, CheckName, Evidence, Fingerprint, Health, Kind, Observation, TargetKind
from bot.probes import Parts, ProbeType, Watched
from bot.probes.hypervisor import WATCHING
from bot.probes.tcp import Means
from bot.reach.ssh_answer import IN_INITRAMFS, Answer


@dataclass(frozen=True, slots=True)
class Params:
    """The keys of an `ssh` check in lab.yaml."""

    port: int | None = field(
        default=None, metadata={"help": "By default as the host's `ssh` says, else 22.", "least": 1, "most": 65535}
    )
    address: str = field(default="", metadata={"help": "Instead of the target's own address."})
    known_hosts: Path | None = field(
        default=None,
        metadata={"help": "The file of known host keys; by default the host's, else your user's own."},
    )
    known_as: str = field(
        default="", metadata={"help": "The name its key stands under there; by default the address."}
    )
    software: str = field(
        default="",
        metadata={
            "help": "What its own server calls itself, where that is one of initramfs, such as dropbear.",
            "pattern": f"(?i:{'|'.join(IN_INITRAMFS)}).*",
            "words": f"a server of initramfs ({' or '.join(IN_INITRAMFS)}); any other needs no `software`",
        },
    )
    timeout: timedelta = field(
        default=timedelta(seconds=5),
        metadata={"help": "How long to wait for an answer.", "least": timedelta(milliseconds=10)},
    )
    means: Means | None = field(
        default=None,
        metadata={
            "help": "What it means that nobody answers: host-down or service-down; by default host-down for a "
            "host, service-down otherwise."
        },
    )


class SshProbe:
    """Asks for the host key, and hangs up."""

    def __init__(self, watched: Watched, params: Params, parts: Parts) -> None:
        door = parts.ssh.door(watched.target, params.address or watched.address)
        self._door = replace(
            door,
            port=params.port or door.port,
            known_hosts=params.known_hosts or door.known_hosts,
            known_as=params.known_as,
            software=params.software,
        )
        self._timeout = params.timeout
        self._target, self._ssh = watched.target, parts.ssh
        self._watcher = Watcher(watched, parts)
        host = watched.target.kind is TargetKind.HOST
        self._silent = Kind(params.means or (Means.HOST_DOWN if host else Means.SERVICE_DOWN))

    async def look(self) -> Sequence[Observation]:
        """What its SSH server shows, and whether it can be watched.

        Silence is FAIL, and so is a refusal, or a server that accepts and then says nothing: but that is no host
        that is down.
        """
        answer = await self._ssh.proof(self._ssh.beside_others(self._door, self._target), self._timeout)
        saw = self._watcher.saw
        match answer.answer:
            case Answer.KNOWN_KEY:
                return saw(Health.OK, answer.why)
            case Answer.SILENT:
                return saw(Health.FAIL, answer.why, self._silent)
            case Answer.STALLED | Answer.REFUSED:
                return saw(Health.FAIL, answer.why, Kind.SERVICE_DOWN, answer.shows)
            case Answer.CANNOT_LOOK:
                return saw(Health.UNKNOWN, answer.why)
        return self._watcher.refused(answer.why, answer.mend, answer.answer)

    async def close(self) -> None:
        """Nothing is kept open."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Says what was seen of a machine over SSH, and beside it whether the bot is let in to see."""

    watched: Watched
    parts: Parts

    @property
    def fingerprint(self) -> Fingerprint:
        """The check itself."""
        return Fingerprint(self.watched.check, self.watched.target.id)

    def saw(
        self, health: Health, why: str, kind: Kind | None = None, facts: Mapping[str, str] = MappingProxyType({})
    ) -> Sequence[Observation]:
        """Something was seen of the machine, or UNKNOWN: nothing, for no one's fault that can be told."""
        evidence = Evidence.INSIDE if health is Health.OK else Evidence.NONE
        at = self.parts.now()
        seen = Observation(self.fingerprint, health, at, why, kind, evidence=evidence, facts=facts)
        return [seen, self._watching(Health.OK if health is Health.OK else Health.UNKNOWN, why)]

    def refused(self, why: str, mend: str, what: str) -> Sequence[Observation]:
        """The bot can't see: of the machine that says nothing; a person has to mend the watching."""
        unseen = Observation(self.fingerprint, Health.UNKNOWN, self.parts.now(), why, evidence=Evidence.NONE)
        failure = self._watching(Health.FAIL, f"{why}. {mend}", Kind.CANNOT_WATCH)
        return [unseen, replace(failure, facts={REFUSAL: what, "mend": mend})]

    def _watching(self, health: Health, why: str, kind: Kind | None = None) -> Observation:
        """Being let in proves nothing of the machine."""
        seen = Fingerprint(CheckName(f"{WATCHING} {self.watched.check}"), self.watched.target.id)
        return Observation(seen, health, self.parts.now(), why, kind, evidence=Evidence.NONE)


PROBE = ProbeType(Params, SshProbe)
