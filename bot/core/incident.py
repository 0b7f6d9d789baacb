"""The incident: its states, the one table of legal moves, its members and its history. Decides nothing itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Kind, Observation, TargetId

IncidentId = NewType("IncidentId", int)
"""Counts from 1; what people type: `/lab incident 7`."""


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RECOVERING = "recovering"
    RESOLVED = "resolved"


class Move(StrEnum):
    """What can happen to an incident's status."""

    ACKNOWLEDGE = "acknowledge"
    TAKE_BACK = "take back the acknowledgement of"
    LAPSE = "lapse the acknowledgement of"
    RECOVER = "see recovering"
    RELAPSE = "see failing again"
    RESOLVE = "resolve"
    REOPEN = "reopen"


TRANSITIONS: Mapping[tuple[Status, Move], Status] = MappingProxyType(
    {
        (Status.OPEN, Move.ACKNOWLEDGE): Status.ACKNOWLEDGED,
        (Status.OPEN, Move.RECOVER): Status.RECOVERING,
        (Status.OPEN, Move.RESOLVE): Status.RESOLVED,
        (Status.ACKNOWLEDGED, Move.TAKE_BACK): Status.OPEN,
        (Status.ACKNOWLEDGED, Move.LAPSE): Status.OPEN,
        (Status.ACKNOWLEDGED, Move.RECOVER): Status.RECOVERING,
        (Status.ACKNOWLEDGED, Move.RESOLVE): Status.RESOLVED,
        (Status.RECOVERING, Move.ACKNOWLEDGE): Status.RECOVERING,
        (Status.RECOVERING, Move.RELAPSE): Status.OPEN,  # ACKNOWLEDGED if it had an acknowledgement
        (Status.RECOVERING, Move.RESOLVE): Status.RESOLVED,
        (Status.RESOLVED, Move.REOPEN): Status.OPEN,
    }
)
"""Every legal move of an incident and where it leads. What is not here raises IllegalMove."""


class IllegalMove(Exception):
    """The user's mistake, or a click on what has changed meanwhile. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Member:
    """A target that holds an incident open until it is proven healthy: adopted, or the guest it is about.

    `was_running`: it ran before, so it is not proven by being off. `failing`: its checks that fail. `seen`: it was
    seen well since it was last in doubt. `running`: as last seen, None when it can't be told.
    """

    target: TargetId
    was_running: bool
    failing: frozenset[CheckName] = frozenset()
    seen: bool = False
    running: bool | None = None

    @property
    def proven(self) -> bool:
        """Whether it was seen healthy, and running if it ran before."""
        return self.seen and not self.failing and not (self.was_running and self.running is False)

    def after(self, observation: Observation) -> "Member":
        """This member once `observation` is known. UNKNOWN proves and disproves nothing."""
        if observation.health is Health.UNKNOWN:
            return self
        check = frozenset({observation.fingerprint.check})
        if observation.health is Health.FAIL:
            return replace(self, failing=self.failing | check, seen=False, running=_newer(self, observation))
        after = replace(self, failing=self.failing - check, running=_newer(self, observation))
        if observation.on_purpose:
            return replace(after, was_running=False, seen=True)  # it is as someone wanted it
        if after.running is False:
            return replace(after, seen=False)
        # The agent of a guest that hangs on its disk may answer: a check that fails outweighs it.
        proven = observation.evidence is Evidence.INSIDE and not after.failing
        return replace(after, seen=after.seen or proven)

    def in_doubt(self) -> "Member":
        """This member once what it depends on is gone: nothing seen before counts any more."""
        return replace(self, seen=False, running=None)


def _newer(member: Member, observation: Observation) -> bool | None:
    return member.running if observation.running is None else observation.running


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble, from its first sign until every machine it hurt is proven healthy.

    `own`: the fingerprints it is about; `failing`: those of them that fail now. `members`: what it has adopted.
    `recovering_since`: when its own checks came back (grace counts from here). `surfaced`: that what was still
    unproven when grace ended has been told. `progress_at`: when anything last moved.
    """

    id: IncidentId
    kind: Kind
    subject: TargetId
    why: str
    opened_at: datetime
    progress_at: datetime
    status: Status = Status.OPEN
    own: frozenset[Fingerprint] = frozenset()
    failing: frozenset[Fingerprint] = frozenset()
    members: Mapping[TargetId, Member] = field(default_factory=lambda: MappingProxyType({}))
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    recovering_since: datetime | None = None
    surfaced: bool = False
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str = ""

    @property
    def ended(self) -> bool:
        """Whether it is resolved."""
        return self.status is Status.RESOLVED

    @property
    def unproven(self) -> tuple[TargetId, ...]:
        """The adopted targets that are not proven healthy, in a stable order."""
        return tuple(sorted(m.target for m in self.members.values() if not m.proven))

    def with_member(self, member: Member) -> "Incident":
        """This incident with `member` in place of whatever it knew of that target."""
        return replace(self, members=MappingProxyType({**self.members, member.target: member}))

    def brought_up_to(self, failing: Collection[Fingerprint], there: Collection[TargetId]) -> "Incident":
        """This incident, which followed nothing for a while, once it is known what fails and what is there now."""
        left = self.without({t for t in (*self.members, *(f.target for f in self.own)) if t not in there})
        members = (
            replace(m, failing=frozenset(f.check for f in failing if f.target == m.target))
            for m in left.members.values()
        )
        now = MappingProxyType({m.target: m for m in members})
        return replace(left, failing=left.own.intersection(failing), members=now)

    def without(self, gone: Collection[TargetId]) -> "Incident":
        """This incident once targets are no longer there."""
        return replace(
            self,
            own=frozenset(f for f in self.own if f.target not in gone),
            failing=frozenset(f for f in self.failing if f.target not in gone),
            members=MappingProxyType({t: m for t, m in self.members.items() if t not in gone}),
        )

    def after(self, observation: Observation) -> "Incident":
        """This incident once `observation` is known, be it of a check of its own, of a member or of neither."""
        if observation.health is Health.UNKNOWN:
            return self
        one = self.own & {observation.fingerprint}
        failing = self.failing | one if observation.health is Health.FAIL else self.failing - one
        incident = replace(self, failing=failing)
        member = self.members.get(observation.target)
        return incident if member is None else incident.with_member(member.after(observation))

    def move(self, move: Move, now: datetime, *, by: str | None = None, why: str = "") -> "Incident":
        """This incident after `move`. Raises IllegalMove, and changes nothing, where TRANSITIONS has none.

        `by`: the person's Slack id, None where Caretaker itself saw it. `why`: the words of a resolution.
        """
        to = TRANSITIONS.get((self.status, move))
        if to is None:
            raise IllegalMove(f"cannot {move} incident {self.id}: because it is {self.status}")
        if move is Move.ACKNOWLEDGE and self.acknowledged_by is not None:
            raise IllegalMove(
                f"cannot {move} incident {self.id}: because <@{self.acknowledged_by}> has it already"
            )
        after = replace(self, status=to, progress_at=now)
        match move:
            case Move.ACKNOWLEDGE:
                return replace(after, acknowledged_by=by, acknowledged_at=now)
            case Move.TAKE_BACK | Move.LAPSE:
                return replace(after, acknowledged_by=None, acknowledged_at=None)
            case Move.RECOVER:
                return replace(after, recovering_since=now, surfaced=False)
            case Move.RELAPSE:
                held = Status.ACKNOWLEDGED if self.acknowledged_by else Status.OPEN
                return replace(after, status=held, recovering_since=None, surfaced=False)
            case Move.RESOLVE:
                return replace(after, resolved_at=now, resolved_by=by, resolution=why)
        return _as_new(after)  # Move.REOPEN


def _as_new(incident: Incident) -> Incident:
    """A reopened incident: who acknowledged or resolved it before no longer holds."""
    return replace(
        incident,
        acknowledged_by=None,
        acknowledged_at=None,
        recovering_since=None,
        surfaced=False,
        resolved_at=None,
        resolved_by=None,
        resolution="",
    )


class EventKind(StrEnum):
    """What a line of an incident's history is about."""

    OPENED = "opened"
    WORSE = "worse"
    BETTER = "better"
    KIND = "recognised"
    STATUS = "status"
    RUN = "run"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Event:
    """A line in an incident's history; never changed once written. `by`: a Slack id, or None for Caretaker."""

    incident: IncidentId
    at: datetime
    kind: EventKind
    text: str
    by: str | None = None


class Tell(StrEnum):
    """How a notice reaches people: the incident's card, a line in its thread, or a line everyone sees."""

    CARD = "card"
    LINE = "line"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell. A CARD carries no text: what is posted is the incident as it then stands."""

    incident: IncidentId
    tell: Tell
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The times and numbers that decide; each is a setting of lab.yaml."""

    grace: timedelta = timedelta(minutes=10)
    reopen_within: timedelta = timedelta(minutes=30)
    acknowledgement_lapses: timedelta = timedelta(hours=4)
    storm_guests: int = 5
    storm_hosts: int = 3
    storm_within: timedelta = timedelta(seconds=120)
