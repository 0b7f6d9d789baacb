"""An incident as a row: the columns that are searched, and the whole of it as JSON that carries its version.

What an older Caretaker wrote is read as far as it says: version 1 took silence for proof, waited for no subject
of an outage and did not tell ends apart. So its members count as unproven, the subject is one of them, and the end
is told from its words. Version 2 knew of one time that it failed, the last; the first began when it opened.
"""

import json
import re
from dataclasses import asdict, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from bot.core.health import CheckName, Fingerprint, Kind, TargetId
from bot.core.incident import Earlier, End, Incident, IncidentId, Member, Status, Way
from bot.core.incidents.inventory_changes import Change
from bot.core.incidents.member import Ground, Standing
from bot.core.incidents.spans import Span, Spans
from bot.core.incidents.ups_said import UpsSaid
from bot.core.kinds import KINDS
from bot.store.json_value import Fields, read_value
from bot.store.rows import moment, time_in, time_out

VERSION = 3

_PART_OF = re.compile(r"Part of incident (\d+):")


def incident_row(incident: Incident) -> dict[str, Any]:
    """An incident as a row."""
    return {
        "id": incident.id,
        "kind": incident.kind,
        "subject": incident.subject,
        "status": incident.status,
        "opened_at": time_out(incident.opened_at),
        "resolved_at": time_out(incident.resolved_at),
        "value_json": json.dumps({"version": VERSION, **_incident_out(incident)}),
    }


def _incident_out(incident: Incident) -> dict[str, Any]:
    return {
        "why": incident.why,
        "progress_at": time_out(incident.progress_at),
        "own": _prints_out(incident.own),
        "failing": _prints_out(incident.failing),
        "members": [member_out(m) for m in incident.members.values()],
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": time_out(incident.acknowledged_at),
        "recovering_since": time_out(incident.recovering_since),
        "surfaced": incident.surfaced,
        "resolved_by": incident.resolved_by,
        "resolution": incident.resolution,
        "end": None if incident.end is None else [incident.end.way, incident.end.into],
        "suspected": incident.suspected,
        "answered_at": time_out(incident.answered_at),
        "reopened_at": time_out(incident.reopened_at),
        "reopened_by": incident.reopened_by,
        "spans": _spans_out(incident.spans),
        "earlier": incident.earlier and [incident.earlier.id, time_out(incident.earlier.ended_at)],
        "unstable_since": time_out(incident.unstable_since),
        "touched": incident.touched,
        "told_at": time_out(incident.told_at),
        "reminded": incident.reminded,
        "ups": incident.ups and asdict(incident.ups),
        "dropped": _prints_out(incident.dropped),
    }


def incident_value(row: dict[str, Any]) -> Incident:
    """The incident of a row, whichever version wrote it. Raises ValueUnreadable."""
    return read_value(f"incident {row['id']}", row["value_json"], VERSION, lambda rest: _incident_in(row, rest))


def _incident_in(row: dict[str, Any], rest: Fields) -> Incident:
    version = rest.get("version", 1)
    rest = _from_version_1(row, rest) if version < 2 else rest  # its number
    rest = _from_version_2(row, rest) if version < VERSION else rest
    members = (member_in(m) for m in rest["members"])
    incident = Incident(
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
        end=None if rest["end"] is None else End(Way(rest["end"][0]), rest["end"][1]),
    )
    return _with_later_fields(incident, rest)


def _with_later_fields(incident: Incident, rest: dict[str, Any]) -> Incident:
    """With what the first releases of an earlier version did not write."""
    return replace(
        incident,
        suspected=rest.get("suspected", False),
        answered_at=time_in(rest.get("answered_at")),
        reopened_at=time_in(rest.get("reopened_at")),
        reopened_by=rest.get("reopened_by"),
        spans=_spans_in(rest["spans"]),
        earlier=_earlier_in(rest["earlier"]),
        unstable_since=time_in(rest["unstable_since"]),
        touched=rest["touched"],
        told_at=time_in(rest["told_at"]),
        reminded=rest["reminded"],
        ups=None if rest.get("ups") is None else _ups_in(rest["ups"]),
        dropped=_prints_in(rest.get("dropped", [])),
    )


def _from_version_1(row: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    members = [
        {"target": target, "was_running": ran, "failing": failing, "running": running}
        for target, ran, failing, _seen, running in rest["members"]
    ]
    if row["resolved_at"]:
        return {**rest, "members": members, "end": _end_of_version_1(rest)}
    known = {member["target"] for member in members}
    if row["subject"] not in known and KINDS[Kind(row["kind"])].hurts:
        failing = [check for check, target in rest["failing"] if target == row["subject"]]
        members.append({"target": row["subject"], "was_running": False, "failing": failing, "running": None})
    return {**rest, "members": members, "end": None}


def _from_version_2(row: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    """It failed from the beginning, or when it began to once more, until it came back or ended."""
    began = rest.get("failing_since") or rest.get("answered_at") or row["opened_at"]
    ended = rest["recovering_since"] or row["resolved_at"] or rest["progress_at"]
    spans = {"latest": [[began, None if rest["failing"] and not row["resolved_at"] else ended]]}
    told = {"touched": True, "told_at": rest.get("reopened_at"), "reminded": 0}
    return {**rest, "spans": spans, "earlier": None, "unstable_since": None, **told}


def _spans_out(spans: Spans) -> dict[str, Any]:
    latest = [[time_out(one.since), time_out(one.until)] for one in spans.latest]
    return {"latest": latest, "earlier": spans.earlier, "before": spans.before.total_seconds()}


def _spans_in(parts: dict[str, Any]) -> Spans:
    latest = tuple(Span(moment(since), time_in(until)) for since, until in parts["latest"])
    return Spans(latest, parts.get("earlier", 0), timedelta(seconds=parts.get("before", 0)))


def _earlier_in(parts: list[Any] | None) -> Earlier | None:
    return None if parts is None else Earlier(IncidentId(parts[0]), moment(parts[1]))


def _ups_in(parts: dict[str, Any]) -> UpsSaid:
    return UpsSaid(parts["words"], low=parts["low"], few=parts["few"], silent=parts["silent"])


def _end_of_version_1(rest: dict[str, Any]) -> list[Any]:
    if found := _PART_OF.match(rest["resolution"]):
        return [Way.MOVED, int(found[1])]
    return [Way.CLOSED if rest["resolved_by"] else Way.PROVEN, None]


def _prints_out(prints: frozenset[Fingerprint]) -> list[list[str]]:
    return [[one.check, one.target] for one in sorted(prints)]


def _prints_in(pairs: list[list[str]]) -> frozenset[Fingerprint]:
    return frozenset(Fingerprint(CheckName(check), TargetId(target)) for check, target in pairs)


def member_out(member: Member) -> dict[str, Any]:
    """A member as JSON; whoever writes it adds its version."""
    return {
        "target": member.target,
        "was_running": member.was_running,
        "failing": sorted(member.failing),
        "running": member.running,
        "paused": member.paused,
        "ground": None if member.ground is None else _ground_out(member.ground),
        "unproven_since": time_out(member.unproven_since),
        "counts_from": time_out(member.counts_from),
        "passed": sorted(member.passed),
        "well_since": time_out(member.well_since),
        "shown": None if member.shown is None else _ground_out(member.shown),
        "must_return": member.must_return,
        "untouched": member.untouched,
        "changes": [[one.key, one.words] for one in member.changes],
        "accepted": sorted(member.accepted),
        "restarts": member.restarts,
        "booted": member.booted,
    }


def member_in(parts: dict[str, Any]) -> Member:
    """A member. What an older version did not write is as for one of which nothing was seen."""
    ground, shown = parts.get("ground"), parts.get("shown")
    return Member(
        TargetId(parts["target"]),
        parts["was_running"],
        failing=_checks(parts["failing"]),
        running=parts["running"],
        paused=parts.get("paused", False),
        ground=None if ground is None else _ground_in(ground),
        unproven_since=time_in(parts.get("unproven_since")),
        counts_from=time_in(parts.get("counts_from")),
        passed=_checks(parts.get("passed", [])),
        well_since=time_in(parts.get("well_since")),
        shown=None if shown is None else _ground_in(shown),
        must_return=parts.get("must_return"),
        untouched=parts.get("untouched", False),
        changes=tuple(Change(key, words) for key, words in parts.get("changes", [])),
        accepted=frozenset(parts.get("accepted", [])),
        restarts=parts.get("restarts"),
        booted=parts.get("booted", False),
    )


def _checks(names: list[str]) -> frozenset[CheckName]:
    return frozenset(map(CheckName, names))


def _ground_out(ground: Ground) -> dict[str, Any]:
    return {
        "standing": ground.standing,
        "why": ground.why,
        "at": time_out(ground.at),
        "check": ground.check,
        "by": ground.by,
    }


def _ground_in(parts: dict[str, Any]) -> Ground:
    check = parts["check"]
    checked = None if check is None else CheckName(check)
    return Ground(Standing(parts["standing"]), parts["why"], moment(parts["at"]), checked, parts["by"])
