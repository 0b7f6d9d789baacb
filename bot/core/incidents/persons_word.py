"""What people say of machines: that one is well, may stay off, was deleted or rebuilt, or must come back.

A word is recorded by name, and covers what is unproven: never a machine that fails or is missing. Who may give it
is permit.py's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.core.health import Fingerprint, TargetId, name_of
from bot.core.incident import EventKind, IllegalMove, Incident, IncidentId, Tell
from bot.core.incidents.announce import named
from bot.core.incidents.asked import may_be_well, may_stay_off
from bot.core.incidents.condition import lacks
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.member import COUNTED, Ground, Member, Standing
from bot.core.incidents.settle import settle
from bot.core.incidents.situation import Situation


def vouch(
    situation: Situation, incident: IncidentId, targets: Sequence[TargetId], by: str, now: datetime
) -> Decision:
    """A person says that machines which nothing proves are well. Raises IllegalMove if one fails or is missing.

    What failed and can't look any more is not known to fail: a person may have seen its machine well since.
    """
    draft = Draft(situation, now)
    held = _live(draft, incident, "say that it is well in")
    for target in targets:
        held = _without_unseen(situation, held, target)
        member = _member(draft, held, target, "vouch for")
        if member.failing:
            why = "is missing" if member.missing else f"fails: {', '.join(sorted(member.failing))}"
            raise IllegalMove(f"cannot vouch for {situation.name(target)}: because it {why}")
        if not may_be_well(member):
            name, back = situation.name(target), "resume it" if member.paused else "start it"
            why = f"it is {member.rest}; say that it may stay off, or {back}"
            raise IllegalMove(f"cannot vouch for {name}: because {why}")
        lacked = lacks(member, situation.target(target), situation.needs(target))
        held = held.with_member(member.vouched(by, lacked, now))
        draft.keep(held)
        draft.event(
            incident, EventKind.BETTER, f"says that {situation.name(target)} is well; not seen: {lacked}", by
        )
        held = draft.incidents[incident]
    draft.tell(incident, Tell.LINE, f"<@{by}> says that it is well: {named(draft, targets)}")
    settle(draft, held, came_back=not held.unproven)
    return draft.decision()


def _without_unseen(situation: Situation, incident: Incident, target: TargetId) -> Incident:
    """An incident once a machine's checks that failed, and none of which can look now, count no more."""
    member = incident.members.get(target)
    failed = {Fingerprint(one, target) for one in member.failing} if member else set()
    if member is None or member.missing or not failed or not failed <= situation.unseen.keys():
        return incident
    known = replace(incident, failing=incident.failing - failed)
    return known.with_member(replace(member, failing=frozenset()))


def stays_off(situation: Situation, targets: Sequence[TargetId], by: str, now: datetime) -> Decision:
    """A person says that machines that are off may stay so: nobody waits for them. Raises IllegalMove.

    It says nothing of how they are. What fails, and what is not known to be off, is refused.
    """
    draft = Draft(situation, now)
    for target in targets:
        if target in situation.running:
            raise IllegalMove(f"cannot let {situation.name(target)} stay off: because it runs")
    for incident in draft.live():
        waiting = [t for t in targets if t in incident.members and not incident.members[t].proven]
        if waiting:
            _let_off(draft, incident, waiting, by)
    return draft.decision()


def _let_off(draft: Draft, incident: Incident, targets: Sequence[TargetId], by: str) -> None:
    held = draft.incidents[incident.id]
    for target in targets:
        member, name = held.members[target], draft.situation.name(target)
        if not may_stay_off(member):
            how = (
                ("it fails: " + ", ".join(sorted(member.failing)))
                if member.failing
                else "it is not known to be off"
            )
            raise IllegalMove(f"cannot let {name} stay off: because {how}")
        held = held.with_member(member.let_off(by, draft.now))
    draft.keep(held)
    draft.event(incident.id, EventKind.NOTE, f"says that it may stay off: {named(draft, targets)}", by)
    draft.tell(incident.id, Tell.LINE, f"⚪ {named(draft, targets)} may stay off, says <@{by}>.")
    held = draft.incidents[incident.id]
    settle(draft, held, came_back=not held.unproven)


def must_return(
    situation: Situation, incident: IncidentId, targets: Sequence[TargetId], by: str, now: datetime
) -> Decision:
    """A person says that missing machines must come back: they stay, and nobody asks again. Raises IllegalMove."""
    draft = Draft(situation, now)
    held = _live(draft, incident, "expect what is missing in")
    for target in targets:
        held = held.with_member(replace(_missing(draft, held, target, "expect"), must_return=by))
    draft.keep(held)
    draft.event(incident, EventKind.NOTE, f"says that it must come back: {named(draft, targets)}", by)
    draft.tell(incident, Tell.LINE, f"<@{by}> says that it must come back: {named(draft, targets)}")
    return draft.decision()


def deleted(
    situation: Situation,
    incident: IncidentId,
    targets: Sequence[TargetId],
    by: str,
    now: datetime,
    anew: Mapping[TargetId, TargetId] = MappingProxyType({}),
) -> Decision:
    """A person says that missing machines were deleted on purpose: nobody waits for them. Raises IllegalMove.

    `anew`: those that were made anew instead, and as what: that has to be proven in their place.
    """
    draft = Draft(situation, now)
    held = _live(draft, incident, "let go of what is missing in")
    for target in targets:
        _missing(draft, held, target, "let go of")
    gone, rebuilt = [t for t in targets if t not in anew], [t for t in targets if t in anew]
    for what, which in (("was deleted on purpose", gone), ("was rebuilt", rebuilt)):
        if which:
            words = f"says that it {what}: {named(draft, which)}"
            draft.event(incident, EventKind.NOTE, words, by)
            draft.tell(incident, Tell.LINE, f"<@{by}> {words}")
    for one in draft.live():
        _leave(draft, one, targets, anew, by)
    return draft.decision()


def made_again(situation: Situation, anew: Mapping[TargetId, TargetId], by: str, now: datetime) -> Decision:
    """Machines were made anew, as before: those in their place are waited for instead. `by`: who said so then."""
    draft = Draft(situation, now)
    for incident in draft.live():
        _leave(draft, incident, tuple(anew), anew, by)
    return draft.decision()


def _leave(
    draft: Draft, incident: Incident, targets: Sequence[TargetId], anew: Mapping[TargetId, TargetId], by: str
) -> None:
    """Wait no longer for machines that are gone for good, in one incident; they stay counted there."""
    concerned = [target for target in targets if target in incident.members]
    if not concerned:
        return
    held = draft.incidents[incident.id]
    for target in concerned:
        own = frozenset(one for one in held.own if one.target != target)
        standing = Standing.REBUILT if target in anew else Standing.DELETED
        member = held.members[target].let_go(Ground(standing, "", draft.now, by=by))
        held = replace(held, own=own, failing=held.failing & own).with_member(member)
        if target in anew:
            held = held.with_member(Member(anew[target], member.was_running, unproven_since=draft.now))
    draft.keep(held)
    settle(draft, held, came_back=bool(incident.failing) and not held.failing)


def _live(draft: Draft, incident: IncidentId, do: str) -> Incident:
    held = draft.held(incident, do)
    if held.ended:
        raise IllegalMove(f"cannot {do} incident {incident}: because it is {held.end or held.status}")
    return held


def _member(draft: Draft, incident: Incident, target: TargetId, do: str) -> Member:
    cannot = f"cannot {do} {draft.situation.name(target)}"
    member = incident.members.get(target)
    if member is None:
        raise IllegalMove(f"{cannot}: because incident {incident.id} does not wait for it")
    if member.proven:
        raise IllegalMove(f"{cannot}: because it is settled: {COUNTED[member.standing]}")
    return member


def _missing(draft: Draft, incident: Incident, target: TargetId, do: str) -> Member:
    member = _member(draft, incident, target, do)
    if not member.missing:
        host = draft.situation.target(target).runs_on
        has = f": {name_of(host)} has it" if host else ""
        raise IllegalMove(f"cannot {do} {draft.situation.name(target)}: because it is not missing{has}")
    return member
