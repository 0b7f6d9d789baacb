"""Machines that start anew by themselves again and again, as in a loop of panics: told once, until it has ended.

What a step or a person starts is none of these, nor the first start after an outage. It begins with so many
restarts within so long a time as make an incident unstable, and is over only once there was none for as long.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.core.health import RESTARTED_AT, RESTARTS, Evidence, Fingerprint, Health, Kind, Observation
from bot.core.incidents.rules import Rules
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST
from bot.core.lengths import lasted, times

MOST: Final = 20
"""So many restarts are kept one by one."""


def by_itself(situation: Situation, seen: Observation) -> bool:
    """Whether a machine has started anew by itself, and not to return from an outage."""
    lost = (one for one in situation.incidents.values() if one.kind in LOST and not one.ended)
    members = [one.members[seen.target] for one in lost if seen.target in one.members]
    return seen.restarted and all(member.restarts is not None for member in members)


def counted(seen: Observation, earlier: str, rules: Rules, *, failing: bool) -> Observation:
    """What one more restart comes to. `earlier`: when it did so before, as kept; `failing`: that was too often."""
    before = sorted(map(datetime.fromisoformat, earlier.split()), reverse=True)
    lately = [at for at in before if timedelta(0) < seen.at - at <= rules.flapping_within]
    restarts = [seen.at, *lately][:MOST]
    since = f" within {lasted(seen.at - restarts[-1])}" if restarts[1:] else ""
    loops = failing or len(restarts) >= rules.flapping_changes
    facts = {RESTARTED_AT: " ".join(one.isoformat() for one in restarts)}
    return Observation(
        Fingerprint(RESTARTS, seen.target),
        Health.FAIL if loops else Health.OK,
        seen.at,
        f"it has restarted by itself {times(len(restarts))}{since}",
        Kind.KEEPS_RESTARTING if loops else None,
        stated=True,
        evidence=Evidence.NONE,
        facts=facts,
    )


def calm(
    situation: Situation, failing: Sequence[tuple[Fingerprint, datetime]], now: datetime
) -> list[Observation]:
    """Those that have not restarted for long, each with since when; what can't be seen is not calm."""
    rules, unseen = situation.rules, {one.target for one in situation.unseen}
    return [
        Observation(check, Health.OK, now, f"no restart for {lasted(now - since)}", evidence=Evidence.NONE)
        for check, since in failing
        if check.target not in unseen and now - since >= rules.flapping_within
    ]
