"""What an outage has changed of its hosts' inventories holds it open, each difference by name, until it is mended.

A person may say that a difference is well as it is; that is people.py's.
"""

from datetime import datetime

from bot.core.health import TargetId, TargetKind
from bot.core.incident import EventKind, Incident, IncidentId, Member, Tell
from bot.core.incidents.announce import NAMED
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.inventory_changes import Change, Changes
from bot.core.incidents.member import Ground, Standing
from bot.core.incidents.settle import settle
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST


def outage_of(situation: Situation, host: TargetId) -> Incident | None:
    """The live outage that took `host` along, the oldest if there are several."""
    live = sorted((i for i in situation.incidents.values() if not i.ended and i.kind in LOST), key=lambda i: i.id)
    return next((one for one in live if host == one.subject or host in one.members), None)


def held_by(incident: Incident) -> Changes:
    """The differences that an incident is held open by."""
    return {target: member.changes for target, member in incident.members.items() if member.changes}


def inventory_compared(situation: Situation, incident: IncidentId, changes: Changes, now: datetime) -> Decision:
    """What follows from how machines differ now from what they were before the outage."""
    draft = Draft(situation, now)
    told: list[str] = []
    for target, found in sorted(changes.items()):
        told += _take_in(draft, incident, target, found)
    if told:
        more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
        draft.tell(incident, Tell.LINE, f"Not as before: {'; '.join(told[:NAMED])}{more}")
    settle(draft, draft.incidents[incident])
    return draft.decision()


def _take_in(draft: Draft, incident: IncidentId, target: TargetId, found: tuple[Change, ...]) -> list[str]:
    """Note how one machine differs; what of that is new, in words."""
    held = draft.incidents[incident]
    if target not in held.members and not found:
        return []
    before = held.members.get(target) or _as_it_was(draft, target)
    after = before.changed(found)
    draft.keep(held.with_member(after))
    name = draft.situation.name(target)
    for one in before.changes:
        if one.key not in {change.key for change in after.changes}:
            draft.event(incident, EventKind.BETTER, f"{name}: as before again, no longer so: {one.words}")
    new = [f"{name}: {one.words}" for one in after.changes if one not in before.changes]
    for words in new:
        draft.event(incident, EventKind.WORSE, words)
    return new


def _as_it_was(draft: Draft, target: TargetId) -> Member:
    """A machine that the outage did not take along: a guest that was off is to be as it was, no more."""
    guest = draft.situation.target(target).kind is TargetKind.GUEST
    standing = Standing.WANTED_OFF if guest else Standing.UNTOUCHED
    member = Member(target, was_running=False, ground=Ground(standing, "", draft.now))
    failing = draft.failing_of(target)
    return member.failing_now(failing, draft.now)
