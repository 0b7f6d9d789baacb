"""A host's inventory: held against the last good one after an outage or a gap, and kept as that otherwise."""

from collections.abc import Collection
from datetime import datetime

from bot.config import Config
from bot.core.health import BOOT, HYPERVISOR, Fingerprint, Health, TargetId, TargetKind, target_id
from bot.core.incidents import aftermath
from bot.core.incidents.aftermath import changed_of, held_by, outage_of
from bot.core.incidents.draft import Decision
from bot.core.incidents.inventory import HostFacts
from bot.core.incidents.inventory_changes import Changes, compare
from bot.core.incidents.situation import Situation
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
    """What a hypervisor has now: compared with what it had while an outage is live, and once after each gap.

    `running`: the UUIDs of its guests that run; `booted`: of those that did not go on from saved memory.
    Whether the next look should come soon.
    """
    host = target_id(TargetKind.HOST, facts.host)
    before, last = situation(store, config, now), store.inventory.last(host)
    if live := outage_of(before, host) or changed_of(before, host):
        if last is not None and Fingerprint(HYPERVISOR, host) not in before.failing:
            changes = compare(last, facts, running, held_by(live), booted)
            _compared(store, now, before, host, aftermath.inventory_compared(before, live.id, changes, now))
        return True
    since = _looked_since(store, host)
    steady = since is not None and since <= now - config.timing.grace  # what has just started may not have all yet
    if changes := _missed(store, facts, last, since, running, booted):
        opened = aftermath.changed_unseen(before, host, changes, now)
        if steady and opened.incidents:
            _compared(store, now, before, host, opened)
        return not steady or bool(opened.incidents)
    if facts.whole and (last is None or steady):
        store.inventory.keep(host, facts, now)
    return False


def _missed(
    store: Store,
    facts: HostFacts,
    last: HostFacts | None,
    since: datetime | None,
    running: Collection[str],
    booted: Collection[str],
) -> Changes:
    """What has changed while nobody could look; nothing where that was asked already, or can't be told."""
    host = target_id(TargetKind.HOST, facts.host)
    if last is None or since is None or not facts.whole or store.inventory.is_known(host, since):
        return {}
    found = compare(last, facts, running, {}, booted)
    return {target: changes for target, changes in found.items() if changes}


def _compared(store: Store, now: datetime, before: Situation, host: TargetId, follows: Decision) -> None:
    """A host was held against what it was before, and this follows."""
    commit(store, before, follows, now)
    store.inventory.compared(host, now)


def _looked_since(store: Store, host: TargetId) -> datetime | None:
    """Since when the bot has looked at a host without a gap, and the host has not booted; None where it can't."""
    alive, checks = store.alive.last(), {HYPERVISOR, BOOT}
    known = [one for one in store.targets.known().get(host, ()) if one.fingerprint.check in checks]
    well = {one.fingerprint.check: one.since for one in known if one.health is Health.OK}
    return max(alive.started_at, *well.values()) if alive is not None and HYPERVISOR in well else None
