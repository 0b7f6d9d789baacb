"""What an outage has changed of its hosts' inventories holds it open, each difference by name, until it is mended.

What changed while nobody could look, and no outage is live, is an incident of its own.

A person may say that a difference is well as it is; that is people.py's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from bot.core.health import CheckName, Fingerprint, Kind, TargetId, TargetKind
from bot.core.incident import EventKind, Incident, IncidentId, Member, Tell, Way
from bot.core.incidents.announce import NAMED
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.inventory_changes import Change, Changes
from bot.core.incidents.member import Ground, Standing
from bot.core.incidents.opening import open_incident
from bot.core.incidents.settle import settle
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST

_AS_BEFORE: Final = CheckName("as before")


def outage_of(situation: Situation, host: TargetId) -> Incident | None:
    """The live outage that took `host` along, the oldest if there are several."""
    live = sorted((i for i in situation.incidents.values() if not i.ended and i.kind in LOST), key=lambda i: i.id)
    return next((one for one in live if host == one.subject or host in one.members), None)


def changed_of(situation: Situation, host: TargetId) -> Incident | None:
    """The live incident about what nobody saw change on `host`."""
    live = (i for i in situation.incidents.values() if not i.ended and i.kind is Kind.HOST_CHANGED)
    return next((one for one in live if one.subject == host), None)


def held_by(incident: Incident) -> Changes:
    """The differences that an incident is held open by."""
    return {target: member.changes for target, member in incident.members.items() if member.changes}


def inventory_compared(situation: Situation, incident: IncidentId, changes: Changes, now: datetime) -> Decision:
    """What follows from how machines differ now from what they were before the outage, or the gap."""
    draft = Draft(situation, now)
    if told := _take_all_in(draft, incident, changes):
        draft.tell(incident, Tell.LINE, f"Not as before: {_shortly(told)}")
    held = draft.incidents[incident]
    settle(draft, held, came_back=held.kind is Kind.HOST_CHANGED and not held.unproven)
    return draft.decision()


def changed_unseen(situation: Situation, host: TargetId, changes: Changes, now: datetime) -> Decision:
    """What follows where a host differs from what it was when it was last seen whole, and had no outage since."""
    draft = Draft(situation, now)
    if not draft.muted(host):
        why = f"it has changed while I could not look: {_shortly(_words(draft, changes))}"
        opened = open_incident(draft, Kind.HOST_CHANGED, host, why, {Fingerprint(_AS_BEFORE, host)})
        # No check fails: it waits for what differs. What a reopened one waited for then has been settled.
        draft.keep(replace(opened, failing=frozenset(), members=MappingProxyType({})))
        _take_all_in(draft, opened.id, changes)
    return draft.decision()


def accepted(was: Incident | None, now: Incident) -> Changes:
    """The differences that a person said are well as they are, or closed the incident with, since it `was` so."""
    if was is None or was.ended:
        return {}
    closed = now.end is not None and now.end.way is Way.CLOSED
    found: dict[TargetId, tuple[Change, ...]] = {}
    for target, held in held_by(was).items():
        member = now.members.get(target)
        said = member.accepted if member else frozenset()
        found[target] = tuple(one for one in held if closed or one.key in said)
    return found


def _words(draft: Draft, changes: Changes) -> list[str]:
    """Each difference with whose it is."""
    name = draft.situation.name
    return [f"{name(target)}: {one.words}" for target, found in sorted(changes.items()) for one in found]


def _take_all_in(draft: Draft, incident: IncidentId, changes: Changes) -> list[str]:
    """Note how each machine differs; what of that is new, in words."""
    told: list[str] = []
    for target, found in sorted(changes.items()):
        told += _take_in(draft, incident, target, found)
    return told


def _shortly(told: Sequence[str]) -> str:
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return f"{'; '.join(told[:NAMED])}{more}"


def _take_in(draft: Draft, incident: IncidentId, target: TargetId, found: tuple[Change, ...]) -> list[str]:
    """Note how one machine differs; what of that is new, in words."""
    held = draft.incidents[incident]
    if target not in held.members and not found:
        return []
    before = held.members.get(target) or _as_it_was(draft, held, target)
    after = before.changed(found)
    draft.keep(_without(held, target) if _is_over(held, after) else held.with_member(after))
    name = draft.situation.name(target)
    for one in before.changes:
        if one.key not in {change.key for change in after.changes}:
            draft.event(incident, EventKind.BETTER, f"{name}: as before again, no longer so: {one.words}")
    new = [f"{name}: {one.words}" for one in after.changes if one not in before.changes]
    for words in new:
        draft.event(incident, EventKind.WORSE, words)
    return new


def _is_over(incident: Incident, member: Member) -> bool:
    """Whether a machine that nothing but its differences brought into an incident has none any more."""
    return incident.kind is Kind.HOST_CHANGED and not member.changes and not member.accepted


def _without(incident: Incident, target: TargetId) -> Incident:
    left = {other: member for other, member in incident.members.items() if other != target}
    return replace(incident, members=MappingProxyType(left))


def _as_it_was(draft: Draft, incident: Incident, target: TargetId) -> Member:
    """A machine that the outage did not take along: a guest that was off is to be as it was, no more."""
    guest, running = draft.situation.target(target).kind is TargetKind.GUEST, target in draft.situation.running
    off = guest and incident.kind is not Kind.HOST_CHANGED  # that one waits for what differs, and for nothing else
    ground = Ground(Standing.WANTED_OFF if off else Standing.UNTOUCHED, "", draft.now)
    member = Member(target, was_running=False, running=running if guest else None, ground=ground)
    return member.failing_now(draft.failing_of(target), draft.now)
