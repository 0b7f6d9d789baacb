"""Many failures, one incident: the power event, the host that takes its guests along, the storm of guests.

Which failures belong together is decided here; what happens to an incident afterwards is the engine's.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from bot.core.draft import Draft
from bot.core.health import CheckName, Fingerprint, Kind, Observation, TargetId, TargetKind
from bot.core.incident import EventKind, Incident, IncidentId, Member, Move, Status, Tell

OUTAGES = frozenset({Kind.POWER_LOSS, Kind.HOST_DOWN, Kind.GUESTS_DOWN})
"""Incidents that cover what depends on their subject."""

SPECIFIC = frozenset({Kind.BOOT_DISK, Kind.GUEST_DAMAGED})
"""Damage that stays when the power is back: never covered by an outage, it needs a repair of its own."""

_RANK = {Kind.POWER_LOSS: 3, Kind.HOST_DOWN: 2, Kind.GUESTS_DOWN: 1}


def covering(draft: Draft, seen: Observation) -> Incident | None:
    """The outage that explains `seen`, if there is one: it is open, or its grace still runs."""
    if seen.kind in SPECIFIC:
        return None
    up = draft.situation.ancestors(seen.target) | {seen.target}
    for incident in draft.live():
        if incident.kind in OUTAGES and (incident.subject in up or seen.target in incident.members):
            covers = incident.status is not Status.RECOVERING or in_grace(draft, incident)
            if covers and incident.subject != seen.target:
                return incident
    return None


def in_grace(draft: Draft, incident: Incident) -> bool:
    """Whether what came back has only just come back. Grace is for power and hosts: machines must boot."""
    if incident.recovering_since is None or incident.kind not in {Kind.POWER_LOSS, Kind.HOST_DOWN}:
        return False
    return draft.now - incident.recovering_since < draft.situation.rules.grace


def power_lost(draft: Draft, seen: Observation) -> None:
    """The UPS says so: one incident with all it powers. Nothing is in doubt yet, it may carry them all through."""
    incident = _take_over(draft, Kind.POWER_LOSS, seen.target, seen.why, {seen.fingerprint})
    draft.adopt(incident, _dependents(draft, seen.target))


def host_lost(draft: Draft, seen: Observation) -> None:
    """A host is gone, and with it all that runs on it. The third within minutes means that the power is gone."""
    incident = _take_over(draft, Kind.HOST_DOWN, seen.target, seen.why, {seen.fingerprint})
    draft.adopt(incident, _dependents(draft, seen.target))
    doubt_dependents(draft, seen.target)
    gone = [i for i in draft.live() if i.kind is Kind.HOST_DOWN and i.failing and _recent(draft, i)]
    if len(gone) < draft.situation.rules.storm_hosts:
        return
    prints = frozenset[Fingerprint]().union(*(i.failing for i in gone))
    names = ", ".join(sorted(i.subject.partition(":")[2] for i in gone))
    why = f"{len(gone)} hosts gone within {_words(draft.now - gone[0].opened_at)}: {names}"
    hosts = [Member(i.subject, was_running=False, failing=frozenset(f.check for f in i.failing)) for i in gone]
    draft.adopt(_take_over(draft, Kind.POWER_LOSS, gone[0].subject, why, prints), hosts)


def guests_lost(draft: Draft, seen: Sequence[Observation]) -> None:
    """Guests that failed together: many of one host are one incident of that host, few are one each."""
    by_host: dict[TargetId | None, list[Observation]] = defaultdict(list)
    for one in seen:
        by_host[draft.situation.target(one.target).runs_on].append(one)
    for host, lost in by_host.items():
        if host is None or len(lost) < draft.situation.rules.storm_guests:
            for one in lost:
                draft.open(one.kind or Kind.GUEST_DOWN, one.target, one.why, {one.fingerprint})
        else:
            _guest_storm(draft, host, lost)


def doubt_dependents(draft: Draft, host: TargetId) -> None:
    """A host failed: wherever what runs on it was adopted, nothing seen of that before counts any more."""
    below = {target.id for target in draft.situation.descendants(host)}
    for incident in draft.live():
        if host == incident.subject or host in incident.members:
            doubted = (m.in_doubt() if t in below else m for t, m in incident.members.items())
            draft.keep(replace(incident, members=MappingProxyType({m.target: m for m in doubted})))


def again(draft: Draft, incident: Incident) -> None:
    """An outage is back: what depends on it is adopted anew, as when it began."""
    if incident.kind in OUTAGES - {Kind.GUESTS_DOWN}:
        draft.adopt(incident, _dependents(draft, incident.subject))
    if incident.kind is Kind.HOST_DOWN:
        doubt_dependents(draft, incident.subject)


def _guest_storm(draft: Draft, host: TargetId, lost: Sequence[Observation]) -> None:
    name = host.partition(":")[2]
    why = f"{len(lost)} guests of {name} failed together: {lost[0].why}"
    incident = _take_over(draft, Kind.GUESTS_DOWN, host, why, {one.fingerprint for one in lost})
    members = (Member(one.target, was_running=True, failing=frozenset({one.fingerprint.check})) for one in lost)
    draft.adopt(incident, members)


def _take_over(draft: Draft, kind: Kind, subject: TargetId, why: str, own: Iterable[Fingerprint]) -> Incident:
    """The incident for an outage: the oldest of its first signs, whose message goes on, or a new one."""
    signs = [i for i in draft.live() if _is_sign(draft, i, kind, subject)]
    if not signs:
        return draft.open(kind, subject, why, own)
    first = signs[0]
    if first.subject == subject and _RANK.get(first.kind, 0) >= _RANK[kind]:
        prints = frozenset(own)
        draft.keep(replace(first, own=first.own | prints, failing=first.failing | prints))
        draft.event(first.id, EventKind.WORSE, why)
    else:
        _promote(draft, first, kind, subject, why, frozenset(own))
    for other in signs[1:]:
        _hand_over(draft, other, first.id)
        draft.merge(other, first.id)
    return draft.incidents[first.id]


def _promote(
    draft: Draft, sign: Incident, kind: Kind, subject: TargetId, why: str, own: frozenset[Fingerprint]
) -> None:
    """A first sign turns out to be an outage: the same message goes on as that, and everyone is told."""
    if sign.status is Status.RECOVERING:
        sign = sign.move(Move.RELAPSE, draft.now)
    draft.keep(replace(sign, kind=kind, subject=subject, why=why, own=own, failing=own))
    _hand_over(draft, sign, sign.id)
    draft.event(sign.id, EventKind.KIND, f"This is {kind}: {why}")
    draft.tell(sign.id, Tell.BROADCAST, f"This is more than it seemed: {why}")


def _hand_over(draft: Draft, sign: Incident, to: IncidentId) -> None:
    """What a first sign was about becomes a member of the outage that explains it."""
    failing: dict[TargetId, set[CheckName]] = defaultdict(set)
    for one in sign.failing:
        failing[one.target].add(one.check)
    own = (
        Member(
            target, was_running=draft.situation.target(target).kind is TargetKind.GUEST, failing=frozenset(checks)
        )
        for target, checks in failing.items()
    )
    draft.adopt(draft.incidents[to], [*sign.members.values(), *own])


def _is_sign(draft: Draft, incident: Incident, kind: Kind, subject: TargetId) -> bool:
    """Whether `incident` is how the outage of `subject` first showed."""
    if incident.subject == subject:
        return True
    if incident.kind not in OUTAGES | {Kind.GUEST_DOWN} or _RANK.get(incident.kind, 0) > _RANK[kind]:
        return False
    if kind is Kind.POWER_LOSS and incident.kind is Kind.HOST_DOWN and subject.startswith(TargetKind.HOST):
        return _recent(draft, incident)
    return _recent(draft, incident) and subject in draft.situation.ancestors(incident.subject)


def _recent(draft: Draft, incident: Incident) -> bool:
    return draft.now - incident.opened_at <= draft.situation.rules.storm_within


def _dependents(draft: Draft, subject: TargetId) -> Iterable[Member]:
    """What an outage of `subject` adopts: hosts, services, and the guests that ran until now or a moment ago."""
    now, lately = draft.situation.running, draft.situation.lately
    for target in draft.situation.descendants(subject):
        if target.kind is not TargetKind.GUEST:
            yield Member(target.id, was_running=False, seen=True)
        elif target.id in now:
            yield Member(target.id, was_running=True, seen=True, running=True)
        elif target.id in lately:
            yield Member(target.id, was_running=True)


def _words(time: timedelta) -> str:
    return f"{max(1, round(time.total_seconds()))} s"
