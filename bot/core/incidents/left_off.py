"""Machines that an incident waited for and that are off when it is over: that they ran before stays so.

An incident may be closed by a person's word; that makes no machine run. Each such machine is remembered with what
was known of it, until it runs and is proven, is shut down by someone, or a person says that it may stay off.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.clock_step import shifted
from bot.core.health import TargetKind
from bot.core.incident import Incident, IncidentId, Member, Way


@dataclass(frozen=True, slots=True)
class LeftOff:
    """A machine that ran before an incident and has not come back. `at`: when the incident ended without it.

    `incident`: None where there was none: it ran when it was last looked at, before nobody could, and was off
    afterwards. `why`: how that was, in words; `fails`: nobody has shut it down, so that it is an incident of its
    own where it is not silenced.
    """

    member: Member
    incident: IncidentId | None
    at: datetime
    why: str = ""
    fails: bool = False

    def shifted(self, step: timedelta) -> "LeftOff":
        """The clock was stepped: what was seen a minute ago was so a minute ago."""
        return replace(shifted(self, step), member=self.member.shifted(step))


def left_off(before: Mapping[IncidentId, Incident], changed: Iterable[Incident]) -> Sequence[LeftOff]:
    """The guests that incidents which have just ended leave off, or not seen to run.

    What became part of another incident is waited for there.
    """
    return [
        LeftOff(member, incident.id, incident.resolved_at)
        for incident in changed
        if incident.resolved_at is not None and _has_just_ended(before.get(incident.id), incident)
        for member in incident.members.values()
        if is_left_off(member)
    ]


def is_left_off(member: Member) -> bool:
    """Whether it is a guest that ran before and is not known to run again."""
    waits = member.was_running and member.running is not True and not member.proven
    return waits and member.target.startswith(TargetKind.GUEST)


def _has_just_ended(before: Incident | None, incident: Incident) -> bool:
    moved = incident.end is not None and incident.end.way is Way.MOVED
    return not moved and (before is None or not before.ended)
