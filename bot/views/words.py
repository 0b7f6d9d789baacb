"""The words and marks that several cards share: how a status looks, what an incident is called, who is named."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from bot.core.health import Health, TargetId, TargetKind
from bot.core.incident import Incident, Status
from bot.core.kinds import KINDS
from bot.core.names import Names
from bot.views.limits import NAME, safe
from bot.views.times import lasted, when

MARKS: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.OPEN: "🔴",
        Status.ACKNOWLEDGED: "🟠",
        Status.RECOVERING: "🔵",
        Status.RESOLVED: "🟢",
    }
)

HEALTH: Final[Mapping[Health, str]] = MappingProxyType({Health.OK: "✅", Health.FAIL: "❌", Health.UNKNOWN: "❔"})


def name_of(target: TargetId, name: Names) -> str:
    """What a person calls a target, made safe."""
    return safe(name(target), NAME)


def title(incident: Incident, name: Names) -> str:
    """What an incident is about, in a few words that hold whatever its status."""
    return KINDS[incident.kind].title.format(name_of(incident.subject, name))


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
    if incident.resolved_at is not None:
        ended = (
            f"resolved {when(incident.resolved_at)}, lasted {lasted(incident.resolved_at - incident.opened_at)}"
        )
        return f"{MARKS[incident.status]} *{incident.id}* · {title(incident, name)} · {ended}"
    taken = f" · <@{incident.acknowledged_by}> is on it" if incident.acknowledged_by else ""
    since = f"since {when(incident.opened_at)}"
    return f"{MARKS[incident.status]} *{incident.id}* · {title(incident, name)} · {incident.status} {since}{taken}"
