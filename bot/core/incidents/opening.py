"""An incident opens: a new one, or one resolved a moment ago that fails again."""

from collections.abc import Iterable
from dataclasses import replace

from bot.core.health import Fingerprint, Kind, TargetId
from bot.core.incident import EventKind, Incident, IncidentId, Move
from bot.core.incidents.adoption import begins_anew
from bot.core.incidents.announce import fails_again
from bot.core.incidents.draft import Draft
from bot.core.incidents.member import GONE
from bot.core.incidents.situation import Gap
from bot.core.incidents.spans import Spans
from bot.core.kinds import OUTAGES
from bot.core.lengths import lasted


def open_incident(draft: Draft, kind: Kind, subject: TargetId, why: str, own: Iterable[Fingerprint]) -> Incident:
    """The incident of a trouble that has none: one resolved just now that fails again, or a new one."""
    prints = frozenset(own)
    again = (i for i in draft.recent() if _is_again(i, kind, subject, prints) and draft.rival(i) is None)
    before = next(again, None)
    if before is not None:
        return _reopen(draft, before, kind, why, prints)
    incident = draft.new(kind, subject, why, prints)
    earlier = draft.situation.ended.get((kind, subject))
    draft.keep(replace(incident, spans=Spans().began(draft.failed_since(prints)), earlier=earlier))
    draft.event(incident.id, EventKind.OPENED, why)
    _mention_gap(draft, incident.id, prints)
    return draft.incidents[incident.id]


def _reopen(draft: Draft, incident: Incident, kind: Kind, why: str, own: frozenset[Fingerprint]) -> Incident:
    over = incident.spans.changed_at if incident.spans.latest else incident.resolved_at or draft.now
    known = incident.brought_up_to(draft.failing, draft.situation.targets, draft.now)
    again = draft.move(known, Move.REOPEN, seen=draft.failed_since(own))
    again = replace(again, kind=kind, why=why, own=again.own | own, failing=again.failing | own)
    begins_anew(draft, draft.keep(again))
    draft.event(incident.id, EventKind.STATUS, f"reopened: {why}")
    well = lasted(again.spans.changed_at - over)
    fails_again(draft, draft.incidents[incident.id], f", {well} after the last time", why)
    _mention_gap(draft, incident.id, own)
    return draft.incidents[incident.id]


def _is_again(incident: Incident, kind: Kind, subject: TargetId, own: frozenset[Fingerprint]) -> bool:
    """Whether this trouble is `incident` again. One guest of a storm that fails again is not the storm again."""
    if kind is not incident.kind and {kind, incident.kind} & OUTAGES:
        return False
    several = kind in {Kind.POWER_LOSS, Kind.HOSTS_DOWN}  # which of the hosts went first is chance
    same = subject == incident.subject or several
    may = incident.end is None or incident.end.may_reopen
    return may and same and not own.isdisjoint(incident.own)


def _mention_gap(draft: Draft, incident: IncidentId, own: frozenset[Fingerprint]) -> None:
    """Say that nobody was looking, unless all was well when somebody did again."""
    gap = draft.situation.gap
    if gap is not None and not any(_was_well(one, gap) for one in own):
        draft.note(incident, f"{gap}; this may have begun then.")


def _was_well(check: Fingerprint, gap: Gap) -> bool:
    """Whether a check found all well since; what is gone now was there if anything was seen of it."""
    if check.check in GONE:
        return any(one.target == check.target for one in gap.well)
    return check in gap.well
