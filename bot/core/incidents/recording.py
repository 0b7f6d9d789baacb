"""The first stage of a decision: what was seen is noted with every incident that it concerns.

Which incident a failure belongs to that none has yet is correlation.py's; what a status becomes is settle.py's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.health import ANSWERED, BOOT, RESTARTS, Health, Kind, Observation, is_condition
from bot.core.incident import Event, EventKind, Incident, IncidentId
from bot.core.incidents import on_battery
from bot.core.incidents.announce import ring, titled
from bot.core.incidents.draft import Draft
from bot.core.incidents.host_report import UP_SINCE, only_up
from bot.core.incidents.member import GONE
from bot.core.kinds import APART, LOST, OUTAGES, tells_more
from bot.core.lengths import clock_time


def record(draft: Draft, seen: Observation) -> None:
    """Note `seen` with every incident it concerns. Of an ended one only this: that what failed is well since."""
    for incident in list(draft.incidents.values()):
        if is_apart(incident, seen):
            continue
        told = _within(incident, seen)
        if incident.ended:
            if seen.health is Health.OK:
                failing = incident.failing - {seen.fingerprint}
                draft.incidents[incident.id] = replace(incident, failing=failing)
        elif seen.fingerprint in incident.own and seen.target == incident.subject:
            record_own(draft, incident, told)
        elif seen.target == incident.subject:
            _record_proof(draft, incident, told)
        elif seen.target in incident.members:
            _record_member(draft, incident, told)


def _within(incident: Incident, seen: Observation) -> Observation:
    """What was seen, as it is told of an incident: a host that has booted since that began did go off."""
    member, booted = incident.members.get(seen.target), seen.facts.get(UP_SINCE)
    since_then = booted is not None and datetime.fromisoformat(booted) > incident.since
    went_off = since_then or (member is not None and member.booted)
    return replace(seen, why=only_up(seen.why)) if went_off else seen


def _record_member(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's members has news: it may be proven now, or no longer."""
    before = incident.members[seen.target]
    after = draft.keep(incident.after(seen, draft.situation.needs(seen.target))).members[seen.target]
    name = draft.situation.name(seen.target)
    if seen.health is Health.FAIL:
        draft.event(incident.id, EventKind.WORSE, f"{name}: {seen.why}")
    elif after.proven and not before.proven:
        back = f"{name}: {seen.why}" if after.running is False else f"{name} is back: {seen.why}"
        draft.event(incident.id, EventKind.BETTER, back)
    elif (before.proven and not after.proven) or (after.restarts or 0) > (before.restarts or 0):
        draft.event(incident.id, EventKind.WORSE, f"{name} {_doubt(seen)}: {seen.why}")


def _doubt(seen: Observation) -> str:
    if seen.restarted:
        return "has started anew"
    if not seen.began_anew:
        return "ran before"
    return "is no longer proven healthy" if seen.fingerprint.check == BOOT else "may have started anew"


def _record_proof(draft: Draft, incident: Incident, seen: Observation) -> None:
    """Another check of the subject has news. That it is well may be what the incident waits for.

    Where it fails, its subject is not well; which incident says so, is decided later.
    """
    after = draft.keep(incident.after(seen, draft.situation.needs(seen.target)))
    if len(after.unproven) < len(incident.unproven):
        draft.event(incident.id, EventKind.BETTER, seen.why)


def record_own(draft: Draft, incident: Incident, seen: Observation) -> None:
    """One of the incident's own checks has news: it fails or no longer does, and may tell what it really is."""
    after = draft.keep(incident.after(seen, draft.situation.needs(seen.target)))
    if seen.health is Health.FAIL:
        if not takes_over(seen, incident) and not _refine(draft, draft.incidents[incident.id], seen):
            _say_what_is(draft, draft.incidents[incident.id], seen)
    elif seen.fingerprint in incident.failing or len(after.unproven) < len(incident.unproven):
        draft.event(incident.id, EventKind.BETTER, seen.why)


def _say_what_is(draft: Draft, incident: Incident, seen: Observation) -> None:
    """It still fails. Whether it can be told where a guest went may differ: a card says what is now."""
    if incident.kind is seen.kind and (seen.fingerprint.check in GONE or incident.kind is Kind.NETWORK_DOWN):
        draft.keep(replace(incident, why=seen.why))
    if incident.kind is Kind.POWER_LOSS and on_battery.tells_of_battery(seen):
        on_battery.say(draft, incident, seen)
    draft.event(incident.id, EventKind.WORSE, seen.why)


def _refine(draft: Draft, incident: Incident, seen: Observation) -> bool:
    """Whether a failure tells more of what an incident is. The same message goes on as that; everyone is told."""
    if seen.kind is None or {seen.kind, incident.kind} & OUTAGES or not tells_more(seen.kind, incident.kind):
        return False
    draft.keep(replace(incident, kind=seen.kind, why=seen.why))
    draft.event(incident.id, EventKind.KIND, f"This is {seen.kind}: {seen.why}")
    now = draft.incidents[incident.id]
    ring(draft, now, f"🔴 {titled(draft, now)}: {seen.why}. It began as: {titled(draft, incident)}.")
    return True


def is_apart(incident: Incident, seen: Observation) -> bool:
    """Whether neither concerns the other: what a UPS is like and the power, or a loop of restarts and an outage.

    An outage waits for what restarts to stay well for a while, and not until it has done so for an hour.
    """
    if seen.fingerprint.check == RESTARTS:
        return incident.kind in OUTAGES
    if is_condition(seen.fingerprint):
        return incident.kind not in APART
    return incident.subject == seen.target and incident.kind in APART


def takes_over(seen: Observation, incident: Incident) -> bool:
    """Whether it is an outage beyond what `incident` is yet, which makes it its own and says so itself."""
    return seen.kind in LOST and tells_more(seen.kind, incident.kind)


def write_down(draft: Draft, incident: IncidentId, seen: Iterable[Observation]) -> None:
    """Failures that are part of an incident are lines of its history."""
    for one in seen:
        draft.event(incident, EventKind.WORSE, f"{draft.situation.name(one.target)}: {one.why}")


def note_last_answers(draft: Draft, opened: Sequence[Incident], failures: Sequence[Observation]) -> None:
    """When what fell silent answered last: that an incident is believed only later, is not how long it lasted."""
    for incident in opened:
        told = [seen for seen in failures if seen.fingerprint in incident.own and ANSWERED in seen.facts]
        if told:
            last = max(told, key=lambda seen: datetime.fromisoformat(seen.facts[ANSWERED]))
            at = datetime.fromisoformat(last.facts[ANSWERED])
            when = clock_time(at, draft.situation.zone, "%H:%M:%S")
            words = f"{draft.situation.name(last.target)} last answered at {when}."
            draft.event(incident.id, EventKind.NOTE, words)
            known = draft.incidents[incident.id]
            draft.keep(replace(known, answered_at=at, spans=known.spans.from_the_start(at)))


def progressed(incident: Incident, text: str, now: datetime, by: str | None = None) -> tuple[Incident, Event]:
    """`incident` after something other than its checks moved, e.g. a runbook's step, and the line saying so."""
    touched = incident.touched or by is not None
    return replace(incident, progress_at=now, touched=touched), Event(incident.id, now, EventKind.RUN, text, by)
