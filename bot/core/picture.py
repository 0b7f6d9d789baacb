"""What questions about the lab are answered with: values, gathered by queries.py and shown by views/.

`name` says in each what people call a target.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bot.core.health import CheckName, Evidence, Health, Observation, Target, TargetId, TargetKind
from bot.core.incident import Event, Incident
from bot.core.incidents.condition import Condition
from bot.core.mute import Silence
from bot.core.names import UNTOLD, Names
from bot.core.run import Run


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that keeps the bot itself from its work, since when and why.

    `unsafe`: it can write its database, but what it writes ends with its process.
    """

    since: datetime
    why: str
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the bot knows of its own work and no row tells.

    `cannot_write`: its database. `unlooked`: what it has not looked at since it started; `unlisted`: the hosts of
    which it does not know yet what guests they have; `unwatched`: what lab.yaml names and nothing looks at;
    `nowhere`: the names of guests in lab.yaml that no hypervisor has; `noticed`: what fails and could not be
    written down.
    """

    cannot_write: Trouble | None = None
    unlooked: frozenset[TargetId] = frozenset()
    unlisted: frozenset[TargetId] = frozenset()
    unwatched: frozenset[TargetId] = frozenset()
    nowhere: frozenset[str] = frozenset()
    noticed: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """The targets of one kind.

    `well`: proven so; `accepted`: by power alone, or a person's word; `off`: not running, and nobody expects them
    to, `paused` likewise. `down`: not running, though they ran before an incident; `unproven`: nothing shows them
    well; `unseen`: none could look; `unlooked`: none has looked since the bot started; `unwatched`: nothing looks
    at them.
    """

    well: int = 0
    accepted: int = 0
    off: int = 0
    paused: int = 0
    failing: tuple[TargetId, ...] = ()
    down: tuple[TargetId, ...] = ()
    unproven: tuple[TargetId, ...] = ()
    unseen: tuple[TargetId, ...] = ()
    unlooked: tuple[TargetId, ...] = ()
    unwatched: tuple[TargetId, ...] = ()

    @property
    def whole(self) -> int:
        """How many are watched."""
        named = (self.failing, self.down, self.unproven, self.unseen, self.unlooked)
        return self.well + self.accepted + self.off + self.paused + sum(map(len, named))


@dataclass(frozen=True, slots=True)
class LabPicture:
    """The lab at one moment: what is open, how its targets are, what is under way, what is not told.

    `unlisted`, `nowhere` and `noticed` as in Outlook. What can't be written is not in the rest.
    `left_off`: what ran before an incident that is over and does not run, since when; `paused`: what is paused.
    """

    live: tuple[Incident, ...]
    tallies: Mapping[TargetKind, Tally]
    runs: tuple[Run, ...]
    silences: tuple[Silence, ...]
    name: Names = UNTOLD
    unlisted: tuple[TargetId, ...] = ()
    nowhere: tuple[str, ...] = ()
    cannot_write: Trouble | None = None
    noticed: tuple[Observation, ...] = ()
    left_off: Mapping[TargetId, datetime | None] = field(default_factory=lambda: MappingProxyType({}))
    paused: frozenset[TargetId] = frozenset()


@dataclass(frozen=True, slots=True)
class IncidentList:
    """The unresolved incidents and the last resolved ones, newest first."""

    live: tuple[Incident, ...]
    over: tuple[Incident, ...]
    name: Names = UNTOLD


@dataclass(frozen=True, slots=True)
class IncidentPicture:
    """One incident, its history and its runs, the newest run first. `lacking`: what each unproven member lacks."""

    incident: Incident
    history: tuple[Event, ...]
    runs: tuple[Run, ...]
    name: Names = UNTOLD
    lacking: Mapping[TargetId, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ProofPicture:
    """Whether every machine of an incident is proven well, and by what, or what is missing."""

    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class Belief:
    """What one check is believed to show, since when, and when that was written last.

    `evidence`: what it rests on; `shows`: what it proves of its target, in words. `before`: what it showed before
    `since`, where that no longer tells anything.
    """

    check: CheckName
    health: Health
    why: str
    since: datetime
    at: datetime
    evidence: Evidence
    shows: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class TargetPicture:
    """All that is known of one target.

    `condition`: how it is; `running`: as last seen, None where that is not known. `parents`: what it depends on,
    nearest first, and how that is. `muted`: why a failure would open no incident; `covered_by`: the open outage
    that explains one. `incidents`: the last ones it was in. `lacks`: what is missing before it is proven; empty
    where it is. `stopped_at`: since when it is off; `paused`: it is paused. `unwatched`: nothing looks at it.
    """

    target: Target
    condition: Condition
    beliefs: tuple[Belief, ...]
    running: bool | None
    stopped_on_purpose: bool
    parents: tuple[tuple[TargetId, Condition], ...]
    muted: str | None
    covered_by: Incident | None
    incidents: tuple[Incident, ...]
    lacks: str = ""
    name: Names = UNTOLD
    stopped_at: datetime | None = None
    unwatched: bool = False
    paused: bool = False
