"""What a decision starts from and what it comes to. The draft is the one thing in the core that changes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from bot.core.dependence import Dependence
from bot.core.health import (
    ANSWERED,
    CheckName,
    Fingerprint,
    Health,
    Kind,
    Observation,
    Target,
    TargetId,
    TargetKind,
    is_condition,
)
from bot.core.incident import (
    Earlier,
    Event,
    EventKind,
    Incident,
    IncidentId,
    Member,
    Move,
    Notice,
    Rules,
    Tell,
)
from bot.core.incidents.evidence import Requirement, requirement
from bot.core.lengths import clock_time, lasted
from bot.core.mute import Silence, muted
from bot.core.names import UNTOLD, Names


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the bot itself was off, or could not do its work; known for a while afterwards.

    `well`: the checks that have found all well since.
    """

    since: datetime
    until: datetime
    what: str = "I was off"
    zone: tzinfo = UTC
    shut_down: frozenset[TargetId] = frozenset()
    well: frozenset[Fingerprint] = frozenset()

    def followed_by(self, answered: Mapping[Fingerprint, datetime]) -> "Gap":
        """This gap once each check has found all well last when it is told here."""
        return replace(self, well=frozenset(one for one, at in answered.items() if at >= self.until))

    def __str__(self) -> str:
        since, until = (at.astimezone(self.zone) for at in (self.since, self.until))
        if self.since == self.until:  # for how long can't be told
            return f"{self.what} until {clock_time(self.until, self.zone)}"
        if f"{since:%F %R}" == f"{until:%F %R}":
            return f"{self.what} for {lasted(self.until - self.since)} at {clock_time(self.since, self.zone)}"
        form = "%H:%M" if since.date() == until.date() else "%d %b %H:%M"
        return f"{self.what} {since:{form}}–{until:{form}} {until.tzname()}"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision may know.

    `incidents`: the unresolved ones, and those resolved so recently that they may reopen. `running`: the guests
    last seen running; `lately`: those that ran until a moment ago and were not shut down by anyone; `shut_down`:
    those that were shut down so lately that it may have been because of an outage. `failing`: the checks believed
    to fail; `well`: the targets that are proven so. `checks`: those that lab.yaml gives each target. `next_id`:
    the id of the next incident. `gap`: set while the bot has just come back. `name`: what people call a target.
    `owner`: a Slack id. `ended`: the last incident of each kind and subject that is over. `zone`: in which people
    are told times.
    """

    targets: Mapping[TargetId, Target]
    incidents: Mapping[IncidentId, Incident]
    running: frozenset[TargetId]
    silences: tuple[Silence, ...]
    rules: Rules
    next_id: IncidentId
    lately: frozenset[TargetId] = frozenset()
    failing: frozenset[Fingerprint] = frozenset()
    well: frozenset[TargetId] = frozenset()
    checks: Mapping[TargetId, frozenset[CheckName]] = field(default_factory=lambda: MappingProxyType({}))
    gap: Gap | None = None
    name: Names = UNTOLD
    owner: str = ""
    ended: Mapping[tuple[Kind, TargetId], Earlier] = field(default_factory=lambda: MappingProxyType({}))
    zone: tzinfo = UTC
    shut_down: frozenset[TargetId] = frozenset()

    def mentioning(self, words: str) -> str:
        """These words so that the owner's phone rings."""
        return f"{words} <@{self.owner}>" if self.owner else words

    def target(self, target: TargetId) -> Target:
        """The target of that id; one that is not in the inventory depends on nothing."""
        return self.targets.get(target) or Target(target)

    def ancestors(self, target: TargetId) -> frozenset[TargetId]:
        """All that `target` can't be healthy or seen without, however far up."""
        found: set[TargetId] = set()
        ahead = list(self.target(target).parents)
        while ahead:
            parent = ahead.pop()
            if parent not in found:
                found.add(parent)
                ahead.extend(self.target(parent).parents)
        return frozenset(found)

    def needs(self, target: TargetId) -> Requirement:
        """What proves `target`."""
        return requirement(self.target(target), self.checks.get(target, frozenset()), self.rules.steady)

    def is_well(self, target: TargetId) -> bool:
        """Whether it is proven well now, and runs if it is a guest."""
        runs = self.target(target).kind is not TargetKind.GUEST or target in self.running
        return target in self.well and runs

    def ran(self, target: TargetId) -> bool:
        """Whether it is a guest that ran until now, or until a moment ago."""
        return target in self.running or target in self.lately


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: incidents new or changed, lines of history, and what to tell. Empty: nothing follows."""

    incidents: tuple[Incident, ...] = ()
    events: tuple[Event, ...] = ()
    notices: tuple[Notice, ...] = ()


class Draft:
    """A decision in the making, over one situation.

    `heard`: the news taken in so far, the last word last, but for what UPSes are like.
    """

    def __init__(self, situation: Situation, now: datetime) -> None:
        self.situation = situation
        self.now = now
        self.incidents = dict(situation.incidents)
        self.heard: list[Observation] = []
        self._heard_of: dict[TargetId, list[Observation]] = defaultdict(list)
        self._failing: dict[TargetId, set[CheckName]] = defaultdict(set)  # after what was heard
        for one in situation.failing:
            if not is_condition(one):
                self._failing[one.target].add(one.check)
        self._dependence: Dependence | None = None  # most decisions do without
        self._looked: dict[Fingerprint, datetime] = {}  # when each check looked last
        self._next = situation.next_id
        self._events: dict[Event, None] = {}  # in order, each once
        self._notices: dict[Notice, None] = {}

    def live(self) -> list[Incident]:
        """The incidents that are not resolved, oldest first."""
        return sorted((i for i in self.incidents.values() if not i.ended), key=lambda i: i.id)

    def recent(self) -> list[Incident]:
        """The incidents resolved so short a time ago that they may reopen, the last one first."""
        rules, now = self.situation.rules, self.now
        ended = [
            one
            for one in self.incidents.values()
            if one.resolved_at is not None and now - one.resolved_at <= rules.reopens_within(one.kind)
        ]
        return sorted(ended, key=lambda i: i.id, reverse=True)

    def hear(self, news: Iterable[Observation]) -> None:
        """Take news in; what follows from them is the engine's."""
        for one in news:
            self._looked[one.fingerprint] = one.at
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
        """The checks of a target that fail after what was heard."""
        return frozenset(self._failing.get(target, ()))

    @property
    def failing(self) -> frozenset[Fingerprint]:
        """All checks that fail after what was heard."""
        return frozenset(Fingerprint(check, target) for target, those in self._failing.items() for check in those)

    def descendants(self, target: TargetId) -> tuple[Target, ...]:
        """All lasting targets that can't do without `target`."""
        if self._dependence is None:
            self._dependence = Dependence(self.situation.targets.values())
        return self._dependence.descendants(target)

    def looked(self, checks: Iterable[Fingerprint]) -> datetime:
        """When the last of these checks looked: now, or before, if that could not be written then."""
        return min(self.now, max((self._looked[one] for one in checks if one in self._looked), default=self.now))

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
        wanted = frozenset(checks)
        told = [one for one in self.heard if one.fingerprint in wanted and one.health is Health.FAIL]
        known = [datetime.fromisoformat(one.facts[ANSWERED]) if ANSWERED in one.facts else one.at for one in told]
        return min(known, default=self.now)

    def new(self, kind: Kind, subject: TargetId, why: str, own: frozenset[Fingerprint]) -> Incident:
        """A new incident, not told yet."""
        began = min((self.looked([one]) for one in own), default=self.now)
        incident = Incident(self._next, kind, subject, why, began, self.now, own=own, failing=own)
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


def _both(held: Member | None, other: Member, now: datetime) -> Member:
    """A member that is adopted once more: what either has in doubt is so."""
    if held is None:
        return other
    known = held.failing_now(held.failing | other.failing, now)
    return replace(known, was_running=held.was_running or other.was_running)
