"""An outage takes over what it first showed as: the oldest sign's message goes on, the others are part of it."""

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.core.health import Fingerprint, Kind, TargetId, TargetKind
from bot.core.incident import EventKind, Incident, IncidentId, Member, Move, Status
from bot.core.incidents.adoption import await_subject
from bot.core.incidents.announce import ring, titled
from bot.core.incidents.draft import Draft
from bot.core.incidents.opening import open_incident
from bot.core.incidents.spans import Spans
from bot.core.kinds import APART, DAMAGE, LOST, tells_more


def take_over(
    draft: Draft,
    kind: Kind,
    subject: TargetId,
    why: str,
    prints: set[Fingerprint],
    gone: set[TargetId],
    *,
    suspected: bool = False,
) -> IncidentId:
    """The incident for an outage: the oldest of its first signs, whose message goes on, or else one of its own.

    `gone`: what is out; `subject`: the one of them that the incident is named for; `prints`: the checks that tell;
    `suspected`: nobody can tell for sure that it is one.
    """
    own = frozenset(prints)
    signs = [i for i in draft.live() if _is_sign(draft, i, kind, subject, gone)]
    if not signs:
        opened = open_incident(draft, kind, subject, why, own)
        await_subject(draft, draft.keep(replace(opened, suspected=suspected)))
        return opened.id
    first, *others = signs
    if first.subject == subject and not tells_more(kind, first.kind):
        draft.keep(replace(first, own=first.own | own, failing=first.failing | own))
        draft.event(first.id, EventKind.WORSE, why)
    else:
        _promote(draft, replace(first, suspected=suspected), kind, subject, why, own)
    for other in others:
        _merge(draft, other, first.id)
    return first.id


def _is_sign(draft: Draft, incident: Incident, kind: Kind, subject: TargetId, gone: set[TargetId]) -> bool:
    """Whether the outage first showed as `incident`: about what is out or, just now, about what needs that."""
    if incident.kind in APART or incident.kind is Kind.KEEPS_RESTARTING:
        return False
    if incident.subject == subject or _is_renamed(draft, incident, kind, subject):
        return True
    if incident.kind in DAMAGE or tells_more(incident.kind, kind):
        return False
    if incident.subject in gone or (kind is Kind.POWER_LOSS and _went_with_it(draft, incident, subject)):
        return True
    if incident.unstable_since is not None:
        return False  # what comes and goes by itself was so before
    below = not gone.isdisjoint(draft.situation.ancestors(incident.subject))
    return below and (incident.kind is Kind.POWER_LOSS or is_recent(draft, incident))


def _is_renamed(draft: Draft, incident: Incident, kind: Kind, subject: TargetId) -> bool:
    """Whether it was about what lab.yaml has under another name now: the same machines depend on that."""
    same = incident.unwatched and incident.kind is kind
    return same and any(subject in draft.situation.ancestors(member) for member in incident.members)


def _promote(
    draft: Draft, sign: Incident, kind: Kind, subject: TargetId, why: str, own: frozenset[Fingerprint]
) -> None:
    """A first sign turns out to be an outage: the same message goes on as that, and everyone is told."""
    if sign.status is Status.RECOVERING:
        sign = sign.move(Move.RELAPSE, draft.now)
    if _is_renamed(draft, sign, kind, subject):
        others = {target: member for target, member in sign.members.items() if target != sign.subject}
        sign = replace(sign, members=MappingProxyType(others))
    # Hosts that went just now were its beginning; what else was wrong before was not the outage yet, nor was one
    # that the UPS does not feed.
    spans = Spans(sign.spans.latest[-1:]) if sign.kind is Kind.HOST_DOWN else sign.spans
    unfed = sign.kind is Kind.HOST_DOWN and subject not in draft.situation.ancestors(sign.subject) | {sign.subject}
    spans = spans if sign.kind in LOST and not unfed else Spans().began(draft.failed_since(own))
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
    outage = replace(outage, dropped=outage.dropped | sign.dropped)
    draft.keep(outage)
    failing = (
        Member(f.target, was_running=draft.situation.ran(f.target), failing=frozenset({f.check}))
        for f in sorted(sign.failing - same)
    )
    draft.adopt(to, [*sign.members.values(), *failing])


def _went_with_it(draft: Draft, incident: Incident, subject: TargetId) -> bool:
    """Whether the power may have taken along what went just now: the network, or hosts that no UPS feeds.

    `subject`: what the power failure is named for. Where a UPS told of it, hosts may have gone first.
    """
    if incident.kind is Kind.NETWORK_DOWN or not subject.startswith(TargetKind.UPS):
        return incident.kind is Kind.NETWORK_DOWN and is_recent(draft, incident)
    hosts = {one.target for one in incident.failing if one.target.startswith(TargetKind.HOST)}
    unfed = bool(hosts) and all(draft.situation.target(host).powered_by is None for host in hosts)
    return unfed and incident.kind in {Kind.HOST_DOWN, Kind.POWER_LOSS} and is_recent(draft, incident)


def is_recent(draft: Draft, incident: Incident) -> bool:
    """Whether it began so lately that it may be a sign of an outage."""
    return draft.now - began(incident) <= draft.situation.rules.storm_within


def began(incident: Incident) -> datetime:
    """When it opened; or when it failed again since, or turned out to be what it is."""
    return max([incident.opened_at, *(one.since for one in incident.spans.latest[-1:])])
