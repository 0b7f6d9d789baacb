"""Whether the bot itself can see: from what its witnesses say to why several machines seem to be gone.

A witness is what tells whether the bot can see: its own link and route, the gateway and how well it is heard, the
resolver, the UPSes, its own process, its limits and disk. That there is no witness is no blindness; one that says
so is: a cable without a carrier, a route that was there and went, a gateway that answered before, a line that
loses pings. What can't be seen is unknown, never down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.health import Fingerprint, Health, Target, TargetId

WITNESSES: Final = "witnesses"
UNSURE: Final = "unsure"
"""Facts of a failure: what the witnesses said, and that none could tell whether its target could be seen."""


class Witness(StrEnum):
    """What tells whether the bot can see."""

    PROCESS = "own process"
    LIMITS = "own limits"
    LINK = "link"
    ROUTE = "route"
    WAY = "way"
    GATEWAY = "gateway"
    LINE = "line"
    RESOLVER = "resolver"
    UPS = "ups"
    DISK = "own disk"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one witness says. UNKNOWN: it could not be asked, or says nothing.

    `about`: the interface, address or name that it is about; empty where it is about everything. Of a gateway, of
    what else should answer, and of the line to either: `link`, the interface it is reached over, and `via`, the
    gateway before it, if any.
    """

    witness: Witness
    health: Health
    why: str
    at: datetime
    about: str = ""
    link: str = ""
    via: str | None = None

    @property
    def is_told(self) -> bool:
        """Whether it belongs among the evidence. Of a line that is well its gateway tells enough, by answering."""
        well = self.health is Health.OK
        return self.health is Health.FAIL or (well and self.witness is not Witness.LINE)


@dataclass(frozen=True, slots=True)
class Path:
    """How something is reached. `local`: within this machine, so that no network is needed.

    `address`: None while its name could not be looked up yet. `name`: by which it is looked up, if it is. `link`:
    the interface; `gateway`: what stands behind that, None for what is on the link itself.
    """

    local: bool = False
    address: str | None = None
    name: str | None = None
    link: str | None = None
    gateway: str | None = None


LOCAL = Path(local=True)


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that no longer answers: how it is reached, and since when it fails."""

    path: Path
    since: datetime


class Cause(StrEnum):
    """Why machines seem to be gone."""

    POWER = "power"
    NETWORK = "network"
    OWN_HOST = "own host"
    DOWN = "down"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from all findings. `evidence`: a line for each that says something, what fails first.

    `unseen`: the checks whose failure says nothing, each with the words why; `unsure`: those of which no witness
    tells whether they could be seen.
    """

    cause: Cause
    why: str
    evidence: tuple[str, ...] = ()
    unseen: Mapping[Fingerprint, str] = field(default_factory=lambda: MappingProxyType({}))
    unsure: frozenset[Fingerprint] = frozenset()

    def facts(self, check: Fingerprint) -> Mapping[str, str]:
        """What is told with a failure that is believed: the evidence, and that no witness is sure of it."""
        evidence = {WITNESSES: "; ".join(self.evidence)} if self.evidence else {}
        return {**evidence, UNSURE: self.why} if check in self.unsure else evidence


@dataclass(frozen=True, slots=True)
class Sight:
    """What the witnesses said last, and when something answered last over each interface and each gateway."""

    findings: tuple[Finding, ...] = ()
    answered: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def stopped(self) -> Finding | None:
        """That the bot's own process was stopped just now: no trouble of what it looks at, nor of the way."""
        return next((one for one in self.findings if one.witness is Witness.PROCESS), None)

    @property
    def short(self) -> Finding | None:
        """That the bot's process has run out of something: no trouble of what it looks at, nor of the way."""
        return next((one for one in self.findings if one.witness is Witness.LIMITS), None)

    def obstacle(self, lost: Lost) -> Finding | None:
        """The finding for which a failure says nothing of its target; None if it says something."""
        failing = (one for one in self.findings if one.health is Health.FAIL)
        return next((one for one in failing if self._hides(one, lost)), None)

    def _hides(self, finding: Finding, lost: Lost) -> bool:
        path = lost.path
        if finding.witness in {Witness.PROCESS, Witness.LIMITS}:
            return True  # whatever ran out of time meanwhile, here or elsewhere, or could not be begun
        return not path.local and {
            Witness.LINK: finding.about == path.link,
            Witness.ROUTE: finding.about == path.address,
            Witness.WAY: finding.about == path.address and not self._answered_beside(lost),
            Witness.RESOLVER: finding.about == path.name,
            Witness.GATEWAY: self._gateway_hides(finding, lost),
            Witness.LINE: self._line_hides(finding, path),
        }.get(finding.witness, False)

    def _answered_beside(self, lost: Lost) -> bool:
        """Whether something answered on the same link. What answers through a gateway may be anywhere."""
        return lost.path.gateway is None and self._answered_over(lost.path, lost.since)

    def _line_hides(self, line: Finding, path: Path) -> bool:
        """What answers over a bad line may seem silent, unless another, reached the same way, is heard well."""
        beside = self._beside(path, Witness.LINE)
        if any(one.health is Health.OK for one in beside):
            return False
        return line in beside or line.about == path.gateway

    def _gateway_hides(self, gateway: Finding, lost: Lost) -> bool:
        """A gateway that is gone hides what is behind it, and what is beside it if nothing there answers."""
        path = lost.path
        if path.gateway == gateway.about:
            return not self._answered(gateway.about, lost.since)
        answers = any(one.health is Health.OK for one in self._beside(path))
        return gateway in self._beside(path) and not answers and not self._answered_over(path, lost.since)

    def _beside(self, path: Path, witness: Witness = Witness.GATEWAY) -> Sequence[Finding]:
        """What is found of the gateways, and of what else should answer, that are reached the same way."""
        found = (one for one in self.findings if one.witness is witness)
        return [one for one in found if (one.link, one.via) == (path.link, path.gateway)]

    def sees(self, lost: Lost) -> bool:
        """Whether something positively says that this would be seen if it were there.

        That an interface is up, or that a gateway answers, tells nothing of what lies beyond.
        """
        path = lost.path
        if path.local:
            return True
        beside = any(one.health is Health.OK for one in self._beside(path))
        return beside or self._answered_over(path, lost.since)

    def _answered_over(self, path: Path, since: datetime) -> bool:
        over = path.gateway or path.link
        return over is not None and self._answered(over, since)

    def _answered(self, over: str, since: datetime) -> bool:
        return over in self.answered and self.answered[over] > since


def verdict(sight: Sight, lost: Mapping[Fingerprint, Lost]) -> Verdict:
    """Why these no longer answer, and which of them only can't be seen."""
    obstacles = {check: sight.obstacle(one) for check, one in lost.items()}
    hidden = {check: finding for check, finding in obstacles.items() if finding is not None}
    unseen = MappingProxyType({check: finding.why for check, finding in hidden.items()})
    said = [one for one in sight.findings if one.is_told]
    evidence = tuple(dict.fromkeys(one.why for one in sorted(said, key=lambda one: one.health is Health.OK)))
    cause, why = _cause(sight, lost, tuple(dict.fromkeys(hidden.values())))
    unsure = frozenset(check for check, one in lost.items() if cause is Cause.UNCLEAR and not sight.sees(one))
    return Verdict(cause, why, evidence, unseen, unsure)


def _cause(sight: Sight, lost: Mapping[Fingerprint, Lost], obstacles: Sequence[Finding]) -> tuple[Cause, str]:
    whys = "; ".join(dict.fromkeys(one.why for one in obstacles))
    if any(one.witness in {Witness.PROCESS, Witness.LIMITS} for one in obstacles):
        return Cause.OWN_HOST, whys
    power = [one.why for one in sight.findings if one.witness is Witness.UPS and one.health is Health.FAIL]
    if power:
        return Cause.POWER, "; ".join(power)
    if obstacles:
        return Cause.NETWORK, whys
    if lost and all(sight.sees(one) for one in lost.values()):
        return Cause.DOWN, "the network between here and there answers"
    disk = [one.why for one in sight.findings if one.witness is Witness.DISK and one.health is Health.FAIL]
    if disk and not lost:
        return Cause.OWN_HOST, "; ".join(disk)
    return Cause.UNCLEAR, "no witness can tell"


def seen_through(target: Target, find: Callable[[TargetId], Target | None]) -> tuple[TargetId, ...]:
    """All that stands between the bot and `target`, nearest first: by its host and by that, too."""
    found: dict[TargetId, None] = {}
    ahead, passed = [target], {target.id}
    while ahead:
        here = ahead.pop(0)
        if here.behind is not None:
            found[here.behind] = None
        above = [one for one in (here.behind, here.runs_on) if one is not None and one not in passed]
        passed.update(above)
        ahead.extend(known for one in above if (known := find(one)) is not None)
    found.pop(target.id, None)
    return tuple(found)
