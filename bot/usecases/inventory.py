"""A host's inventory: held against what the host is to be like, and kept as that.

What differs between two looks without a gap, someone has changed meanwhile. What differs after an outage or a gap
may be lost: that is asked about.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.config import Config
from bot.core.health import BOOT, HYPERVISOR, Health, Kind, TargetId, TargetKind, guest_id, target_id
from bot.core.incidents import aftermath
from bot.core.incidents.aftermath import changed_of, held_by, outage_of
from bot.core.incidents.good_inventory import renewed
from bot.core.incidents.inventory import HostFacts
from bot.core.incidents.inventory_changes import Changes, Questions, compare, in_question
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

    def in_question(self, good: HostFacts) -> Questions:
        """What differs from the good one, or could not be looked at."""
        return in_question(good, self.facts, self.running, self.booted)

    def differs(self, last: HostFacts, held: Changes) -> Changes:
        """How it differs from the good one; `held`: as in `compare`."""
        return compare(last, self.facts, self.running, held, self.booted)


@dataclass(frozen=True, slots=True)
class Missed:
    """What nobody saw change on a host, or might have: by the first look after a gap, and by all that came since.

    `since`: when the gap ended. What changes later, someone changes while the bot looks; what could not be looked
    at, as of a guest that is not there, stays in question until it can be.
    """

    since: datetime
    keys: Questions

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
    """What a hypervisor has now: held against what it is to have while an outage is live, and once after each gap.

    `missed`: what the look before this one has come to. An inventory that was not wholly read is no good one.
    """
    host, before = found.host, situation(store, config, now)
    good, since, whole = store.inventory.good(host), _looked_since(store, host), found.facts.whole
    live = outage_of(before, host) or changed_of(before, host)
    if good is None or since is None:
        if good is None and live is None and whole:
            store.inventory.keep(host, found.facts, now)
        return Taken(soon=live is not None)
    open_questions = found.in_question(good)
    missed = _missed(store, host, since, open_questions, missed)
    changes = _not_accepted(store, found.differs(good, held_by(live) if live else {}), open_questions)
    if live is not None and live.kind is not Kind.HOST_CHANGED:
        commit(store, before, aftermath.inventory_compared(before, live.id, changes, now), now)
        return Taken(soon=True, missed=missed)
    steady = whole and since <= now - config.timing.grace  # what has just started may not have all yet
    unseen = missed.of(changes) if steady else {}
    held = _asked(store, now, before, host, changes, unseen)
    if steady and (held or not unseen):  # else the host is silenced, and it is asked once that is over
        missed = Missed(since, missed.keys - _keys(found.differs(good, {})))
        _keep(store, now, before, found, good, held | missed.keys)
    return Taken(soon=bool(held) or (bool(missed.keys) and not steady), missed=missed)


def _keys(changes: Changes) -> Questions:
    return frozenset((target, one.key) for target, of in changes.items() for one in of)


def _missed(
    store: Store, host: TargetId, since: datetime, open_questions: Questions, missed: Missed | None
) -> Missed:
    """What was in question at each look since the gap: what has changed, or could not be looked at."""
    if missed is not None and missed.since == since:
        return Missed(since, open_questions & missed.keys)
    return Missed(since, frozenset() if store.inventory.kept_since(host, since) else open_questions)


def _not_accepted(store: Store, changes: Changes, open_questions: Questions) -> Changes:
    """Those that no person has said are well as they are."""
    known = {(t, one) for t, one in store.inventory.accepted() if t in changes}
    store.inventory.forget((t, one) for t, one in known if (t, one.key) not in open_questions)
    return {target: tuple(one for one in of if (target, one) not in known) for target, of in changes.items()}


def _asked(
    store: Store, now: datetime, before: Situation, host: TargetId, changes: Changes, unseen: Changes
) -> Questions:
    """Ask about what nobody saw change, in the live incident or a new one; what that is held by then.

    Of what the live one holds already it is noted what became of it. What else differs, someone changed meanwhile.
    """
    if live := changed_of(before, host):
        was = held_by(live)
        keys = _keys(was) | _keys(unseen)
        told = {t: tuple(one for one in changes.get(t, ()) if (t, one.key) in keys) for t in {*was, *unseen}}
        commit(store, before, aftermath.inventory_compared(before, live.id, told, now), now)
    elif unseen:
        commit(store, before, aftermath.changed_unseen(before, host, unseen, now), now)
    held = (one for one in store.incidents.live() if (one.kind, one.subject) == (Kind.HOST_CHANGED, host))
    return next((_keys(held_by(one)) for one in held), frozenset())


def _keep(
    store: Store, now: datetime, before: Situation, found: Inventory, good: HostFacts, asked: Questions
) -> None:
    """What was found is what the host is to be like from now on, but for what is asked about."""
    its_own = {target.id for target in before.targets.values() if target.runs_on == found.host}
    store.inventory.keep(found.host, renewed(good, found.facts, asked, its_own), now)
    guests = {guest_id(guest.uuid) for guest in found.facts.guests} - {target for target, _ in asked}
    store.inventory.forget(one for one in store.inventory.accepted() if one[0] in {found.host, *guests})


def _looked_since(store: Store, host: TargetId) -> datetime | None:
    """Since when the bot has looked at a host without a gap, and the host has not booted; None where it can't."""
    alive, checks = store.alive.last(), {HYPERVISOR, BOOT}
    known = [one for one in store.targets.known().get(host, ()) if one.fingerprint.check in checks]
    well = {one.fingerprint.check: one.since for one in known if one.health is Health.OK}
    return max(alive.started_at, *well.values()) if alive is not None and HYPERVISOR in well else None
