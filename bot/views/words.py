"""The words and marks that several cards share: how a status looks, what an incident is called, who is named."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bot.core import kinds
from bot.core.health import Health, TargetId, TargetKind
from bot.core.incident import Incident, Status, Way
from bot.core.incidents.condition import Condition
from bot.core.incidents.member import Standing
from bot.core.names import Names
from bot.views.limits import NAME
from bot.views.outside import safe
from bot.views.times import lasted, when

MARKS: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.OPEN: "🔴",
        Status.ACKNOWLEDGED: "🟠",
        Status.RECOVERING: "🔵",
        Status.RESOLVED: "🟢",
    }
)

ENDS: Final[Mapping[Way, str]] = MappingProxyType(
    {Way.PROVEN: "🟢", Way.CLOSED: "☑️", Way.MOVED: "⚪", Way.WITHDRAWN: "⚫"}
)
"""Green is for what was proven alone."""

STANDINGS: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.PROVEN: "✅",
        Standing.UNTOUCHED: "✅",
        Standing.WANTED_OFF: "💤",
        Standing.ACCEPTED: "🔌",
        Standing.WORD: "☑️",
        Standing.STAYS_OFF: "⚪",
        Standing.DELETED: "🗑️",
        Standing.REBUILT: "♻️",
        Standing.UNWATCHED: "⚪",
        Standing.UNPROVEN: "❔",
        Standing.MISSING: "🕳️",
        Standing.FAILING: "❌",
    }
)

CONDITIONS: Final[Mapping[Condition, str]] = MappingProxyType(
    {
        Condition.FAILING: "❌",
        Condition.DOWN: "❌",
        Condition.UNSEEN: "❔",
        Condition.UNPROVEN: "❔",
        Condition.OFF: "💤",
        Condition.PAUSED: "💤",
        Condition.ACCEPTED: "🔌",
        Condition.WELL: "✅",
    }
)

HEALTH: Final[Mapping[Health, str]] = MappingProxyType({Health.OK: "✅", Health.FAIL: "❌", Health.UNKNOWN: "❔"})


def name_of(target: TargetId, name: Names) -> str:
    """What a person calls a target, made safe."""
    return safe(name(target), NAME)


def title(incident: Incident, name: Names) -> str:
    """What an incident is about, in a few words that hold whatever its status."""
    words = kinds.title(incident.kind, incident.subject, name_of(incident.subject, name))
    return f"Suspected: {words}" if incident.suspected else words


def mark(incident: Incident) -> str:
    """How an incident looks: its status, or its end."""
    return MARKS[incident.status] if incident.end is None else ENDS[incident.end.way]


def state(incident: Incident) -> str:
    """Where an incident stands, or how it ended, as the first word of a line."""
    words = str(incident.end or incident.status)
    return words[:1].upper() + words[1:]


def names(targets: Iterable[TargetId], name: Names, most: int = 8) -> str:
    """Some names, hosts first, and how many more there are."""
    order = list(TargetKind)
    listed = sorted(targets, key=lambda target: (order.index(TargetKind(target.partition(":")[0])), name(target)))
    shown = ", ".join(name_of(target, name) for target in listed[:most])
    return f"{shown} and {len(listed) - most} more" if len(listed) > most else shown


def bar(done: int, whole: int) -> str:
    """Ten squares, as many of them full as is done."""
    full = 10 * done // whole if whole else 10
    return "▰" * full + "▱" * (10 - full)


def incident_line(incident: Incident, name: Names) -> str:
    """An incident in a list."""
    head = f"{mark(incident)} *{incident.id}* · {title(incident, name)}"
    if incident.resolved_at is None:
        taken = f" · <@{incident.acknowledged_by}> is on it" if incident.acknowledged_by else ""
        stands = "" if incident.acknowledged_by else f" · {incident.status}"
        began = "began" if incident.status is Status.RECOVERING else "since"
        return f"{head}{stands} · {began} {when(incident.since)}{taken}"
    ended = f"{head} · {incident.end or incident.status} {when(incident.resolved_at)}"
    return f"{ended}, {length(incident)}" if has_length(incident) else ended


def length(incident: Incident) -> str:
    """How long it lasted; of one that failed several times, for how long it did so in all."""
    ended = incident.resolved_at or incident.since
    if incident.spans.count > 1:
        return f"{incident.spans.count} times, {lasted(incident.spans.total(ended))} in all"
    closed = incident.end is not None and incident.end.way is Way.CLOSED
    unwell = closed and (incident.unproven or incident.let_go or incident.dropped)
    return f"{'closed after' if unwell else 'lasted'} {lasted(ended - incident.since)}"


def has_length(incident: Incident) -> bool:
    """Whether it says how long it lasted: what was moved goes on elsewhere, and blindness is no trouble."""
    return incident.resolved_at is not None and (incident.end is None or incident.end.may_reopen)
