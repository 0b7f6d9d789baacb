"""A host's inventory held against what it was before an outage, and kept as the last good one otherwise."""

from collections.abc import Collection
from datetime import datetime

from bot.config import Config
from bot.core.health import HYPERVISOR, Fingerprint, Health, TargetId, TargetKind, target_id
from bot.core.incidents import aftermath
from bot.core.incidents.aftermath import held_by, outage_of
from bot.core.incidents.inventory import HostFacts
from bot.core.incidents.inventory_changes import compare
from bot.incidents import commit, situation
from bot.store import Store


def take_facts(
    store: Store,
    now: datetime,
    config: Config,
    facts: HostFacts,
    running: Collection[str],
    booted: Collection[str] = (),
) -> bool:
    """What a hypervisor has now. While an outage of it is live it is compared, each difference a line there.

    `running`: the UUIDs of its guests that run and, `booted`, of those that did not go on from saved memory. An
    inventory that was not wholly read is no good one. Whether an outage waits for it, so that the next look should
    come soon.
    """
    host = target_id(TargetKind.HOST, facts.host)
    before, last = situation(store, config, now), store.inventory.last(host)
    outage = outage_of(before, host)
    if outage is not None:
        if last is not None and Fingerprint(HYPERVISOR, host) not in before.failing:
            changes = compare(last, facts, running, held_by(outage), booted)
            commit(store, before, aftermath.inventory_compared(before, outage.id, changes, now), now)
    elif facts.whole and (last is None or _is_steady(store, host, now - config.timing.grace)):
        store.inventory.keep(host, facts, now)
    return outage is not None


def _is_steady(store: Store, host: TargetId, since: datetime) -> bool:
    """Whether the host has answered, and the bot has looked, for so long that no outage is to be noticed yet."""
    alive = store.alive.last()
    if alive is None or alive.started_at > since:
        return False
    known = (one for one in store.targets.health() if one.fingerprint == Fingerprint(HYPERVISOR, host))
    return any(one.health is Health.OK and one.since <= since for one in known)
