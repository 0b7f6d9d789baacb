"""Brings an incident's status in line with what fails and what is unproven, and ends it when nothing is left.

An incident ends by itself only when every machine that it hurt is settled: proven, or vouched for by a person.
That nothing was heard settles nothing.
"""

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from bot.core.health import Evidence, Fingerprint, Kind, TargetId
from bot.core.incident import EventKind, Incident, Move, Status, Tell
from bot.core.incidents import flapping, reminders
from bot.core.incidents.adoption import begins_anew
from bot.core.incidents.announce import (
    NAMED,
    fails_again,
    is_closed,
    is_over,
    named,
    off_and_rest,
    ring,
    still,
    titled,
)
from bot.core.incidents.draft import Draft
from bot.core.incidents.grace import has_time, in_grace
from bot.core.incidents.hidden import doubt_hidden, hidden
from bot.core.incidents.member import GONE
from bot.core.incidents.outcome import ALL_PROVEN, outcome
from bot.core.kinds import KINDS, LOST
from bot.core.lengths import lasted


def settle(draft: Draft, incident: Incident, *, came_back: bool = False) -> None:
    """Bring the status in line. `came_back`: just now, all checks of its own did."""
    incident = _found_off(draft, draft.incidents[incident.id])
    if incident.failing:
        if incident.status is Status.RECOVERING or not incident.spans.lasts:
            _fails_again(draft, incident)
        return
    if incident.status is not Status.RECOVERING:
        if not came_back or incident.still_off:
            return  # that nothing fails is no news: a person reopened it, or what was found off is still so
        if not incident.own and (incident.dropped or incident.subject in incident.let_go):
            _end(draft, incident)  # nobody saw that come back
            return
        waits = incident.unproven or hidden(draft, incident) or incident.unstable_since is not None
        if waits or incident.kind in LOST:
            recovering = draft.move(incident, Move.RECOVER, seen=draft.well_since(incident.own))
            incident = _ask_again(draft, recovering)
            draft.event(incident.id, EventKind.STATUS, "recovering")
            incident = draft.incidents[incident.id]
    incident = doubt_hidden(draft, draft.incidents[incident.id])
    waits = incident.unproven or hidden(draft, incident) or incident.unstable_since is not None
    if not waits and not in_grace(draft, incident):
        _end(draft, incident)


def _found_off(draft: Draft, incident: Incident) -> Incident:
    """What was missing is back on its host, and does not run: no longer missing, but down where it should."""
    member = incident.members.get(incident.subject)
    back = incident.kind is Kind.GUEST_MISSING and GONE.isdisjoint(one.check for one in incident.failing)
    if not back or member is None or member.proven or member.running is not False:
        return incident
    if not member.was_running and not member.failing:  # it is as it was
        others = {target: one for target, one in incident.members.items() if one != member}
        return draft.keep(replace(incident, members=MappingProxyType(others)))
    why = f"its host knows it again, and it is {member.rest}"
    if incident.status is Status.RECOVERING:
        incident = draft.move(incident, Move.RELAPSE)
    draft.keep(replace(incident, kind=Kind.GUEST_DOWN, why=why))
    draft.event(incident.id, EventKind.KIND, f"This is {Kind.GUEST_DOWN}: {why}")
    return draft.incidents[incident.id]


def _ask_again(draft: Draft, incident: Incident) -> Incident:
    """The cause of an outage is over: what nobody has looked at since may have gone off unseen."""
    members, began = incident.members.values(), incident.spans.latest[-1].since
    return draft.keep(incident.with_members([one.asked_again(draft.now, began) for one in members]))


def _end(draft: Draft, incident: Incident) -> None:
    """All is settled. Where that rests on people's words alone, it was closed by the last of them."""
    grounds = [member.ground for member in incident.members.values() if member.ground is not None]
    words = outcome(incident.members.values())
    if incident.let_go or incident.dropped:
        _close_unseen(draft, incident, incident.let_go)
        return
    if incident.kind is Kind.GUEST_MISSING and incident.subject not in incident.members:  # see _found_off
        words = "it is off, as before" + (f"; the others: {words}" if incident.members else "")
    elif words == ALL_PROVEN or (incident.own and not incident.members):
        words = f"{KINDS[incident.kind].over}{_never_off(draft, incident)}"
    if grounds and all(ground.evidence is Evidence.WORD for ground in grounds):
        close(draft, incident, words, max(grounds, key=lambda ground: ground.at).by)
    else:
        over = draft.move(incident, Move.RESOLVE, why=words, seen=draft.well_since(incident.own))
        is_over(draft, over, words)


def _close_unseen(draft: Draft, incident: Incident, lost: Collection[TargetId]) -> None:
    """Nothing is left to wait for, but of these, and of what was no longer checked, nobody knows how they are."""
    checks = [one for one in incident.dropped if one.target not in lost]
    words = [f"no longer watched: {named(draft, sorted(lost))}"] if lost else []
    words += [f"no longer checked: {_checks(draft, checks)}"] if checks else []
    told = {*lost, *(one.target for one in checks)}
    others = [member for target, member in incident.members.items() if target not in told]
    words += [f"the others: {outcome(others, are_all=False)}"] if others else []
    past = draft.keep(replace(incident, why=incident.why.replace(f"; {_UNSEEN}", "")))
    close(draft, past, "; ".join(words), None)


def _checks(draft: Draft, checks: Collection[Fingerprint]) -> str:
    """Some checks by name, and how many more there are."""
    told = [f"{one.check} of {draft.situation.name(one.target)}" for one in sorted(checks, key=str)]
    more = len(told) - NAMED
    return ", ".join(told[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _never_off(draft: Draft, incident: Incident) -> str:
    """Which hosts were only out of reach, as their boot ids tell."""
    hosts = incident.stayed_on if incident.kind in LOST else ()
    return f"; {named(draft, hosts)} never went off" if hosts else ""


def close(draft: Draft, incident: Incident, words: str, by: str | None) -> None:
    """It is over by what a person said or wrote."""
    is_closed(draft, draft.move(incident, Move.CLOSE, by=by, why=words), words, by)


def _fails_again(draft: Draft, incident: Incident) -> None:
    """It fails before all was well, or after a person had reopened it."""
    told = (one.why for one in reversed(draft.heard) if one.fingerprint in incident.failing)
    why, since = next(told, incident.why), draft.failed_since(incident.failing)
    if incident.status is Status.RECOVERING:
        begins_anew(draft, draft.move(incident, Move.RELAPSE, seen=since))
    else:
        draft.keep(replace(incident, spans=incident.spans.began(since)))
    draft.event(incident.id, EventKind.STATUS, f"failing again: {why}")
    before = draft.situation.incidents.get(incident.id)
    if before is None or before.kind is incident.kind:  # else everyone is told just now what it really is
        fails_again(draft, draft.incidents[incident.id], " before all was well", why)


def calm_down(draft: Draft, incident: Incident) -> None:
    """An unstable incident has not changed for long: how it ends up is told to everyone."""
    incident = draft.incidents[incident.id]
    if not flapping.is_quiet(draft, incident):
        return
    calm = flapping.end(draft, incident)
    if calm.failing:
        since = lasted(draft.now - calm.spans.changed_at)
        ring(draft, calm, f"🔴 {titled(draft, calm)} for {since} now, and no longer unstable: {calm.why}.")
    settle(draft, calm)


def stays_down(draft: Draft, incident: Incident) -> None:
    """What came and went has failed for a while now and does not come back: that is told, though rarely."""
    incident = draft.incidents[incident.id]
    if flapping.may_tell_that_it_stays(draft, incident):
        since = lasted(draft.now - incident.spans.changed_at)
        ring(draft, incident, f"🔴 {titled(draft, incident)} for {since} now: {incident.why}.")
        draft.keep(replace(incident, told_at=draft.now))


def surface(draft: Draft, incident: Incident) -> None:
    """The time to recover is over: what is still not back is said once, to everyone."""
    incident = draft.incidents[incident.id]
    if incident.status is not Status.RECOVERING or incident.surfaced or has_time(draft, incident):
        return
    if incident.unstable_since is not None and not (incident.kind in LOST and incident.unproven):
        return  # it is back again and again; what an outage took along may not be
    told = named(draft, incident.unproven)
    draft.keep(incident.told_unproven())
    draft.event(incident.id, EventKind.NOTE, f"still not proven healthy: {told}")
    draft.tell(incident.id, Tell.BROADCAST, _still(draft, incident))
    reminders.told(draft, draft.incidents[incident.id])


def _still(draft: Draft, incident: Incident) -> str:
    """What is still not back, and how it is, so long after what it needs was."""
    since = lasted(draft.now - (incident.recovering_since or draft.now))
    what = "the power" if incident.kind is Kind.POWER_LOSS else draft.situation.name(incident.subject)
    back = "" if incident.subject in off_and_rest(incident)[0] else f" {what} has been back for {since}."
    return f"🔵 {titled(draft, incident)}:{back} {still(draft, incident)}"


_UNSEEN: Final = (
    "nobody can see whether that is over: this is closed once all else that it waits for is proven healthy, "
    "or when a person resolves it"
)


def let_go(draft: Draft, incident: Incident, gone: frozenset[TargetId]) -> None:
    """Take targets that nobody watches any longer out of an incident; one that is about nothing else is over."""
    concerned = gone & {incident.subject, *incident.members, *(f.target for f in incident.own)}
    if not concerned:
        return
    left = incident.without(gone, draft.now)
    if left.ended:  # it does not reopen for another of the same name; how its members stood then is told still
        draft.incidents[left.id] = replace(left, members=incident.members)
        return
    left = draft.keep(_unseen(incident, left, draft.situation.name(left.subject)))
    if not left.own and not left.unproven:
        _close_unseen(draft, left, concerned.union(left.let_go))
    else:
        _go_on(draft, incident, left, f"No longer watched: {named(draft, sorted(concerned))}")


def unchecked(draft: Draft, incident: Incident, gone: frozenset[Fingerprint]) -> None:
    """Take checks that lab.yaml has no more out of an incident: what they saw fail waits for another proof."""
    left = incident.unchecked(gone, draft.now)
    if left == incident:
        return
    lost = gone & {*incident.own, *(Fingerprint(c, t) for t, m in incident.members.items() for c in m.failing)}
    words = _checks(draft, lost)
    _go_on(draft, incident, draft.keep(_unseen(incident, left, words)), f"No longer checked: {words}")


def _unseen(before: Incident, left: Incident, had: str) -> Incident:
    """What is left of an incident; where nobody can see any more whether it is over, that is said."""
    if not left.unwatched or before.unwatched:
        return left
    return replace(left, why=f"{left.why}, when lab.yaml still had {had}; {_UNSEEN}")


def _go_on(draft: Draft, before: Incident, left: Incident, words: str) -> None:
    draft.note(left.id, f"{words}{f'; {_UNSEEN}' if left.unwatched else ''}.")
    seen = left.own or not left.unproven
    settle(draft, left, came_back=bool(seen and before.failing) and not left.failing)
