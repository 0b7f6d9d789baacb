"""Brings an incident's status in line with what fails and what is unproven, and ends it when nothing is left.

An incident ends by itself only when every machine that it hurt is settled: proven, or vouched for by a person.
That nothing was heard settles nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.core import storm
from bot.core.draft import Draft
from bot.core.health import Evidence, Kind, TargetId
from bot.core.incident import EventKind, Incident, Move, Status, Tell
from bot.core.incidents.host_report import NEVER_OFF
from bot.core.incidents.member import ALL_PROVEN, outcome
from bot.core.kinds import KINDS, LOST
from bot.core.lengths import lasted

NAMED = 8  # as many names as a phone shows at a glance


def settle(draft: Draft, incident: Incident, *, came_back: bool = False) -> None:
    """Bring the status in line. `came_back`: just now, all checks of its own did."""
    incident = draft.incidents[incident.id]
    if incident.failing:
        if incident.status is Status.RECOVERING:
            _relapse(draft, incident)
        return
    if incident.status is not Status.RECOVERING:
        if not came_back:
            return  # a person reopened it: that nothing fails is no news
        if incident.unproven or incident.kind in LOST:
            recovering = replace(draft.move(incident, Move.RECOVER), recovering_since=draft.looked(incident.own))
            incident = _ask_again(draft, recovering)
            draft.event(incident.id, EventKind.STATUS, "recovering")
    if not incident.unproven and not storm.in_grace(draft, incident):
        _end(draft, incident)


def _ask_again(draft: Draft, incident: Incident) -> Incident:
    """The cause of an outage is over: what nobody has looked at since may have gone off unseen."""
    asked = incident
    for member in incident.members.values():
        asked = asked.with_member(member.asked_again(draft.now))
    return draft.keep(asked)


def _end(draft: Draft, incident: Incident) -> None:
    """All is settled. Where that rests on people's words alone, it was closed by the last of them."""
    grounds = [member.ground for member in incident.members.values() if member.ground is not None]
    words = outcome(incident.members.values())
    if words == ALL_PROVEN or (incident.own and not incident.members):
        words = f"{KINDS[incident.kind].over}{_never_off(draft, incident)}"
    if grounds and all(ground.evidence is Evidence.WORD for ground in grounds):
        close(draft, incident, words, max(grounds, key=lambda ground: ground.at).by)
    else:
        draft.move(incident, Move.RESOLVE, why=words)
        draft.event(incident.id, EventKind.STATUS, f"resolved: {words}")
        draft.tell(incident.id, Tell.BROADCAST, _over(draft, incident, words))


def _over(draft: Draft, incident: Incident, words: str) -> str:
    """That it is over, with the name of what it was about: the line stands alone in the channel."""
    after = lasted(draft.now - incident.opened_at)
    if words == ALL_PROVEN and incident.members.keys() == {incident.subject}:
        return f"🟢 {draft.situation.name(incident.subject)} is healthy again, after {after}."
    return f"🟢 Resolved: {titled(draft, incident)}, after {after}. {words[:1].upper()}{words[1:]}."


def titled(draft: Draft, incident: Incident) -> str:
    """What an incident is about, in a few words."""
    return KINDS[incident.kind].title.format(draft.situation.name(incident.subject))


def _never_off(draft: Draft, incident: Incident) -> str:
    """Which hosts were only out of reach, as their boot ids tell."""
    proven = (one for one in incident.members.values() if one.ground and NEVER_OFF in one.ground.why)
    hosts = [one.target for one in proven if incident.kind in LOST]
    return f"; {named(draft, hosts)} never went off" if hosts else ""


def close(draft: Draft, incident: Incident, words: str, by: str | None) -> None:
    """It is over by what a person said or wrote."""
    draft.move(incident, Move.CLOSE, by=by, why=words)
    draft.event(incident.id, EventKind.STATUS, f"closed: {words}", by)
    draft.tell(
        incident.id, Tell.BROADCAST, f"☑️ Closed: {titled(draft, incident)}. {words[:1].upper()}{words[1:]}."
    )


def _relapse(draft: Draft, incident: Incident) -> None:
    why = next(s.why for s in reversed(draft.heard) if s.fingerprint in incident.failing)
    draft.move(incident, Move.RELAPSE)
    draft.event(incident.id, EventKind.STATUS, f"failing again: {why}")
    draft.tell(incident.id, Tell.BROADCAST, f"It fails again before all was well: {why}")


def surface(draft: Draft, incident: Incident) -> None:
    """The time to recover is over: what is still not back is said once, to everyone."""
    incident = draft.incidents[incident.id]
    if incident.status is not Status.RECOVERING or incident.surfaced or storm.has_time(draft, incident):
        return
    told = named(draft, incident.unproven)
    draft.keep(incident.told_unproven())
    draft.event(incident.id, EventKind.NOTE, f"still not proven healthy: {told}")
    draft.tell(incident.id, Tell.BROADCAST, _still(draft, incident))


def _still(draft: Draft, incident: Incident) -> str:
    """What is still not back, and how it is, so long after what it needs was."""
    since = lasted(draft.now - (incident.recovering_since or draft.now))
    what = "the power was" if incident.kind is Kind.POWER_LOSS else f"{draft.situation.name(incident.subject)} was"
    waiting = [incident.members[target] for target in incident.unproven]
    off = [one.target for one in waiting if one.running is False and not one.failing]
    rest = [one.target for one in waiting if one.target not in off]
    parts = [f"Still off: {named(draft, off)}"] if off else []
    parts += [f"Still not proven healthy: {named(draft, rest)}"] if rest else []
    return f"{since} after {what} back. {'. '.join(parts)}."


def lapse(draft: Draft, incident: Incident) -> None:
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


def let_go(draft: Draft, incident: Incident, gone: frozenset[TargetId]) -> None:
    """Take targets that nobody watches any longer out of an incident; one that is about nothing else is over."""
    concerned = gone & {incident.subject, *incident.members, *(f.target for f in incident.own)}
    if not concerned:
        return
    left = incident.without(gone)
    if left.ended:
        draft.incidents[left.id] = left  # so that it does not reopen for another of the same name
        return
    draft.keep(left)
    words = named(draft, sorted(concerned))
    if not left.own and not left.unproven:
        close(draft, left, f"no longer watched: {words}", None)
        return
    draft.note(incident.id, f"No longer watched: {words}.")
    settle(draft, left, came_back=bool(incident.failing) and not left.failing)


def named(draft: Draft, targets: Sequence[TargetId]) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(sorted(map(draft.situation.name, targets))[:NAMED])
    more = len(targets) - NAMED
    return shown if more <= 0 else f"{shown} and {more} more"
