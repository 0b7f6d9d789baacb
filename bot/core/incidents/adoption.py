"""What an outage adopts: what depended on what is lost, as it was last known, and what was seen since.

Also what was shut down just before its host went, or during an outage: shutdowns.py says why.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.core.health import RAN, Kind, Observation, TargetId, TargetKind
from bot.core.incident import Incident, Member
from bot.core.incidents.draft import Draft
from bot.core.incidents.member import SETTLED_FOR_GOOD, Ground, Standing
from bot.core.incidents.shutdowns import troubles
from bot.core.kinds import KINDS, LOST


def await_subject(draft: Draft, incident: Incident) -> None:
    """An incident is not over when its check no longer fails, but when its subject is proven healthy."""
    if KINDS[incident.kind].hurts:
        draft.adopt(incident.id, [as_adopted(draft, incident.subject)])


def begins_anew(draft: Draft, incident: Incident) -> Incident:
    """An outage goes on after it seemed to be over: what was proven in between may go off with this one, too.

    What is well now has not gone off yet, or not again; of what can't be seen nobody knows. What someone wants off
    may stay so.
    """
    if incident.kind not in LOST:
        return incident
    for member in incident.members.values():
        if member.proven and member.standing not in SETTLED_FOR_GOOD:
            doubted = member.doubted(draft.now)
            incident = incident.with_member(member if draft.situation.is_well(member.target) else doubted)
    return draft.keep(incident)


def take_along(draft: Draft, seen: Observation) -> None:
    """Power or a host is gone: the outages that know it adopt what ran on it.

    Behind a dead host nothing that was seen of its guests counts any more; behind a UPS, it may carry them all.
    """
    for incident in draft.live():
        knows = seen.target == incident.subject or seen.target in incident.members
        if knows and incident.kind in LOST:
            draft.adopt(incident.id, dependents(draft, seen.target))
    if seen.kind is Kind.HOST_DOWN:
        booted_anew(draft, seen.target)


def booted_anew(draft: Draft, host: TargetId) -> None:
    """A host went off, or has booted anew: what was shut down just before has to return with it, too."""
    for incident in draft.live():
        if incident.kind in LOST and host in {incident.subject, *incident.members}:
            draft.adopt(incident.id, shut_down_before(draft, host))
    _doubt_below(draft, host)


def take_in_shutdown(draft: Draft, seen: Observation) -> None:
    """What started during an outage and is shut down because of it has to return as well."""
    target = draft.situation.target(seen.target)
    if not seen.on_purpose or target.ephemeral or not draft.situation.ran(seen.target):
        return
    for incident in draft.live():
        if seen.target not in incident.members and troubles(draft.situation, incident, seen.target, draft.now):
            draft.adopt(incident.id, [as_adopted(draft, seen.target)])


def _doubt_below(draft: Draft, host: TargetId) -> None:
    """What was seen of what runs on a host proves nothing any more; what a person wants off may stay so."""
    situation = draft.situation
    below = {target.id for target in draft.descendants(host)}
    for incident in draft.live():
        doubted = []
        for member in incident.members.values():
            ran = situation.ran(member.target) or member.target in situation.shut_down
            wanted = member.standing in SETTLED_FOR_GOOD and not ran
            if member.target in below and not wanted:
                doubted.append(member.in_doubt(draft.now))
        draft.keep(incident.with_members(doubted))


def dependents(draft: Draft, subject: TargetId) -> Iterable[Member]:
    """What an outage of `subject` adopts: hosts, services, and the guests that ran until now or a moment ago."""
    for target in draft.descendants(subject):
        if target.kind is not TargetKind.GUEST or draft.situation.ran(target.id):
            yield as_adopted(draft, target.id)


def shut_down_before(draft: Draft, host: TargetId) -> Iterable[Member]:
    """What was shut down shortly before its host went off: nobody can tell that from what the host itself did."""
    for target in draft.descendants(host):
        if target.id in draft.situation.shut_down:
            yield replace(as_adopted(draft, target.id), was_running=True)


def as_adopted(draft: Draft, target: TargetId) -> Member:
    """A target as an outage adopts it: as it was last known, and then what was heard of it just now.

    That it was shut down at that moment is nobody's wish.
    """
    heard = draft.heard_of(target)
    told = any(RAN in one.facts for one in heard)
    ran, needs = told or draft.situation.ran(target), draft.situation.needs(target)
    member = _as_known(draft, target)
    for incident in draft.live():
        member = incident.members.get(target, member)
    for one in heard:
        seen = replace(one, facts={}) if one.on_purpose else one
        member = member.after(seen, needs)
    return replace(member.failing_now(draft.failing_of(target), draft.now), was_running=member.was_running or ran)


def _as_known(draft: Draft, target: TargetId) -> Member:
    """A target before anything was heard of it just now: one that was well has not gone off yet."""
    situation, now = draft.situation, draft.now
    ran, lately, paused = situation.ran(target), target in situation.lately, target in situation.paused
    running = not paused if ran and not lately else None
    if lately or target not in situation.well:
        return Member(target, was_running=ran, running=running, paused=paused, unproven_since=now)
    return Member(target, was_running=ran, running=running, ground=Ground(Standing.UNTOUCHED, "", now))
