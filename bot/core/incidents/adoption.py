"""What an incident waits for besides its own checks: its subject, and what an outage takes along."""

from collections.abc import Iterable
from dataclasses import replace

from bot.core.draft import Draft
from bot.core.health import TargetId, TargetKind
from bot.core.incident import Incident, Member
from bot.core.incidents.member import Ground, Standing
from bot.core.kinds import KINDS


def await_subject(draft: Draft, incident: Incident) -> None:
    """An incident is not over when its check no longer fails, but when its subject is proven healthy."""
    if KINDS[incident.kind].hurts:
        draft.adopt(incident.id, [as_adopted(draft, incident.subject)])


def dependents(draft: Draft, subject: TargetId) -> Iterable[Member]:
    """What an outage of `subject` adopts: hosts, services, and the guests that ran until now or a moment ago."""
    for target in draft.situation.descendants(subject):
        if target.kind is not TargetKind.GUEST or draft.situation.ran(target.id):
            yield as_adopted(draft, target.id)


def as_adopted(draft: Draft, target: TargetId) -> Member:
    """A target as an outage adopts it: as it was last known, and then what was heard of it just now."""
    ran, needs = draft.situation.ran(target), draft.situation.needs(target)
    member = _as_known(draft, target)
    for incident in draft.live():
        member = incident.members.get(target, member)
    for one in draft.heard:
        member = member.after(one, needs) if one.target == target else member
    failing = frozenset(f.check for f in draft.failing if f.target == target)
    return replace(member.failing_now(failing, draft.now), was_running=member.was_running or ran)


def _as_known(draft: Draft, target: TargetId) -> Member:
    """A target before anything was heard of it just now: one that was well has not gone off yet."""
    situation, now = draft.situation, draft.now
    ran, lately = situation.ran(target), target in situation.lately
    running = True if ran and not lately else None
    if lately or target not in situation.well:
        return Member(target, was_running=ran, running=running, unproven_since=now)
    return Member(target, was_running=ran, running=running, ground=Ground(Standing.UNTOUCHED, "", now))
