"""From what was seen, from the passing of time and from what people say to what becomes of the incidents.

Each function takes a situation and returns a Decision; it never changes what it was given. Which failures belong
together is storm.py's; which are not told is mute.py's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core import storm
from bot.core.draft import Decision, Draft, Situation
from bot.core.health import Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incident import Event, EventKind, IllegalMove, Incident, IncidentId, Move, Status, Tell
from bot.core.mute import muted


def decide(situation: Situation, news: Sequence[Observation], now: datetime) -> Decision:
    """What follows from observations that were believed together, each new to what is known of its fingerprint."""
    draft = Draft(situation, now)
    for seen in news:
        _record(draft, seen)
    failures = [
        s
        for s in news
        if s.health is Health.FAIL and not muted(situation.target(s.target), situation.silences, now)
    ]
    _explain(draft, [s for s in failures if not _known(draft, s)])
    for incident in draft.live():
        _settle(draft, incident)
    return draft.decision()


def pass_time(situation: Situation, now: datetime) -> Decision:
    """What follows from time alone: grace ends, an acknowledgement lapses."""
    draft = Draft(situation, now)
    for incident in draft.live():
        _settle(draft, incident)
    for incident in draft.live():
        _surface(draft, incident)
        _lapse(draft, incident)
    return draft.decision()


def forget(situation: Situation, gone: Sequence[TargetId], now: datetime) -> Decision:
    """What follows when targets are no longer there at all: nobody waits for them, and that is on record."""
    draft = Draft(situation, now)
    for incident in draft.live():
        _let_go(draft, incident, frozenset(gone))
    return draft.decision()


def acknowledge(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person takes the incident on. Raises IllegalMove."""
    return _person(situation, incident, Move.ACKNOWLEDGE, by, now, "acknowledged")


def take_back(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person gives an acknowledgement back. Raises IllegalMove."""
    return _person(situation, incident, Move.TAKE_BACK, by, now, "took the acknowledgement back")


def resolve(situation: Situation, incident: IncidentId, by: str, reason: str, now: datetime) -> Decision:
    """A person says that it is over, and why. Raises IllegalMove, also without a reason."""
    if not reason.strip():
        raise IllegalMove(f"cannot resolve incident {incident}: because no reason was given")
    return _person(situation, incident, Move.RESOLVE, by, now, f"resolved: {reason}", reason)


def reopen(situation: Situation, incident: IncidentId, by: str, now: datetime) -> Decision:
    """A person says that it is not over. Raises IllegalMove."""
    return _person(situation, incident, Move.REOPEN, by, now, "reopened")


def _person(
    situation: Situation, incident: IncidentId, move: Move, by: str, now: datetime, words: str, why: str = ""
) -> Decision:
    draft = Draft(situation, now)
    held = draft.incidents.get(incident)
    if held is None:
        raise IllegalMove(
            f"cannot {move} incident {incident}: because there is none of that number, or it is long over"
        )
    draft.move(held, move, by=by, why=why)
    draft.event(incident, EventKind.STATUS, words, by)
    told = Tell.BROADCAST if move is Move.REOPEN else Tell.LINE
    draft.tell(incident, told, f"<@{by}> {words}")
    return draft.decision()


def _record(draft: Draft, seen: Observation) -> None:
    """Note `seen` with every live incident it concerns."""
    for incident in draft.live():
        if seen.fingerprint in incident.own:
            _record_own(draft, incident, seen)
        if seen.target in incident.members:
            _record_member(draft, draft.incidents[incident.id], seen)
    if seen.health is Health.FAIL and seen.kind is Kind.HOST_DOWN:
        storm.doubt_dependents(draft, seen.target)


def _record_member(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's members has news: it may be proven now, or no longer."""
    before = incident.members[seen.target]
    after = before.after(seen)
    draft.keep(incident.with_member(after))
    if after.proven is not before.proven:
        name = seen.target.partition(":")[2]
        text = f"{name} is back: {seen.why}" if after.proven else f"{name}: {seen.why}"
        draft.event(incident.id, EventKind.BETTER if after.proven else EventKind.WORSE, text)


def _record_own(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's own checks has news: which of them fail, and perhaps what it really is."""
    one = frozenset({seen.fingerprint})
    if seen.health is Health.OK and seen.fingerprint in incident.failing:
        draft.keep(replace(incident, failing=incident.failing - one))
        draft.event(incident.id, EventKind.BETTER, seen.why)
    elif seen.health is Health.FAIL:
        if seen.fingerprint not in incident.failing:
            draft.keep(replace(incident, failing=incident.failing | one))
            draft.event(incident.id, EventKind.WORSE, seen.why)
        if seen.kind in storm.SPECIFIC and incident.kind is Kind.GUEST_DOWN:
            draft.keep(replace(draft.incidents[incident.id], kind=seen.kind, why=seen.why))
            draft.tell(incident.id, Tell.BROADCAST, f"This is {seen.kind}: {seen.why}")


def _known(draft: Draft, seen: Observation) -> bool:
    """Whether a failure needs no incident of its own: a live one is about it, covers it, or it reopens one."""
    if _join(draft, seen):
        return True
    cover = storm.covering(draft, seen)
    if cover is not None:
        if seen.target not in cover.members:
            draft.event(cover.id, EventKind.WORSE, f"{seen.target.partition(':')[2]}: {seen.why}")
        return True
    return _reopen(draft, seen)


def _join(draft: Draft, seen: Observation) -> bool:
    """A subject has one incident: whatever else fails of it while that is open belongs to that."""
    for incident in draft.live():
        explains_more = seen.kind in {Kind.POWER_LOSS, Kind.HOST_DOWN} and incident.kind not in storm.OUTAGES
        if incident.subject == seen.target and seen.kind not in {Kind.POWER_LOSS, Kind.HOST_DOWN}:
            if seen.fingerprint not in incident.own:
                one = frozenset({seen.fingerprint})
                draft.keep(replace(incident, own=incident.own | one))
                _record_own(draft, draft.incidents[incident.id], seen)
            return True
        if seen.fingerprint in incident.own and not explains_more and seen.kind not in storm.SPECIFIC:
            return True
    return False


def _reopen(draft: Draft, seen: Observation) -> bool:
    """Reopen what was resolved just now and fails again."""
    since = draft.now - draft.situation.rules.reopen_within
    for incident in draft.incidents.values():
        recent = incident.resolved_at is not None and incident.resolved_at >= since
        if recent and incident.subject == seen.target and seen.fingerprint in incident.own:
            again = draft.move(incident, Move.REOPEN)
            draft.keep(replace(again, failing=again.failing | {seen.fingerprint}, why=seen.why))
            draft.event(incident.id, EventKind.STATUS, f"reopened: {seen.why}")
            draft.tell(incident.id, Tell.BROADCAST, f"It fails again: {seen.why}")
            storm.again(draft, draft.incidents[incident.id])
            return True
    return False


def _explain(draft: Draft, failures: Sequence[Observation]) -> None:
    """Open what must be opened, what explains most first: power, then hosts, then guests, then the rest."""
    rest: list[Observation] = []
    for seen in failures:
        if seen.kind is Kind.POWER_LOSS:
            storm.power_lost(draft, seen)
        elif seen.kind is not Kind.HOST_DOWN:
            rest.append(seen)
    for seen in failures:
        if seen.kind is Kind.HOST_DOWN and not storm.covering(draft, seen):
            storm.host_lost(draft, seen)
    rest = [s for s in rest if not storm.covering(draft, s)]
    storm.guests_lost(draft, [s for s in rest if s.kind is Kind.GUEST_DOWN])
    for seen in rest:
        if seen.kind is not Kind.GUEST_DOWN:
            draft.open(seen.kind or Kind.SERVICE_DOWN, seen.target, seen.why, {seen.fingerprint})


def _settle(draft: Draft, incident: Incident) -> None:
    """Bring the status in line with what fails and what is unproven."""
    incident = draft.incidents[incident.id]
    if incident.failing:
        if incident.status is Status.RECOVERING:
            draft.move(incident, Move.RELAPSE)
            draft.event(incident.id, EventKind.STATUS, "failing again")
            draft.tell(incident.id, Tell.BROADCAST, "It fails again before all was well.")
        return
    if incident.status is not Status.RECOVERING and (incident.unproven or incident.kind in storm.OUTAGES):
        incident = draft.move(incident, Move.RECOVER)
        draft.event(incident.id, EventKind.STATUS, "recovering")
    if not incident.unproven and not storm.in_grace(draft, incident):
        draft.move(incident, Move.RESOLVE, why="all proven healthy")
        draft.event(incident.id, EventKind.STATUS, "resolved: all proven healthy")
        draft.tell(incident.id, Tell.BROADCAST, "Resolved: all proven healthy.")


def _surface(draft: Draft, incident: Incident) -> None:
    """Grace is over: what is still not back is said once, to everyone."""
    incident = draft.incidents[incident.id]
    if incident.status is not Status.RECOVERING or incident.surfaced or storm.in_grace(draft, incident):
        return
    names = ", ".join(t.partition(":")[2] for t in incident.unproven)
    draft.keep(replace(incident, surfaced=True))
    draft.event(incident.id, EventKind.NOTE, f"still not proven healthy: {names}")
    draft.tell(incident.id, Tell.BROADCAST, f"Time to recover is over. Still not proven healthy: {names}")


def _lapse(draft: Draft, incident: Incident) -> None:
    """Nobody has moved an acknowledged incident for hours: it is open again."""
    incident = draft.incidents[incident.id]
    rules = draft.situation.rules
    if incident.status is Status.ACKNOWLEDGED and draft.now - incident.progress_at >= rules.acknowledgement_lapses:
        by = incident.acknowledged_by
        draft.move(incident, Move.LAPSE)
        draft.event(incident.id, EventKind.STATUS, "the acknowledgement lapsed")
        draft.tell(
            incident.id, Tell.BROADCAST, f"<@{by}> acknowledged this, but nothing has moved since. It is open."
        )


def _let_go(draft: Draft, incident: Incident, gone: frozenset[TargetId]) -> None:
    """Take targets that no longer exist out of an incident."""
    members = {t: m for t, m in incident.members.items() if t not in gone}
    failing = frozenset[Fingerprint](f for f in incident.failing if f.target not in gone)
    if len(members) == len(incident.members) and failing == incident.failing:
        return
    names = ", ".join(sorted(t.partition(":")[2] for t in gone & (set(incident.members) | {incident.subject})))
    draft.keep(replace(incident, members=members, failing=failing))
    draft.note(incident.id, f"No longer there: {names}.")
    _settle(draft, incident)


def progressed(incident: Incident, text: str, now: datetime, by: str | None = None) -> tuple[Incident, Event]:
    """`incident` after something other than its checks moved, e.g. a runbook's step, and the line saying so."""
    return replace(incident, progress_at=now), Event(incident.id, now, EventKind.RUN, text, by)
