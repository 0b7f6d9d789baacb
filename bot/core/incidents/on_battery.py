"""What the card of a power failure says of the UPS that told of it: what it said last, or that it can't be asked.

A change of the charge is an edit of the card and a line of history. That little time is left is told once, to all.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.core.health import Health, Kind, Observation, TargetKind
from bot.core.incident import EventKind, Incident, Status, Tell
from bot.core.incidents.draft import Draft
from bot.core.incidents.ups_said import UpsSaid, ups_said
from bot.core.lengths import clock_time

_NOTHING: Final = UpsSaid("")


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
    known, now = incident.ups or _NOTHING, ups_said(seen.why, seen.facts)
    draft.keep(replace(incident, why=seen.why, ups=now))
    if now.low > known.low or now.few > known.few:
        words = f"{draft.situation.name(seen.target)}: {seen.why}"
        draft.tell(incident.id, Tell.BROADCAST, draft.situation.mentioning(words))


def take_in(draft: Draft, seen: Observation) -> None:
    """What a UPS says, or that it can't be asked, as far as a power failure that it told of is concerned."""
    if not seen.target.startswith(TargetKind.UPS):
        return
    for incident in draft.live():
        told = seen.target == incident.subject and seen.fingerprint in incident.own
        if not told or incident.kind is not Kind.POWER_LOSS:
            continue
        if tells_of_battery(seen):
            draft.keep(replace(incident, ups=ups_said(seen.why, seen.facts)))
        elif incident.ups is not None and seen.health is Health.OK:
            heard = replace(incident.ups, silent=False)
            draft.keep(replace(incident, why=heard.words, ups=heard))
        elif incident.ups is not None and seen.fingerprint in incident.failing:
            _not_heard(draft, incident, incident.ups, seen)


def _not_heard(draft: Draft, incident: Incident, said: UpsSaid, seen: Observation) -> None:
    if said.silent:
        return
    since = f"can't be asked since {clock_time(seen.at, draft.situation.zone)} ({_reason(seen.why)})"
    before = draft.situation.incidents.get(incident.id)
    back = "on mains; before that: " if before is not None and before.status is Status.RECOVERING else ""
    short = f"{draft.situation.name(seen.target)} {since}"
    words = f"{short}; last heard: {back}{said.words}"
    draft.keep(replace(incident, why=words, ups=replace(said, silent=True)))
    draft.tell(incident.id, Tell.LINE, words)
    if seen.health is Health.UNKNOWN:  # a failure has its line already
        draft.event(incident.id, EventKind.NOTE, short)


def _reason(why: str) -> str:
    """Why it can't be asked, without what was asked for."""
    return why.rpartition(": because ")[2] or why


def _change(before: Mapping[str, str], now: Mapping[str, str], name: str) -> float:
    was, is_now = _number(before, name), _number(now, name)
    if was is None or is_now is None:
        return 0
    return abs(is_now - was)


def _number(facts: Mapping[str, str], name: str) -> float | None:
    return float(facts[name]) if name in facts else None
