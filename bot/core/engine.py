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
from bot.core.kinds import KINDS, LOST, OUTAGES, tells_more

NAMED = 8  # as many names as a phone shows at a glance


def decide(situation: Situation, news: Sequence[Observation], now: datetime) -> Decision:
    """What follows from observations that were believed together, each new to what is known of its fingerprint.

    Their order does not matter, their times do. UNKNOWN is no news: nothing follows from it.
    """
    draft = Draft(situation, now)
    for turn in _turns(news):
        _take_in(draft, turn)
    return draft.decision()


def _turns(news: Sequence[Observation]) -> Sequence[Sequence[Observation]]:
    """The news as taken in: together, but for what one check said later, which comes after what it said first."""
    turns: list[dict[Fingerprint, Observation]] = []
    for seen in sorted(news, key=lambda one: (one.at, one.fingerprint)):
        if seen.health is Health.UNKNOWN:
            continue
        turn = next((t for t in turns if seen.fingerprint not in t), None)
        if turn is None:
            turns.append({seen.fingerprint: seen})
        else:
            turn[seen.fingerprint] = seen
    return [list(turn.values()) for turn in turns]


def _take_in(draft: Draft, news: Sequence[Observation]) -> None:
    """Note the news where it belongs, find an incident for each failure, and bring every status in line."""
    before = dict(draft.incidents)
    draft.hear(news)
    for seen in news:
        _record(draft, seen)
    failures = [seen for seen in news if seen.health is Health.FAIL]
    _place(draft, [seen for seen in failures if not draft.muted(seen.target)])
    for seen in failures:
        if seen.kind in LOST:
            storm.take_along(draft, seen)
    for incident in draft.live():
        failed = incident.id in before and bool(before[incident.id].failing)
        _settle(draft, incident, came_back=failed and not incident.failing)


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
    for incident in list(draft.incidents.values()):
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
    """A person says that it is not over. Raises IllegalMove, also where another incident is about the same.

    It does not end by itself unless its checks fail again and come back: they did not see what the person saw.
    """
    held = situation.incidents.get(incident)
    if held is not None and held.ended:
        rival = Draft(situation, now).rival(held)
        if rival is not None:
            raise IllegalMove(f"cannot reopen incident {incident}: because incident {rival.id} is about the same")
        held = held.brought_up_to(situation.failing, situation.targets)
        situation = replace(situation, incidents={**situation.incidents, incident: held})
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
    """Note `seen` with every incident it concerns. Of an ended one only this: that what failed is well since."""
    for incident in list(draft.incidents.values()):
        if incident.ended:
            if seen.health is Health.OK:
                draft.incidents[incident.id] = incident.after(seen)
        elif seen.fingerprint in incident.own and seen.target == incident.subject:
            _record_own(draft, incident, seen)
        elif seen.target == incident.subject:
            _record_proof(draft, incident, seen)
        elif seen.target in incident.members:
            _record_member(draft, incident, seen)


def _record_member(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's members has news: it may be proven now, or no longer."""
    before = incident.members[seen.target]
    after = draft.keep(incident.after(seen)).members[seen.target]
    name = draft.situation.name(seen.target)
    if seen.health is Health.FAIL:
        draft.event(incident.id, EventKind.WORSE, f"{name}: {seen.why}")
    elif after.proven and not before.proven:
        draft.event(incident.id, EventKind.BETTER, f"{name} is back: {seen.why}")
    elif before.proven and not after.proven:
        draft.event(incident.id, EventKind.WORSE, f"{name} ran before: {seen.why}")


def _record_proof(draft: Draft, incident: Incident, seen: Observation) -> None:
    """Another check of the subject has news. That it is well may be what the incident waits for."""
    if seen.health is Health.OK:
        after = draft.keep(incident.after(seen))
        if len(after.unproven) < len(incident.unproven):
            draft.event(incident.id, EventKind.BETTER, seen.why)


def _record_own(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's own checks has news: it fails or no longer does, and may tell what it really is."""
    draft.keep(incident.after(seen))
    if seen.health is Health.FAIL:
        if not _takes_over(seen, incident) and not _refine(draft, draft.incidents[incident.id], seen):
            draft.event(incident.id, EventKind.WORSE, seen.why)
    elif seen.fingerprint in incident.failing:
        draft.event(incident.id, EventKind.BETTER, seen.why)


def _refine(draft: Draft, incident: Incident, seen: Observation) -> bool:
    """Whether a failure tells more of what an incident is. The same message goes on as that; everyone is told."""
    if seen.kind is None or {seen.kind, incident.kind} & OUTAGES or not tells_more(seen.kind, incident.kind):
        return False
    draft.keep(replace(incident, kind=seen.kind, why=seen.why))
    draft.event(incident.id, EventKind.KIND, f"This is {seen.kind}: {seen.why}")
    draft.tell(incident.id, Tell.BROADCAST, f"This is {seen.kind}: {seen.why}")
    return True


def _takes_over(seen: Observation, incident: Incident) -> bool:
    """Whether it is an outage beyond what `incident` is yet, which makes it its own and says so itself."""
    return seen.kind in LOST and tells_more(seen.kind, incident.kind)


def _place(draft: Draft, failures: Sequence[Observation]) -> None:
    """Find each failure its incident, what explains most first: power, then hosts, then guests, then the rest."""
    left = [seen for seen in failures if not _join(draft, seen)]
    for seen in left:
        if seen.kind is Kind.POWER_LOSS:
            storm.power_lost(draft, seen)
    left = [seen for seen in left if seen.kind is not Kind.POWER_LOSS and not storm.covered(draft, seen)]
    storm.hosts_lost(draft, [seen for seen in left if seen.kind is Kind.HOST_DOWN])
    left = [seen for seen in left if seen.kind is not Kind.HOST_DOWN and not storm.covered(draft, seen)]
    for seen in storm.guests_lost(draft, left):
        if not _join(draft, seen):
            opened = draft.open(seen.kind or Kind.SERVICE_DOWN, seen.target, seen.why, {seen.fingerprint})
            storm.await_subject(draft, opened)


def _join(draft: Draft, seen: Observation) -> bool:
    """Whether a failure has its incident: of its check, or of its subject, since a subject has only one.

    An outage joins nothing less: it takes over instead. What ended while it failed has had its incident, too: a
    person said that it is over, or it is part of another. Only what tells more of it is news.
    """
    for incident in draft.live():
        if _takes_over(seen, incident):
            continue
        of_subject = incident.subject == seen.target and seen.kind not in LOST
        if of_subject or seen.fingerprint in incident.own:
            if seen.fingerprint not in incident.failing:
                one = frozenset({seen.fingerprint})
                _record_own(draft, draft.keep(replace(incident, own=incident.own | one)), seen)
            return True
    return any(seen.fingerprint in i.failing and not tells_more(seen.kind, i.kind) for i in draft.recent())


def _settle(draft: Draft, incident: Incident, *, came_back: bool = False) -> None:
    """Bring the status in line with what fails and what is unproven. `came_back`: just now, all of its own did."""
    incident = draft.incidents[incident.id]
    if incident.failing:
        if incident.status is Status.RECOVERING:
            _relapse(draft, incident)
        return
    if incident.status is not Status.RECOVERING:
        if not came_back:
            return  # a person reopened it: that nothing fails is no news
        if incident.unproven or incident.kind in LOST:
            incident = draft.move(incident, Move.RECOVER)
            draft.event(incident.id, EventKind.STATUS, "recovering")
    if not incident.unproven and not storm.in_grace(draft, incident):
        _close(draft, incident, KINDS[incident.kind].over)


def _relapse(draft: Draft, incident: Incident) -> None:
    why = next(s.why for s in reversed(draft.heard) if s.fingerprint in incident.failing)
    draft.move(incident, Move.RELAPSE)
    draft.event(incident.id, EventKind.STATUS, f"failing again: {why}")
    draft.tell(incident.id, Tell.BROADCAST, f"It fails again before all was well: {why}")


def _close(draft: Draft, incident: Incident, why: str) -> None:
    draft.move(incident, Move.RESOLVE, why=why)
    draft.event(incident.id, EventKind.STATUS, f"resolved: {why}")
    draft.tell(incident.id, Tell.BROADCAST, f"Resolved: {why}.")


def _surface(draft: Draft, incident: Incident) -> None:
    """The time to recover is over: what is still not back is said once, to everyone."""
    incident = draft.incidents[incident.id]
    if incident.status is not Status.RECOVERING or incident.surfaced or storm.has_time(draft, incident):
        return
    names = _names(draft, incident.unproven)
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
    """Take targets that no longer exist out of an incident; one that is about nothing else is over."""
    concerned = gone & {incident.subject, *incident.members, *(f.target for f in incident.own)}
    if not concerned:
        return
    left = incident.without(gone)
    if left.ended:
        draft.incidents[left.id] = left  # so that it does not reopen for another of the same name
        return
    draft.keep(left)
    if not left.own and not left.unproven:
        _close(draft, left, f"no longer there: {_names(draft, sorted(concerned))}")
        return
    draft.note(incident.id, f"No longer there: {_names(draft, sorted(concerned))}.")
    _settle(draft, left, came_back=bool(incident.failing) and not left.failing)


def _names(draft: Draft, targets: Sequence[TargetId]) -> str:
    named = ", ".join(draft.situation.name(target) for target in targets[:NAMED])
    more = len(targets) - NAMED
    return named if more <= 0 else f"{named} and {more} more"


def progressed(incident: Incident, text: str, now: datetime, by: str | None = None) -> tuple[Incident, Event]:
    """`incident` after something other than its checks moved, e.g. a runbook's step, and the line saying so."""
    return replace(incident, progress_at=now), Event(incident.id, now, EventKind.RUN, text, by)
