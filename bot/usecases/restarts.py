"""How often machines have started anew, kept beside what their checks show."""

from collections.abc import Sequence
from datetime import datetime

from bot.core.health import RESTARTED_AT, RESTARTS, Fingerprint, Observation, TargetId
from bot.core.incidents import restarts
from bot.core.incidents.situation import Situation
from bot.store import Store
from bot.usecases.ground import as_asked


def with_restarts(
    store: Store, now: datetime, before: Situation, seen: Sequence[Observation]
) -> list[Observation]:
    """What was seen, and what each start in it comes to that nobody asked for."""
    seen = as_asked(store, now, seen)
    return [*seen, *(_counted(store, before, one) for one in seen if restarts.counts(before, one))]


def _counted(store: Store, before: Situation, seen: Observation) -> Observation:
    check = Fingerprint(RESTARTS, seen.target)
    earlier = store.targets.facts(check).get(RESTARTED_AT, "")
    return restarts.counted(before, seen, earlier, failing=check in before.failing)


def calm(store: Store, now: datetime, before: Situation) -> list[Observation]:
    """What has not restarted for long, all of which the bot has looked."""
    alive, failing = store.alive.last(), [one for one in before.failing if one.check == RESTARTS]
    looked = alive.started_at if alive else now
    told = ((one, _last(store, one.target)) for one in sorted(failing))
    return restarts.calm(before, [(one, max(looked, last)) for one, last in told], now)


def _last(store: Store, target: TargetId) -> datetime:
    """When it restarted last, or was last known to."""
    (known,) = (one for one in store.targets.known()[target] if one.fingerprint.check == RESTARTS)
    return known.at
