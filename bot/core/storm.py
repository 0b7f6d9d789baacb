"""Many failures, one incident: the power event, the host that takes its guests along, the storm of guests.

Which failures belong together is decided here; what happens to an incident afterwards is the engine's.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.health import Fingerprint, Kind, Observation, TargetId, TargetKind
from bot.core.incident import EventKind, Incident, IncidentId, Member, Move, Status
from bot.core.incidents.adoption import as_adopted, await_subject, dependents
from bot.core.incidents.announce import ring, titled
from bot.core.incidents.draft import Draft
from bot.core.incidents.member import INVENTORY
from bot.core.incidents.opening import open_incident
from bot.core.incidents.spans import Spans
from bot.core.kinds import APART, DAMAGE, LOST, tells_more

_STAYS_OUT: Final = DAMAGE - {Kind.GUEST_MISSING}
"""What no outage explains. That a guest is missing afterwards, it does."""


def in_grace(draft: Draft, incident: Incident) -> bool:
    """Whether power or a host has only just come back: machines must boot, and some fail before all are up."""
    return incident.kind in LOST and has_time(draft, incident)


def has_time(draft: Draft, incident: Incident) -> bool:
    """Whether what came back has only just come back, so that what is still unproven may be on its way."""
    since = incident.recovering_since
    return since is not None and draft.now - since < draft.situation.rules.grace


def covered(draft: Draft, seen: Observation) -> bool:
    """Whether a live outage explains `seen`. If so, it is written down there, and holds that outage open."""
    incident = next((i for i in draft.live() if _explains(draft, i, seen)), None)
    if incident is None:
        return False
    if incident.kind is Kind.GUESTS_DOWN:
        one = frozenset({seen.fingerprint})
        incident = draft.keep(replace(incident, own=incident.own | one, failing=incident.failing | one))
    if seen.target not in incident.members:
        draft.adopt(incident.id, [as_adopted(draft, seen.target)])
    _write_down(draft, incident.id, [seen])
    return True


def _explains(draft: Draft, incident: Incident, seen: Observation) -> bool:
    """Whether `incident` is an outage of what `seen` depends on, or has adopted it, and still covers it.

    A power failure explains that the network is gone, too: what connects the machines has lost its power as well.
    """
    if incident.kind is Kind.POWER_LOSS and seen.kind is Kind.NETWORK_DOWN:
        return True
    if incident.subject == seen.target or not _is_of_its_sort(incident, seen):
        return False
    up = draft.situation.ancestors(seen.target) | {seen.target}
    if up.isdisjoint({incident.subject, *incident.members}):
        return False
    if incident.status is not Status.RECOVERING or in_grace(draft, incident):
        return True
    # Grace is over, and what was unproven then has been told: that needs no second message, all else does.
    before = draft.situation.incidents.get(incident.id)
    return before is not None and seen.target in before.unproven


def _is_of_its_sort(incident: Incident, seen: Observation) -> bool:
    if incident.kind is Kind.GUESTS_DOWN:
        return _may_storm(seen)
    return incident.kind in LOST and seen.kind not in _STAYS_OUT


def _may_storm(seen: Observation) -> bool:
    """Whether it is a guest's failure that may have one cause with others'. A boot disk is restored one by one."""
    return seen.target.startswith(TargetKind.GUEST) and seen.kind is not Kind.BOOT_DISK


def power_lost(draft: Draft, seen: Observation) -> None:
    """The UPS says so: one incident with all it powers. Nothing is in doubt yet, it may carry them all through."""
    take_over(draft, Kind.POWER_LOSS, seen.target, seen.why, {seen.fingerprint}, {seen.target})


def hosts_lost(draft: Draft, seen: Sequence[Observation]) -> None:
    """Hosts are gone: an incident each, or with the third within minutes one of all: then it is the power."""
    earlier = [i for i in draft.live() if _is_host_gone(draft, i)]
    own = {one.fingerprint for one in seen}.union(*(_hosts(i) for i in earlier))
    hosts = {one.target for one in own}
    if not seen or len(hosts) < draft.situation.rules.storm_hosts:
        for one in seen:
            _witnessed(
                draft,
                take_over(draft, Kind.HOST_DOWN, one.target, one.why, {one.fingerprint}, {one.target}),
                [one],
            )
        return
    subject = earlier[0].subject if earlier else seen[0].target
    since = earlier[0].opened_at if earlier else draft.now
    names = ", ".join(sorted(map(draft.situation.name, hosts)))
    why = f"{len(hosts)} hosts gone within {_words(draft.now - since)}: {names}"
    incident = take_over(draft, Kind.POWER_LOSS, subject, why, own, hosts.union(i.subject for i in earlier))
    draft.adopt(incident, (as_adopted(draft, host) for host in hosts))
    _write_down(draft, incident, seen)
    _witnessed(draft, incident, seen)


def _is_host_gone(draft: Draft, incident: Incident) -> bool:
    """Whether it is of hosts that went a moment ago: one, or already too many for chance."""
    of_hosts = incident.kind in LOST and incident.subject.startswith(TargetKind.HOST)
    return of_hosts and bool(_hosts(incident)) and _is_recent(draft, incident)


def _hosts(incident: Incident) -> set[Fingerprint]:
    return {f for f in incident.failing if f.target.startswith(TargetKind.HOST)}


def guests_lost(draft: Draft, seen: Sequence[Observation]) -> Sequence[Observation]:
    """Make one incident of the host where many of its guests failed together. The failures that are left over."""
    by_host: dict[TargetId | None, list[Observation]] = defaultdict(list)
    for one in seen:
        by_host[draft.situation.target(one.target).runs_on if _may_storm(one) else None].append(one)
    left = by_host.pop(None, [])
    for host, lost in by_host.items():
        if host is None or len({one.target for one in lost}) < draft.situation.rules.storm_guests:
            left += lost
        else:
            _guest_storm(draft, host, lost)
    return left


def _guest_storm(draft: Draft, host: TargetId, lost: Sequence[Observation]) -> None:
    """Many guests of a host failed together. With them it adopts those that were switched off just then."""
    guests, whys = {one.target for one in lost}, {one.why for one in lost}
    alike = f": {whys.pop()}" if len(whys) == 1 else ""
    gone = {one.kind for one in lost} == {Kind.GUEST_MISSING}
    told = {one.fingerprint.check for one in lost} == {INVENTORY}
    how = "are missing" if gone and told else f"{'are gone' if gone else 'failed together'}{alike}"
    why = f"{len(guests)} guests of {draft.situation.name(host)} {how}"
    incident = take_over(draft, Kind.GUESTS_DOWN, host, why, {one.fingerprint for one in lost}, {host})
    draft.adopt(incident, (as_adopted(draft, guest) for guest in sorted(guests)))
    _write_down(draft, incident, lost)
    draft.adopt(incident, (m for m in dependents(draft, host) if not m.proven))


def take_over(
    draft: Draft, kind: Kind, subject: TargetId, why: str, prints: set[Fingerprint], gone: set[TargetId]
) -> IncidentId:
    """The incident for an outage: the oldest of its first signs, whose message goes on, or else one of its own.

    `gone`: what is out; `subject`: the one of them that the incident is named for; `prints`: the checks that tell.
    """
    own = frozenset(prints)
    signs = [i for i in draft.live() if _is_sign(draft, i, kind, subject, gone)]
    if not signs:
        opened = open_incident(draft, kind, subject, why, own)
        await_subject(draft, opened)
        return opened.id
    first, *others = signs
    if first.subject == subject and not tells_more(kind, first.kind):
        draft.keep(replace(first, own=first.own | own, failing=first.failing | own))
        draft.event(first.id, EventKind.WORSE, why)
    else:
        _promote(draft, first, kind, subject, why, own)
    for other in others:
        _merge(draft, other, first.id)
    return first.id


def _is_sign(draft: Draft, incident: Incident, kind: Kind, subject: TargetId, gone: set[TargetId]) -> bool:
    """Whether the outage first showed as `incident`: about what is out or, just now, about what needs that."""
    if incident.kind in APART:
        return False
    if incident.subject == subject:
        return True
    if incident.kind in DAMAGE or tells_more(incident.kind, kind):
        return False
    if incident.subject in gone or (kind is Kind.POWER_LOSS and _is_network(draft, incident)):
        return True
    if incident.unstable_since is not None:
        return False  # what comes and goes by itself was so before
    below = not gone.isdisjoint(draft.situation.ancestors(incident.subject))
    return below and (incident.kind is Kind.POWER_LOSS or _is_recent(draft, incident))


def _promote(
    draft: Draft, sign: Incident, kind: Kind, subject: TargetId, why: str, own: frozenset[Fingerprint]
) -> None:
    """A first sign turns out to be an outage: the same message goes on as that, and everyone is told."""
    if sign.status is Status.RECOVERING:
        sign = sign.move(Move.RELAPSE, draft.now)
    # Hosts that went were its beginning; what else was wrong before was not the outage yet.
    spans = sign.spans if sign.kind in LOST else Spans().began(draft.failed_since(own))
    outage = replace(sign, kind=kind, subject=subject, why=why, own=own, failing=own)
    draft.keep(replace(outage, spans=spans, unstable_since=None))
    _hand_over(draft, sign, sign.id)
    await_subject(draft, draft.incidents[sign.id])
    draft.event(sign.id, EventKind.KIND, f"This is {kind}: {why}")
    now = draft.incidents[sign.id]
    ring(draft, now, f"🔴 {titled(draft, now)}: {why}. It began as: {titled(draft, sign)}.")


def _merge(draft: Draft, sign: Incident, into: IncidentId) -> None:
    """Close a further sign of the same outage: what it was about is followed there."""
    _hand_over(draft, sign, into)
    words = f"Part of incident {into}: what is still unproven is followed there."
    draft.move(sign, Move.MOVE, why=words, into=into)
    draft.note(sign.id, words)


def _hand_over(draft: Draft, sign: Incident, to: IncidentId) -> None:
    """What a first sign was about becomes part of the outage that explains it: its subject's own, or members."""
    outage = draft.incidents[to]
    same = frozenset(f for f in sign.own if f.target == outage.subject)
    outage = replace(outage, own=outage.own | same, failing=outage.failing | (sign.failing & same))
    draft.keep(outage)
    failing = (
        Member(f.target, was_running=draft.situation.ran(f.target), failing=frozenset({f.check}))
        for f in sorted(sign.failing - same)
    )
    draft.adopt(to, [*sign.members.values(), *failing])


def _write_down(draft: Draft, incident: IncidentId, seen: Iterable[Observation]) -> None:
    for one in seen:
        draft.event(incident, EventKind.WORSE, f"{draft.situation.name(one.target)}: {one.why}")


def _witnessed(draft: Draft, incident: IncidentId, seen: Iterable[Observation]) -> None:
    """What told that the bot itself could see, so that whoever doubts an outage can look it up."""
    for words in sorted({one.facts["witnesses"] for one in seen if "witnesses" in one.facts}):
        draft.event(incident, EventKind.NOTE, f"My own sight: {words}")


def _is_network(draft: Draft, incident: Incident) -> bool:
    """Whether it is that the network went just now, which the power may have taken along."""
    return incident.kind is Kind.NETWORK_DOWN and _is_recent(draft, incident)


def _is_recent(draft: Draft, incident: Incident) -> bool:
    return draft.now - incident.opened_at <= draft.situation.rules.storm_within


def _words(time: timedelta) -> str:
    return f"{max(1, round(time.total_seconds()))} s"
