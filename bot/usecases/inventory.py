"""A host's inventory: held against the last good one after an outage or a gap, and kept as that otherwise."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.config import Config
from bot.core.health import BOOT, HYPERVISOR, Fingerprint, Health, Kind, TargetId, TargetKind, target_id
from bot.core.incidents import aftermath
from bot.core.incidents.aftermath import changed_of, held_by, outage_of
from bot.core.incidents.draft import Decision
from bot.core.incidents.inventory import HostFacts
from bot.core.incidents.inventory_changes import Changes, compare, in_question
from bot.core.incidents.situation import Situation
from bot.incidents import commit, situation
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a hypervisor has now.

    `running`: the UUIDs of its guests that run; `booted`: of those of them that did not go on from saved memory.
    """

    facts: HostFacts
    running: Collection[str]
    booted: Collection[str] = ()

    @property
    def host(self) -> TargetId:
        """Whose it is."""
        return target_id(TargetKind.HOST, self.facts.host)

    def differs(self, last: HostFacts, held: Changes) -> Changes:
        """How it differs from the last good one; `held`: as in `compare`."""
        return compare(last, self.facts, self.running, held, self.booted)


@dataclass(frozen=True, slots=True)
class Missed:
    """What nobody saw change on a host, or might have: by the first look after a gap, and by all that came since.

    `since`: when the gap ended. What changes later, someone changes while the bot looks.
    """

    since: datetime
    keys: frozenset[tuple[TargetId, str]]

    def of(self, changes: Changes) -> Changes:
        """Of these changes, those that nobody saw."""
        unseen = {t: tuple(one for one in of if (t, one.key) in self.keys) for t, of in changes.items()}
        return {target: of for target, of in unseen.items() if of}


@dataclass(frozen=True, slots=True)
class Taken:
    """What follows from an inventory. `soon`: the next look should come soon; `missed`: to be handed to that."""

    soon: bool
    missed: Missed | None = None


def take_facts(
    store: Store, now: datetime, config: Config, found: Inventory, missed: Missed | None = None
) -> Taken:
    """What a hypervisor has now: compared with what it had while an outage is live, and once after each gap.

    `missed`: what the look before this one has come to. An inventory that was not wholly read is no good one.
    """
    host, before, whole = found.host, situation(store, config, now), found.facts.whole
    last, since = store.inventory.last(host), _looked_since(store, host)
    steady = since is not None and since <= now - config.timing.grace
    gap = since if whole and since is not None and not _is_known(store, before, host, since) else None
    if live := outage_of(before, host) or changed_of(before, host):
        if last is not None and Fingerprint(HYPERVISOR, host) not in before.failing:
            changes = found.differs(last, held_by(live))
            if live.kind is Kind.HOST_CHANGED and not (gap and steady):
                changes = _held_only(changes, held_by(live))
            _compared(store, now, before, host, aftermath.inventory_compared(before, live.id, changes, now))
        return Taken(soon=True)
    if last is not None and gap is not None:
        missed = _missed(found, last, gap, missed)
        if not steady:  # what has just started may not have all yet
            return Taken(soon=bool(missed.keys), missed=missed)
        if changes := missed.of(found.differs(last, {})):
            return Taken(soon=_opened(store, now, before, host, changes), missed=missed)
    if whole and (last is None or steady):
        store.inventory.keep(host, found.facts, now)
    return Taken(soon=False)


def _opened(store: Store, now: datetime, before: Situation, host: TargetId, changes: Changes) -> bool:
    """Open an incident about what nobody saw change; whether there is one: none while the host is silenced."""
    follows = aftermath.changed_unseen(before, host, changes, now)
    if follows.incidents:
        _compared(store, now, before, host, follows)
    return bool(follows.incidents)


def _missed(found: Inventory, last: HostFacts, since: datetime, missed: Missed | None) -> Missed:
    """What was in question at each look since the gap: what has changed, or could not be looked at."""
    keys = in_question(last, found.facts, found.running, found.booted)
    return Missed(since, keys & missed.keys if missed is not None and missed.since == since else keys)


def _held_only(changes: Changes, held: Changes) -> Changes:
    """What became of the differences that are held; others were made while the bot looked."""
    keys = {target: {one.key for one in of} for target, of in held.items()}
    return {target: tuple(one for one in changes.get(target, ()) if one.key in keys[target]) for target in held}


def _compared(store: Store, now: datetime, before: Situation, host: TargetId, follows: Decision) -> None:
    """A host was held against what it was before, and this follows."""
    commit(store, before, follows, now)
    store.inventory.compared(host, now)


def _is_known(store: Store, before: Situation, host: TargetId, since: datetime) -> bool:
    """Whether it is known already how a host differs, or a person has said since then that it is meant so."""
    ended = before.ended.get((Kind.HOST_CHANGED, host))
    return store.inventory.is_known(host, since) or (
        ended is not None and not store.inventory.is_known(host, ended.ended_at)
    )


def _looked_since(store: Store, host: TargetId) -> datetime | None:
    """Since when the bot has looked at a host without a gap, and the host has not booted; None where it can't."""
    alive, checks = store.alive.last(), {HYPERVISOR, BOOT}
    known = [one for one in store.targets.known().get(host, ()) if one.fingerprint.check in checks]
    well = {one.fingerprint.check: one.since for one in known if one.health is Health.OK}
    return max(alive.started_at, *well.values()) if alive is not None and HYPERVISOR in well else None
