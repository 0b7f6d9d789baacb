"""What a decision comes to, and that in the making: the draft is the one thing in the core that changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.dependence import Dependence
from bot.core.health import (
    ANSWERED,
    RESTARTS,
    CheckName,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    is_condition,
)
from bot.core.incident import (
    Event,
    EventKind,
    IllegalMove,
    Incident,
    IncidentId,
    Member,
    Move,
    Notice,
    Tell,
)
from bot.core.incidents.situation import Situation
from bot.core.mute import muted


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: incidents new or changed, lines of history, and what to tell. Empty: nothing follows."""

    incidents: tuple[Incident, ...] = ()
    events: tuple[Event, ...] = ()
    notices: tuple[Notice, ...] = ()


class Draft:
    """A decision in the making, over one situation.

    `heard`: the news taken in so far, the last word last, but for what UPSes are like. `unseen`: as in Situation,
    after all the news.
    """

    def __init__(self, situation: Situation, now: datetime) -> None:
        self.situation = situation
        self.now = now
        self.incidents = dict(situation.incidents)
        self.heard: list[Observation] = []
        self.unseen = dict(situation.unseen)
        self._heard_of: dict[TargetId, list[Observation]] = defaultdict(list)
        self._failing: dict[TargetId, set[CheckName]] = defaultdict(set)  # after what was heard
        for one in situation.failing:
            if not is_condition(one):
                self._failing[one.target].add(one.check)
        self._dependence: Dependence | None = None  # most decisions do without
        self._said: dict[Fingerprint, Observation] = {}  # the last word of each check
        self._next = situation.next_id
        self._events: dict[Event, None] = {}  # in order, each once
        self._notices: dict[Notice, None] = {}

    def live(self) -> list[Incident]:
        """The incidents that are not resolved, oldest first."""
        return sorted((i for i in self.incidents.values() if not i.ended), key=lambda i: i.id)

    def held(self, incident: IncidentId, do: str) -> Incident:
        """The incident of that number, whatever became of it. `do`: to what end. Raises IllegalMove."""
        held = self.incidents.get(incident)
        if held is None:
            raise IllegalMove(
                f"cannot {do} incident {incident}: because there is none of that number, or it is long over"
            )
        return held

    def recent(self) -> list[Incident]:
        """The incidents resolved so short a time ago that they may reopen, the last one first."""
        rules, now = self.situation.rules, self.now
        ended = [
            one
            for one in self.incidents.values()
            if one.resolved_at is not None and now - one.resolved_at <= rules.reopens_within(one.kind)
        ]
        return sorted(ended, key=lambda i: i.id, reverse=True)

    def look_at(self, last: Iterable[Observation]) -> None:
        """Note which checks can't look, by the last word of each."""
        for one in last:
            if one.health is Health.UNKNOWN:
                self.unseen.setdefault(one.fingerprint, one.at)
            else:
                self.unseen.pop(one.fingerprint, None)

    def hear(self, news: Iterable[Observation]) -> None:
        """Take news in; what follows from them is the engine's."""
        for one in news:
            self._said[one.fingerprint] = one
            if is_condition(one.fingerprint):
                continue
            self.heard.append(one)
            self._heard_of[one.target].append(one)
            if one.health is Health.FAIL:
                self._failing[one.target].add(one.fingerprint.check)
            else:
                self._failing[one.target].discard(one.fingerprint.check)

    def heard_of(self, target: TargetId) -> Sequence[Observation]:
        """The news of a target, the last word last."""
        return self._heard_of.get(target, ())

    def failing_of(self, target: TargetId) -> frozenset[CheckName]:
        """The checks of a target that fail after what was heard, but that it restarts: see recording.is_apart."""
        return frozenset(self._failing.get(target, ())) - {RESTARTS}

    @property
    def failing(self) -> frozenset[Fingerprint]:
        """All checks that fail after what was heard."""
        return frozenset(Fingerprint(check, target) for target, those in self._failing.items() for check in those)

    def descendants(self, target: TargetId) -> tuple[Target, ...]:
        """All lasting targets that can't do without `target`."""
        if self._dependence is None:
            self._dependence = Dependence(self.situation.targets.values())
        return self._dependence.descendants(target)

    def well_since(self, checks: Iterable[Fingerprint]) -> datetime:
        """Since when the last of these checks has found all well, as far as is known."""
        told = (self._said[one] for one in checks if one in self._said)
        return min(self.now, max((one.since or one.at for one in told), default=self.now))

    def rival(self, incident: Incident) -> Incident | None:
        """The live incident about the subject or a check of `incident`, which may not reopen beside it."""
        for other in self.live():
            if other.subject == incident.subject or not other.own.isdisjoint(incident.own):
                return other
        return None

    def muted(self, target: TargetId) -> bool:
        """Whether nobody wants to hear of that target now."""
        situation = self.situation
        above = situation.ancestors(target)
        return muted(situation.target(target), situation.silences, self.now, above, situation.name) is not None

    def failed_since(self, checks: Iterable[Fingerprint]) -> datetime:
        """Since when the first of these checks has failed, as far as is known: from when it answered last."""
        told = (self._said[one] for one in checks if one in self._said)
        return min((_began(one) for one in told if one.health is Health.FAIL), default=self.now)

    def new(self, kind: Kind, subject: TargetId, why: str, own: frozenset[Fingerprint]) -> Incident:
        """A new incident, not told yet."""
        known = min((self._said[one].at for one in own if one in self._said), default=self.now)
        incident = Incident(self._next, kind, subject, why, min(self.now, known), self.now, own=own, failing=own)
        self._next = IncidentId(self._next + 1)
        return self.keep(incident)

    def keep(self, incident: Incident) -> Incident:
        """Take `incident` as it now is; if that is news, its card is told again."""
        if self.incidents.get(incident.id) != incident:
            self.incidents[incident.id] = incident
            self.tell(incident.id, Tell.CARD)
        return incident

    def adopt(self, incident: IncidentId, members: Iterable[Member]) -> None:
        """Let an incident have `members`; of those it has already, it learns whether they ran and what fails."""
        held = self.incidents[incident]
        adopted: dict[TargetId, Member] = {}
        for member in members:
            known = adopted.get(member.target) or held.members.get(member.target)
            adopted[member.target] = _both(known, member, self.now)
        self.keep(held.with_members(adopted.values()))

    def move(
        self,
        incident: Incident,
        move: Move,
        *,
        by: str | None = None,
        why: str = "",
        into: IncidentId | None = None,
        seen: datetime | None = None,
    ) -> Incident:
        """Make a legal move; what it means for people is its caller's to tell."""
        return self.keep(incident.move(move, self.now, by=by, why=why, into=into, seen=seen))

    def event(self, incident: IncidentId, kind: EventKind, text: str, by: str | None = None) -> None:
        """A line of history, written once. It is progress: an acknowledgement does not lapse meanwhile."""
        self._events[Event(incident, self.now, kind, text, by)] = None
        held = self.incidents[incident]
        self.incidents[incident] = replace(held, progress_at=self.now, touched=held.touched or by is not None)

    def note(self, incident: IncidentId, text: str) -> None:
        """A line of history that is also told in the thread."""
        self.event(incident, EventKind.NOTE, text)
        self.tell(incident, Tell.LINE, text)

    def tell(self, incident: IncidentId, tell: Tell, text: str = "") -> None:
        """Something to tell; the same is told once a decision, and of a muted subject nothing is broadcast."""
        if tell is Tell.BROADCAST and self.muted(self.incidents[incident].subject):
            tell = Tell.LINE
        self._notices[Notice(incident, tell, text)] = None

    def decision(self) -> Decision:
        """What was drafted: only what differs from the situation."""
        before = self.situation.incidents
        changed = [i for i in self.incidents.values() if before.get(i.id) != i]
        return Decision(tuple(changed), tuple(self._events), tuple(self._notices))


def _began(failure: Observation) -> datetime:
    if ANSWERED in failure.facts:
        return datetime.fromisoformat(failure.facts[ANSWERED])
    return failure.since or failure.at


def _both(held: Member | None, other: Member, now: datetime) -> Member:
    """A member that is adopted once more: what either has in doubt is so."""
    if held is None:
        return other
    known = held.failing_now(held.failing | other.failing, now)
    return replace(known, was_running=held.was_running or other.was_running)
