"""What proves what, in one table: an OK proves its target healthy only where it rests on what its rule accepts.

Power, a ping, a lease and an open SSH port prove nothing of what goes on inside: an initramfs that waits for a
passphrase has them all. UNKNOWN never proves, and neither does the time that has passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from bot.core.health import CheckName, Evidence, Health, Observation, Proof, Target, TargetKind


@dataclass(frozen=True, slots=True)
class Rule:
    """What proves a target of one kind.

    `accepts`: what an OK must rest on. `wants`: what that is, in words for a person. `steady`: whether it must
    stay so for a while before it counts.
    """

    accepts: frozenset[Evidence]
    wants: str
    steady: bool = False


_INSIDE: Final = frozenset({Evidence.INSIDE})

RULES: Final[Mapping[TargetKind, Rule]] = MappingProxyType(
    {
        # libvirt's answer comes through the host's own system, so it is one from inside. It says nothing of the
        # host's arrays and file systems: those are checks of their own.
        TargetKind.HOST: Rule(
            _INSIDE, "an answer from inside: SSH with its known host key, libvirt, or another check of its own"
        ),
        TargetKind.GUEST: Rule(
            _INSIDE,
            "its agent's answer, a login prompt or a passed check of its own, after its latest start",
        ),
        TargetKind.UPS: Rule(_INSIDE, "line power that stays", steady=True),
        TargetKind.SERVICE: Rule(_INSIDE, "its check passing"),
        TargetKind.BOT: Rule(_INSIDE, "its own sight back"),
    }
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one target must show before it counts as proven.

    `checks`: those that lab.yaml gives it, each of which must pass; `steady`: for how long it must stay well.
    `powered`: that it has power, where that is accepted, is told by who runs it. `again`: as `steady`, once it has
    started anew after it was proven.
    """

    accepts: frozenset[Evidence] = _INSIDE
    checks: frozenset[CheckName] = frozenset()
    steady: timedelta = timedelta(0)
    powered: bool = True
    again: timedelta = timedelta(0)

    def lasting(self, restarts: int | None) -> timedelta:
        """For how long a machine that has started anew so often must stay well."""
        return max(self.steady, self.again) if restarts else self.steady

    def accepted(self, seen: Observation) -> bool:
        """Whether `seen` counts as proof. Power counts only for what was seen running."""
        if seen.health is not Health.OK or seen.running is False or seen.evidence not in self.accepts:
            return False
        return seen.evidence is not Evidence.OUTSIDE or seen.running is True or not self.powered


def requirement(
    target: Target, checks: frozenset[CheckName], steady: timedelta, again: timedelta = timedelta(0)
) -> Requirement:
    """What proves `target`. `checks`: its own, by lab.yaml; `steady`: how long a UPS must stay on line power.

    `again`: how long what has started anew must stay well.
    """
    rule = RULES[target.kind]
    accepts = rule.accepts | ({Evidence.OUTSIDE} if target.proof is Proof.RUNNING else frozenset())
    powered = target.kind is TargetKind.GUEST  # what else answers has power
    return Requirement(accepts, checks, steady if rule.steady else timedelta(0), powered, again)


def wanted(target: Target) -> str:
    """What would prove `target`, in words."""
    return "that it runs" if target.proof is Proof.RUNNING else RULES[target.kind].wants


def shows(target: Target, health: Health, evidence: Evidence, *, running: bool | None) -> str:
    """What a check's last result does not prove of `target`, in words for `/lab why`; empty where it is clear."""
    if health is not Health.OK or running is False or evidence in RULES[target.kind].accepts:
        return ""  # it speaks for itself
    if target.proof is Proof.RUNNING and evidence is Evidence.OUTSIDE:
        return "accepted, not looked inside"
    if evidence is Evidence.OUTSIDE and (running or target.kind is TargetKind.HOST):
        return f"proves only that it is {'powered on' if running else 'reachable'}"
    return "shows nothing of what is inside"
