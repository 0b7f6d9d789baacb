"""Machines that start anew again and again, as in a loop of panics: told once, until it has ended.

What a step starts is none of these, nor what an outage explains: the first start after it, and all while the power
came and went. Whether a person did the others nobody can tell. It begins with so many restarts within so long a
time as make an incident unstable, and is over only once there was none for as long.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.core.health import (
    RESTARTED_AT,
    RESTARTS,
    Evidence,
    Fingerprint,
    Health,
    Kind,
    Observation,
    TargetId,
    TargetKind,
)
from bot.core.incidents.reboots import explains, knows
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST
from bot.core.lengths import lasted, times

MOST: Final = 20
"""So many restarts are kept one by one."""


def counts(situation: Situation, seen: Observation) -> bool:
    """Whether a machine has started anew by nothing that is known: no step, and no outage that it returns from."""
    lost = (one for one in situation.incidents.values() if one.kind in LOST and not one.ended)
    members = [one.members[seen.target] for one in lost if seen.target in one.members]
    returns = any(member.restarts is None for member in members)
    return seen.restarted and not returns and not _explained(situation, seen.target, seen.at, seen.at)


def _explained(situation: Situation, target: TargetId, at: datetime, now: datetime) -> bool:
    """Whether the power failed then. While a UPS tells of that, what it feeds goes on, or is gone for good."""
    lost = (one for one in situation.incidents.values() if one.kind is Kind.POWER_LOSS)
    hosts = (one for one in lost if one.subject.startswith(TargetKind.HOST) and knows(one, [target]))
    return any(explains(one, [at], now) for one in hosts)


def counted(situation: Situation, seen: Observation, earlier: str, *, failing: bool) -> Observation:
    """What one more restart comes to. `earlier`: when it did so before, as kept; `failing`: that was too often."""
    rules, target = situation.rules, seen.target
    before = sorted(map(datetime.fromisoformat, earlier.split()), reverse=True)
    lately = [at for at in before if timedelta(0) < seen.at - at <= rules.flapping_within]
    lately = [at for at in lately if not _explained(situation, target, at, seen.at)]  # that may be known only now
    restarts = [seen.at, *lately][:MOST]
    since = f" within {lasted(seen.at - restarts[-1])}" if restarts[1:] else ""
    loops = failing or len(restarts) >= rules.flapping_changes
    facts = {RESTARTED_AT: " ".join(one.isoformat() for one in restarts)}
    return Observation(
        Fingerprint(RESTARTS, seen.target),
        Health.FAIL if loops else Health.OK,
        seen.at,
        f"it has started anew {times(len(restarts))}{since}, and I did not do it",
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
