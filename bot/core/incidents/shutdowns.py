"""Whether a clean shutdown was someone's wish, or because of an outage: then it has to return with that.

libvirt tells only that a guest was shut down, not by whom. A host's UPS service does it on battery, and the host
itself while it goes down, which may be after the power is back. So it is taken for a wish only where what the
guest needs has been well for a while, and stays so for as long: Rules.shutdown_within.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.health import Observation, TargetId
from bot.core.incident import Incident
from bot.core.incidents.lifecycle import Status
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST


def just_before(shut_down: Mapping[TargetId, datetime], gone: datetime, within: timedelta) -> frozenset[TargetId]:
    """Those shut down so shortly before what they need was `gone` that it may have done it, one after the other.

    `within`: between the last of them and that, and between two of them: a host waits for each before the next.
    """
    found: set[TargetId] = set()
    for target, at in sorted(shut_down.items(), key=lambda one: one[1], reverse=True):
        if gone - at > within:
            break
        found.add(target)
        gone = min(gone, at)
    return frozenset(found)


def as_it_counts(situation: Situation, live: Iterable[Incident], seen: Observation, now: datetime) -> Observation:
    """`seen` without the word that someone shut it down, where that is not to be taken for a wish."""
    if seen.on_purpose and any(troubles(situation, one, seen.target, now) for one in live):
        return replace(seen, facts={name: fact for name, fact in seen.facts.items() if name != "stopped"})
    return seen


def troubles(situation: Situation, incident: Incident, guest: TargetId, now: datetime) -> bool:
    """Whether `incident` is an outage of what `guest` needs, that goes on or was over only a moment ago."""
    if incident.ended or incident.kind not in LOST:
        return False
    hurt = {incident.subject, *incident.members, *(one.target for one in incident.own)}
    if hurt.isdisjoint({guest, *situation.ancestors(guest)}):
        return False
    back = incident.recovering_since if incident.status is Status.RECOVERING else None
    return back is None or now - back < situation.rules.shutdown_within
