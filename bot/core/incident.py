"""The incident: what it is about, its members and its history. Decides nothing itself."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.core.clock_step import shifted
from bot.core.health import RESTARTS, CheckName, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incidents.event import Event, EventKind, Notice, Tell
from bot.core.incidents.evidence import Requirement
from bot.core.incidents.host_report import NEVER_OFF
from bot.core.incidents.lifecycle import (
    OF_WHO_IS_ON_IT,
    TRANSITIONS,
    WAYS,
    End,
    IllegalMove,
    IncidentId,
    Move,
    Status,
    Way,
)
from bot.core.incidents.member import SETTLED_FOR_GOOD, Ground, Member, Standing
from bot.core.incidents.rules import Rules
from bot.core.incidents.spans import Spans
from bot.core.incidents.ups_said import UpsSaid

__all__ = [
    "TRANSITIONS",
    "Earlier",
    "End",
    "Event",
    "EventKind",
    "IllegalMove",
    "Incident",
    "IncidentId",
    "Member",
    "Move",
    "Notice",
    "Rules",
    "Status",
    "Tell",
    "Way",
]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last incident of the same before this one, and when it ended."""

    id: IncidentId
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """One trouble, from its first sign until every machine it hurt is proven healthy.

    `own`: the fingerprints it is about; `failing`: those of them that fail now. `members`: what it has adopted.
    `recovering_since`: when its own checks came back (grace counts from here). `surfaced`: that what was still
    unproven when grace ended has been told. `progress_at`: when anything last moved. `end`: once it is resolved.
    `suspected`: nobody saw it happen; it was concluded afterwards. `answered_at`: when what fell silent answered
    last, None where that is not known or something else told of it. `reopened_at`: when it was last reopened,
    `reopened_by`: by whom, None where it failed again. `spans`: when its own checks failed. `earlier`: the last
    one of the same, too long ago to reopen. `unstable_since`: when it began to be left untold that it fails or is
    well again, since it changes too often. `touched`: a person has had a hand in it since it was last told anew,
    which was at `told_at`; `reminded`: how many reminders were due since. `ups`: what the UPS that tells of it
    said last. `dropped`: the checks that failed when lab.yaml lost them, which have shown nothing since.
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
    end: End | None = None
    suspected: bool = False
    answered_at: datetime | None = None
    reopened_at: datetime | None = None
    reopened_by: str | None = None
    spans: Spans = field(default_factory=Spans)
    earlier: Earlier | None = None
    unstable_since: datetime | None = None
    touched: bool = False
    told_at: datetime | None = None
    reminded: int = 0
    ups: UpsSaid | None = None
    dropped: frozenset[Fingerprint] = frozenset()

    @property
    def since(self) -> datetime:
        """From when on it was so, as far as is known: it was there before it was believed."""
        if self.spans.latest and not self.spans.earlier:
            return self.spans.latest[0].since
        return self.answered_at or self.opened_at

    @property
    def ended(self) -> bool:
        """Whether it is resolved."""
        return self.status is Status.RESOLVED

    @property
    def still_off(self) -> bool:
        """Whether it is of a guest that is down, has to return and is off: that no check fails is no return."""
        member = self.members.get(self.subject) if self.kind is Kind.GUEST_DOWN else None
        return member is not None and member.was_running and member.running is False and not member.proven

    @property
    def unwatched(self) -> bool:
        """Whether lab.yaml has lost all that it was about, before anyone saw that well again."""
        return not self.own and self.status in {Status.OPEN, Status.ACKNOWLEDGED} and self.reopened_by is None

    @property
    def unproven(self) -> tuple[TargetId, ...]:
        """The adopted targets that are not proven healthy, in a stable order."""
        return tuple(sorted(m.target for m in self.members.values() if not m.proven))

    @property
    def let_go(self) -> tuple[TargetId, ...]:
        """What it hurt and lab.yaml has lost since, before anyone saw it well again, in a stable order."""
        return tuple(sorted(m.target for m in self.members.values() if m.standing is Standing.UNWATCHED))

    @property
    def stayed_on(self) -> tuple[TargetId, ...]:
        """The hosts that were only out of reach, as their boots tell, in a stable order."""
        proven = (m for m in self.members.values() if m.ground is not None and NEVER_OFF in m.ground.why)
        return tuple(sorted(m.target for m in proven))

    def with_member(self, member: Member) -> "Incident":
        """This incident with `member` in place of whatever it knew of that target."""
        return self.with_members([member])

    def with_members(self, members: Iterable[Member]) -> "Incident":
        """The same with several."""
        return replace(self, members=MappingProxyType({**self.members, **{one.target: one for one in members}}))

    def brought_up_to(
        self, failing: Collection[Fingerprint], there: Collection[TargetId], now: datetime
    ) -> "Incident":
        """This incident, which followed nothing for a while, once it is known what fails and what is there now."""
        left = self.without({t for t in (*self.members, *(f.target for f in self.own)) if t not in there}, now)
        fails: dict[TargetId, set[CheckName]] = defaultdict(set)
        for one in failing:
            if one.check != RESTARTS:  # see recording.is_apart
                fails[one.target].add(one.check)
        members = ((t, m.failing_now(frozenset(fails[t]), now)) for t, m in left.members.items())
        known = MappingProxyType(dict(members))
        return replace(left, failing=left.own.intersection(failing), members=known)

    def without(self, gone: Collection[TargetId], at: datetime) -> "Incident":
        """This incident once targets are no longer there. Those that nobody saw well stay counted, as that."""
        left = ((t, self._let_go(m, at) if t in gone else m) for t, m in self.members.items())
        return replace(
            self,
            own=frozenset(f for f in self.own if f.target not in gone),
            failing=frozenset(f for f in self.failing if f.target not in gone),
            members=MappingProxyType({t: m for t, m in left if m is not None}),
        )

    def unchecked(self, gone: frozenset[Fingerprint], at: datetime) -> "Incident":
        """This incident once nobody looks with these checks any longer: that they fail counts no more.

        Where no other still fails, nothing of its own is left that could show that it is over.
        """
        names = {target: frozenset(f.check for f in gone if f.target == target) for target in self.members}
        hurt = [member for member in self.members.values() if member.failing & names[member.target]]
        members = [member.failing_now(member.failing - names[member.target], at) for member in hurt]
        lost = {*self.failing, *(Fingerprint(one, m.target) for m in hurt for one in m.failing)} & gone
        failing = self.failing - gone
        own = frozenset[Fingerprint]() if self.failing and not failing else self.own - gone
        left = replace(self, own=own, failing=failing, dropped=self.dropped | lost)
        return left.with_members(members)

    def _let_go(self, member: Member, at: datetime) -> Member | None:
        """A member that is no longer there: None where it was proven, and nothing fails that may take it again."""
        if member.standing in SETTLED_FOR_GOOD:
            return member
        return None if member.proven and not self.failing else member.let_go(Ground(Standing.UNWATCHED, "", at))

    def after(self, seen: Observation, needs: Requirement) -> "Incident":
        """This incident once `seen` is known, be it of a check of its own, of a member or of neither.

        `needs`: what proves the target that was looked at.
        """
        if seen.health is Health.UNKNOWN:
            return self
        one = self.own & {seen.fingerprint}
        failing = self.failing | one if seen.health is Health.FAIL else self.failing - one
        incident = replace(self, failing=failing, dropped=self.dropped - {seen.fingerprint})
        member = self.members.get(seen.target)
        if member is None:
            return incident
        return incident.with_member(member.after(seen, needs))

    def told_unproven(self) -> "Incident":
        """This incident once everyone was told what is still unproven when grace ended."""
        return replace(self, surfaced=True)

    def shifted(self, step: timedelta) -> "Incident":
        """The clock was stepped: what is planned by the old time shifts with it, and nothing lasts longer."""
        members = MappingProxyType({t: m.shifted(step) for t, m in self.members.items()})
        earlier = self.earlier and shifted(self.earlier, step)
        return replace(shifted(self, step), members=members, spans=self.spans.shifted(step), earlier=earlier)

    def move(
        self,
        move: Move,
        now: datetime,
        *,
        by: str | None = None,
        why: str = "",
        into: IncidentId | None = None,
        seen: datetime | None = None,
    ) -> "Incident":
        """This incident after `move`. Raises IllegalMove, and changes nothing, where TRANSITIONS has none.

        `by`: the person's Slack id, None where Caretaker itself saw it. `why`: the words of a resolution. `into`:
        the incident it becomes part of. `seen`: when what the move follows from was so, where that was before now.
        """
        self._demand_person(move, by)
        after = replace(self, status=self._to(move), progress_at=now)
        if move in WAYS:
            ended = replace(after, spans=self.spans.ended(seen or now), unstable_since=None)
            end = End(WAYS[move], into)
            return replace(ended, resolved_at=now, resolved_by=by, resolution=why, end=end)
        return _moved(after, move, by, seen or now)

    def _to(self, move: Move) -> Status:
        """Where TRANSITIONS leads. Raises IllegalMove where it has nothing, or this end is for good."""
        to = TRANSITIONS.get((self.status, move))
        if to is None:
            raise IllegalMove(f"cannot {move} incident {self.id}: because it is {self.end or self.status}")
        if move is Move.REOPEN and self.end is not None and not self.end.may_reopen:
            raise IllegalMove(f"cannot {move} incident {self.id}: because it was {self.end}")
        return to

    def _demand_person(self, move: Move, by: str | None) -> None:
        """Raise IllegalMove where somebody is on it already, or where it takes somebody and nobody is."""
        taken_by = self.acknowledged_by if self.end is None else None
        if move in {Move.ACKNOWLEDGE, Move.TAKE_OVER} and taken_by is not None:
            if by == taken_by:
                raise IllegalMove(f"you are already on incident {self.id}")
            if move is Move.ACKNOWLEDGE:
                how = f"To take it over: `/lab take-over {self.id}`"
                raise IllegalMove(f"<@{taken_by}> is already on incident {self.id}. {how}")
        if move in OF_WHO_IS_ON_IT and taken_by is None and not self.ended:
            raise IllegalMove(f"nobody is on incident {self.id}")


def _moved(after: Incident, move: Move, by: str | None, seen: datetime) -> Incident:
    """What else a move changes that does not end an incident; `after` has its new status already."""
    now = after.progress_at
    match move:
        case Move.ACKNOWLEDGE | Move.TAKE_OVER:
            return replace(after, acknowledged_by=by, acknowledged_at=now)
        case Move.TAKE_BACK | Move.LAPSE:
            return replace(after, acknowledged_by=None, acknowledged_at=None, told_at=now, reminded=0)
        case Move.RECOVER:
            return replace(after, recovering_since=seen, surfaced=False, spans=after.spans.ended(seen))
        case Move.RELAPSE:
            held = Status.ACKNOWLEDGED if after.acknowledged_by else Status.OPEN
            spans = after.spans.began(seen)
            return replace(after, status=held, recovering_since=None, surfaced=False, spans=spans)
    return _as_new(after, by, seen)  # Move.REOPEN


def _as_new(incident: Incident, by: str | None, seen: datetime) -> Incident:
    """A reopened incident: who acknowledged or resolved it before no longer holds."""
    now = incident.progress_at
    return replace(
        incident,
        reopened_at=now,
        reopened_by=by,
        spans=incident.spans.began(seen) if by is None or incident.failing else incident.spans,
        told_at=now,
        reminded=0,
        touched=by is not None,
        acknowledged_by=None,
        acknowledged_at=None,
        recovering_since=None,
        surfaced=False,
        resolved_at=None,
        resolved_by=None,
        resolution="",
        end=None,
    )
