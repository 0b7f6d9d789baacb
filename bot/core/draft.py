"""What a decision starts from and what it comes to. The draft is the one thing in the core that changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.health import Fingerprint, Kind, Target, TargetId
from bot.core.incident import Event, EventKind, Incident, IncidentId, Member, Move, Notice, Rules, Tell
from bot.core.mute import Silence


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the bot itself was off; known for a while after its start."""

    since: datetime
    until: datetime

    def __str__(self) -> str:
        return f"I was off {self.since:%H:%M}–{self.until:%H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision may know.

    `incidents`: the unresolved ones, and those resolved so recently that they may reopen. `running`: the guests
    last seen running; `lately`: those that ran until a moment ago and were not shut down by anyone. `next_id`: the
    id of the next incident. `gap`: set while the bot has just come back.
    """

    targets: Mapping[TargetId, Target]
    incidents: Mapping[IncidentId, Incident]
    running: frozenset[TargetId]
    silences: tuple[Silence, ...]
    rules: Rules
    next_id: IncidentId
    lately: frozenset[TargetId] = frozenset()
    gap: Gap | None = None

    def target(self, target: TargetId) -> Target:
        """The target of that id; one that is not in the inventory depends on nothing."""
        return self.targets.get(target, Target(target))

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

    def descendants(self, target: TargetId) -> tuple[Target, ...]:
        """All lasting targets that can't do without `target`: ephemeral ones are nobody's concern."""
        return tuple(t for t in self.targets.values() if not t.ephemeral and target in self.ancestors(t.id))


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: incidents new or changed, lines of history, and what to tell. Empty: nothing follows."""

    incidents: tuple[Incident, ...] = ()
    events: tuple[Event, ...] = ()
    notices: tuple[Notice, ...] = ()


class Draft:
    """A decision in the making, over one situation."""

    def __init__(self, situation: Situation, now: datetime) -> None:
        self.situation = situation
        self.now = now
        self.incidents = dict(situation.incidents)
        self._next = situation.next_id
        self._events: list[Event] = []
        self._notices: list[Notice] = []

    def live(self) -> list[Incident]:
        """The incidents that are not resolved, oldest first."""
        return sorted((i for i in self.incidents.values() if not i.ended), key=lambda i: i.id)

    def open(self, kind: Kind, subject: TargetId, why: str, own: Iterable[Fingerprint]) -> Incident:
        """A new incident, its first post and its first line of history."""
        prints = frozenset(own)
        incident = Incident(self._next, kind, subject, why, self.now, self.now, own=prints, failing=prints)
        self._next = IncidentId(self._next + 1)
        self.keep(incident)
        self.event(incident.id, EventKind.OPENED, why)
        if self.situation.gap:
            self.note(incident.id, f"{self.situation.gap}; this may have begun then.")
        return incident

    def keep(self, incident: Incident) -> Incident:
        """Take `incident` as it now is; if that is news, its card is told again."""
        if self.incidents.get(incident.id) != incident:
            self.incidents[incident.id] = incident
            self.tell(incident.id, Tell.CARD)
        return incident

    def adopt(self, incident: Incident, members: Iterable[Member]) -> Incident:
        """`incident` with `members` it does not have yet."""
        for member in members:
            if member.target not in incident.members and member.target != incident.subject:
                incident = incident.with_member(member)
        return self.keep(incident)

    def move(self, incident: Incident, move: Move, *, by: str | None = None, why: str = "") -> Incident:
        """Make a legal move; what it means for people is its caller's to tell."""
        return self.keep(incident.move(move, self.now, by=by, why=why))

    def merge(self, incident: Incident, into: IncidentId) -> None:
        """Close `incident` because `into` covers the same trouble; its members were adopted there."""
        words = f"Part of incident {into}: what is still unproven is followed there."
        self.move(incident, Move.RESOLVE, why=words)
        self.note(incident.id, words)

    def event(self, incident: IncidentId, kind: EventKind, text: str, by: str | None = None) -> None:
        """A line of history. It counts as progress, so that an acknowledgement does not lapse meanwhile."""
        self._events.append(Event(incident, self.now, kind, text, by))
        held = self.incidents[incident]
        self.incidents[incident] = replace(held, progress_at=self.now)

    def note(self, incident: IncidentId, text: str) -> None:
        """A line of history that is also told in the thread."""
        self.event(incident, EventKind.NOTE, text)
        self.tell(incident, Tell.LINE, text)

    def tell(self, incident: IncidentId, tell: Tell, text: str = "") -> None:
        """Something to tell; the same card is told once a decision."""
        notice = Notice(incident, tell, text)
        if notice not in self._notices:
            self._notices.append(notice)

    def decision(self) -> Decision:
        """What was drafted: only what differs from the situation."""
        before = self.situation.incidents
        changed = [i for i in self.incidents.values() if before.get(i.id) != i]
        return Decision(tuple(changed), tuple(self._events), tuple(self._notices))
