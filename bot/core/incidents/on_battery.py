"""What the card of a power failure says of the UPS that told of it: what it said last, or that it can't be asked.

A change of the charge is an edit of the card and a line of history. That little time is left is told once, to all.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.core.draft import Draft
from bot.core.health import Health, Kind, Observation, TargetKind
from bot.core.incident import EventKind, Incident, Status, Tell
from bot.core.lengths import clock_time

FEW: Final = 5
"""Minutes; with less on its battery, machines have to be shut down now."""

_LOW: Final = "battery low"  # as a UPS's words are told
_LAST: Final = "; last heard: "
_BACK: Final = "on mains; before that: "
_MINUTES: Final = re.compile(r", (\d+) min left")


def is_noticeable(before: Mapping[str, str], seen: Observation) -> bool:
    """Whether a UPS on battery tells of so much less or more than `before` that a card should say so."""
    if not tells_of_battery(seen):
        return False
    now = seen.facts
    charge, minutes = (_change(before, now, name) for name in ("charge", "runtime"))
    left = _number(now, "runtime")
    return charge >= 5 or minutes >= max(60, 0.2 * (left or 0))


def tells_of_battery(seen: Observation) -> bool:
    """Whether it says that a UPS is on battery."""
    return seen.kind is Kind.POWER_LOSS and seen.target.startswith(TargetKind.UPS)


def say(draft: Draft, incident: Incident, seen: Observation) -> None:
    """Bring the card up to what the UPS says now."""
    known = _said(incident.why)
    draft.keep(replace(incident, why=seen.why))
    if (_LOW in seen.why and _LOW not in known) or _few(seen.why) > _few(known):
        words = f"{draft.situation.name(seen.target)}: {seen.why}"
        draft.tell(incident.id, Tell.BROADCAST, draft.situation.mentioning(words))


def take_in(draft: Draft, seen: Observation) -> None:
    """A UPS can't be asked, as far as a power failure that it told of is concerned."""
    if tells_of_battery(seen) or not seen.target.startswith(TargetKind.UPS):
        return
    for incident in draft.live():
        told = seen.target == incident.subject and seen.fingerprint in incident.own
        if not told or incident.kind is not Kind.POWER_LOSS:
            continue
        if seen.health is Health.OK:
            draft.keep(replace(incident, why=_said(incident.why)))
        elif seen.fingerprint in incident.failing:
            _not_heard(draft, incident, seen)


def _not_heard(draft: Draft, incident: Incident, seen: Observation) -> None:
    if _LAST in incident.why:
        return
    since = f"can't be asked since {clock_time(seen.at, draft.situation.zone)} ({_reason(seen.why)})"
    before = draft.situation.incidents.get(incident.id)
    back = _BACK if before is not None and before.status is Status.RECOVERING else ""
    short = f"{draft.situation.name(seen.target)} {since}"
    words = f"{short}{_LAST}{back}{incident.why}"
    draft.keep(replace(incident, why=words))
    draft.tell(incident.id, Tell.LINE, words)
    if seen.health is Health.UNKNOWN:  # a failure has its line already
        draft.event(incident.id, EventKind.NOTE, short)


def _said(why: str) -> str:
    """What the UPS said last, also where that is said to be old."""
    return why.rpartition(_LAST)[2].removeprefix(_BACK)


def _reason(why: str) -> str:
    """Why it can't be asked, without what was asked for."""
    return why.rpartition(": because ")[2] or why


def _few(why: str) -> bool:
    minutes = _MINUTES.search(why)
    return minutes is not None and int(minutes[1]) <= FEW


def _change(before: Mapping[str, str], now: Mapping[str, str], name: str) -> float:
    was, is_now = _number(before, name), _number(now, name)
    if was is None or is_now is None:
        return 0
    return abs(is_now - was)


def _number(facts: Mapping[str, str], name: str) -> float | None:
    return float(facts[name]) if name in facts else None
