"""The words of observing: health, target, check, fingerprint, observation. No opinion on what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from bot.core.clock_step import shifted
from bot.core.facts import ANSWERED, PROVEN_AT, RAN, REFUSAL, RESTARTED_AT, STALLED, THERE, TOO_LATE
from bot.core.kinds import SILENCE, Kind, TargetKind
from bot.core.mentions import deadened

__all__ = [
    "ANSWERED",
    "HYPERVISOR",
    "INSIDE",
    "RAN",
    "REFUSAL",
    "RESTARTED_AT",
    "ROOT",
    "STALLED",
    "STATE",
    "THERE",
    "CheckName",
    "Evidence",
    "Fingerprint",
    "Health",
    "Kind",
    "Observation",
    "Proof",
    "Target",
    "TargetId",
    "TargetKind",
    "guest_id",
    "is_paused",
    "is_unseen",
    "name_of",
    "target_id",
    "uuid_of",
]

TargetId = NewType("TargetId", str)
"""`kind:name`, e.g. `host:atlas`, `ups:rack`, or `guest:UUID`: unique in a lab and stable over restarts."""

CheckName = NewType("CheckName", str)
"""The name of a configured use of a probe, e.g. `guest`, `ssh`, `ups`."""

HYPERVISOR = CheckName("hypervisor")
"""The check of whether a host's libvirt answers."""

INSIDE = CheckName("inside")
"""The check of what a host tells of itself over SSH."""

ROOT = CheckName("root")
"""The check of a host's root file system, from inside."""

STATE = CheckName("state")
"""The check of a guest's power, whoever noticed: poll or event."""

BOOT = CheckName("boot")
"""The check of whether a running guest has come up."""

RESTARTS = CheckName("restarts")
"""The check of whether a machine starts anew again and again."""

CONDITION = CheckName("condition")
"""Whether a UPS itself is in order. What it says of the power is another check."""


class Health(StrEnum):
    """What one look showed. UNKNOWN means: could not look; it never opens and never resolves an incident."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """What an observation rests on; core/incidents/evidence.py says what proves what.

    INSIDE: the machine's own system answered (agent, login prompt, a check of its own). OUTSIDE: it has power, it
    answers a ping, it has a lease. WORD: a person said so. NONE: nothing was seen.
    """

    INSIDE = "inside"
    OUTSIDE = "outside"
    WORD = "word"
    NONE = "none"


class Proof(StrEnum):
    """What the owner accepts as proof that a target is well; `proof: running` in lab.yaml accepts power alone."""

    INSIDE = "inside"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Target:
    """One watched thing and what it depends on.

    `name`: what people call it; by default what stands in its id after the colon. `runs_on`: a guest's host.
    `powered_by`: a host's UPS. `behind`: the gateway without which it can't be seen.
    `wanted`: it is expected to run (autostart, or `expect: running`). `ephemeral`: comes and goes, opens nothing.
    `proof`: what proves it; RUNNING for an appliance that nobody can look into.
    """

    id: TargetId
    runs_on: TargetId | None = None
    powered_by: TargetId | None = None
    behind: TargetId | None = None
    wanted: bool = True
    ephemeral: bool = False
    name: str = ""
    proof: Proof = Proof.INSIDE

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", name_of(self.id))  # frozen as it is: it is just being made

    @property
    def kind(self) -> TargetKind:
        """The part of the id before its colon."""
        return TargetKind(self.id.partition(":")[0])

    @property
    def parents(self) -> tuple[TargetId, ...]:
        """What this can't be healthy or seen without, nearest first."""
        return tuple(p for p in (self.runs_on, self.powered_by, self.behind) if p is not None)


def is_unseen(check: CheckName, health: Health) -> bool:
    """Whether it can't even be told whether a guest has power: what its other checks once showed is old then."""
    return check == STATE and health is Health.UNKNOWN


def is_paused(check: CheckName, health: Health, *, running: bool | None) -> bool:
    """Whether a guest's hypervisor tells that it neither runs nor is off."""
    return check == STATE and health is not Health.UNKNOWN and running is None


def name_of(target: TargetId) -> str:
    """The part of a target's id after its colon: what a person calls it, unless it is a guest (see names.py)."""
    return target.partition(":")[2]


def target_id(kind: TargetKind, name: str) -> TargetId:
    """The id of a target that lab.yaml names, e.g. `host:atlas`; a guest's is guest_id's."""
    return TargetId(f"{kind}:{name}")


def guest_id(uuid: str) -> TargetId:
    """The id of the guest of that UUID."""
    return target_id(TargetKind.GUEST, uuid)


def uuid_of(guest: TargetId) -> str:
    """The UUID of a guest."""
    return name_of(guest)


@dataclass(frozen=True, slots=True, order=True)
class Fingerprint:
    """What makes two failures the same trouble: the check and the target, never a message's text."""

    check: CheckName
    target: TargetId

    def __str__(self) -> str:
        return f"{self.check}@{self.target}"


def is_condition(check: Fingerprint) -> bool:
    """Whether a check tells what a UPS itself is like, which is nothing to an outage."""
    return check.check == CONDITION and check.target.startswith(TargetKind.UPS)


_KEPT = ("boot_id", "up_since", "root", "battery", RESTARTED_AT, PROVEN_AT)
_MOMENTS = ("booted", "up_since", ANSWERED)
"""The facts that are moments, in ISO 8601."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One result of one check.

    `kind` says what a FAIL is about and `why` says it in words ("crashed", "connection refused by 10.0.0.5:22").
    `stated`: an event said so (crash, panic), so that no further look is needed to believe it. `steady`: a failure
    that is believed once it was seen for so long, however often (on battery). `since`: the first of the looks in a
    row that said so, of which this is the last.
    `running`: whether the target was seen running; None where that has no meaning or could not be seen.
    `evidence`: what it rests on; whether an OK proves health follows from it and from the target's kind. `facts`:
    what else was seen, as text, e.g. {"stopped": "on purpose"}.
    """

    fingerprint: Fingerprint
    health: Health
    at: datetime
    why: str
    kind: Kind | None = None
    stated: bool = False
    running: bool | None = None
    evidence: Evidence = Evidence.INSIDE
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    steady: timedelta = timedelta(0)
    since: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", deadened(self.why))  # frozen as it is: it is just being made

    @property
    def target(self) -> TargetId:
        """Whom it is about."""
        return self.fingerprint.target

    def shifted(self, step: timedelta) -> "Observation":
        """The same after the clock was stepped."""
        told = {name: datetime.fromisoformat(self.facts[name]) for name in _MOMENTS if name in self.facts}
        moved = {name: (at + step).isoformat() for name, at in told.items()}
        return replace(shifted(self, step), facts={**self.facts, **moved})

    def unseen(self, why: str) -> "Observation":
        """The same, where it can't be told how its target is."""
        words = f"can't be seen: {why} ({self.why})"
        return replace(self, health=Health.UNKNOWN, why=words, kind=None, running=None)

    @property
    def is_silence(self) -> bool:
        """Whether it says only that nothing answered in time, which may be the trouble of whoever asks."""
        late = self.kind in SILENCE or self.facts.get(REFUSAL) in TOO_LATE
        return self.health is Health.FAIL and late

    @property
    def is_there(self) -> bool:
        """Whether its machine showed that it is there, whatever fails: it refused, or took a connection."""
        return THERE in self.facts or self.facts.get(REFUSAL) in TOO_LATE

    @property
    def may_be_gone(self) -> bool:
        """Whether nothing shows that its machine is there at all."""
        return self.is_silence and not self.is_there

    @property
    def kept(self) -> Mapping[str, str]:
        """Those of its facts that are remembered until its check tells others."""
        return {name: self.facts[name] for name in _KEPT if name in self.facts}

    @property
    def began_anew(self) -> bool:
        """Whether its machine has just started, so that what was seen inside before says nothing any more."""
        return "started" in self.facts

    @property
    def restarted(self) -> bool:
        """Whether its machine has just started anew by itself, as far as is known."""
        return self.facts.get("started") == "now"

    def not_by_itself(self) -> "Observation":
        """The same, once it is known that its machine did not start by itself, or that this was told already."""
        return replace(self, facts={**self.facts, "started": "expected"}) if self.restarted else self

    @property
    def paused(self) -> str:
        """How its machine was paused, "" where it was not, or where its hypervisor holds it for a moment."""
        return self.facts.get("paused", "")

    @property
    def held(self) -> bool:
        """Whether its hypervisor holds its machine paused itself, to save, copy or move it."""
        return "held" in self.facts

    @property
    def on_purpose(self) -> bool:
        """Whether it was seen off because someone shut it down."""
        return self.facts.get("stopped") == "on purpose"

    @property
    def was_on_purpose(self) -> bool:
        """Whether someone shut it down, as far as is known, be it that its host has forgotten that since."""
        return self.on_purpose or self.facts.get("stopped") == "on purpose before"

    @property
    def may_have_run(self) -> bool:
        """Whether someone shut it down, and it may have run since, while nobody looked."""
        return self.was_on_purpose and RAN in self.facts

    @property
    def moved_away(self) -> bool:
        """Whether it was seen off because it went on on another host."""
        return self.facts.get("stopped") == "moved away"
