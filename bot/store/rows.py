"""How values are written in rows and JSON columns: times, and the incident's own parts."""

import json
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from bot.core.health import CheckName, Fingerprint, Kind, TargetId
from bot.core.incident import Incident, IncidentId, Member, Status


def time_out(time: datetime | None) -> str | None:
    """A time as stored: ISO 8601 in UTC with microseconds always, so that text order is time order."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def time_in(text: str | None) -> datetime | None:
    """A stored time, None where there is none."""
    return None if text is None else datetime.fromisoformat(text)


def moment(text: str) -> datetime:
    """A stored time that is always there."""
    return datetime.fromisoformat(text)


def incident_row(incident: Incident) -> dict[str, Any]:
    """An incident as a row: the columns that are searched, and the whole of it."""
    return {
        "id": incident.id,
        "kind": incident.kind,
        "subject": incident.subject,
        "status": incident.status,
        "opened_at": time_out(incident.opened_at),
        "resolved_at": time_out(incident.resolved_at),
        "value_json": json.dumps(_incident_out(incident)),
    }


def _incident_out(incident: Incident) -> dict[str, Any]:
    return {
        "why": incident.why,
        "progress_at": time_out(incident.progress_at),
        "own": _prints_out(incident.own),
        "failing": _prints_out(incident.failing),
        "members": [_member_out(m) for m in incident.members.values()],
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": time_out(incident.acknowledged_at),
        "recovering_since": time_out(incident.recovering_since),
        "surfaced": incident.surfaced,
        "resolved_by": incident.resolved_by,
        "resolution": incident.resolution,
    }


def incident_value(row: dict[str, Any]) -> Incident:
    """The incident of a row."""
    rest = json.loads(row["value_json"])
    members = (_member_in(m) for m in rest["members"])
    return Incident(
        id=IncidentId(row["id"]),
        kind=Kind(row["kind"]),
        subject=TargetId(row["subject"]),
        status=Status(row["status"]),
        why=rest["why"],
        opened_at=moment(row["opened_at"]),
        progress_at=moment(rest["progress_at"]),
        own=_prints_in(rest["own"]),
        failing=_prints_in(rest["failing"]),
        members=MappingProxyType({m.target: m for m in members}),
        acknowledged_by=rest["acknowledged_by"],
        acknowledged_at=time_in(rest["acknowledged_at"]),
        recovering_since=time_in(rest["recovering_since"]),
        surfaced=rest["surfaced"],
        resolved_at=time_in(row["resolved_at"]),
        resolved_by=rest["resolved_by"],
        resolution=rest["resolution"],
    )


def _prints_out(prints: frozenset[Fingerprint]) -> list[list[str]]:
    return [[one.check, one.target] for one in sorted(prints)]


def _prints_in(pairs: list[list[str]]) -> frozenset[Fingerprint]:
    return frozenset(Fingerprint(CheckName(check), TargetId(target)) for check, target in pairs)


def _member_out(member: Member) -> list[Any]:
    return [member.target, member.was_running, sorted(member.failing), member.seen, member.running]


def _member_in(parts: list[Any]) -> Member:
    target, was_running, failing, seen, running = parts
    return Member(TargetId(target), was_running, frozenset(CheckName(c) for c in failing), seen, running)
