"""What lab.yaml no longer has: it leaves the inventory, and what that drops is named once.

A guest is its UUID: one whose host is in lab.yaml no more may be on a host that is, as where a host was renamed.
So it stays, with all that waits for it, until every hypervisor has told what it has. Where a host that came as its
own went is without it, too, it is missing there.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Final

from bot.config import Config, Guest, Host, Service
from bot.core.health import (
    HYPERVISOR,
    INSIDE,
    ROOT,
    Target,
    TargetId,
    TargetKind,
    name_of,
    target_id,
    uuid_of,
)
from bot.core.incident import Tell
from bot.core.incidents import engine
from bot.core.incidents.left_off import LeftOff, is_left_off
from bot.core.names import Names
from bot.core.placements import Placements
from bot.incidents import commit, situation
from bot.monitoring.sight import BOT
from bot.probes.hypervisor import WATCHING
from bot.store import Store
from bot.store.outbox import Parcel
from bot.usecases.ground import machine_went
from bot.usecases.left_off import ran_before

CHECKS: Final = "checks of lab.yaml"
NAMED = 8  # as many names as a phone shows at a glance


def home_before(config: Config, target: Target | None) -> str | None:
    """The host that a guest lived on, None where no host that lab.yaml has can be meant."""
    if target is None or target.runs_on is None:
        return None
    name = name_of(target.runs_on)
    return name if name in hypervisors(config) else None


def drop(store: Store, now: datetime, config: Config, wanted: Collection[TargetId]) -> None:
    """At a start: what lab.yaml names no longer goes; a guest only where no host is left that it may be on.

    `wanted`: what lab.yaml itself names now.
    """
    before = store.targets.inventory().values()
    gone = [t.id for t in before if t.kind is not TargetKind.GUEST and t.id not in wanted]
    if not hypervisors(config):
        gone += [t.id for t in _strays(store, config)]
    _drop(store, now, config, gone)
    _drop_checks(store, now, config)


def settle(store: Store, now: datetime, config: Config, places: Placements) -> Sequence[TargetId]:
    """The guests that are let go of now: their host is in lab.yaml no more, and no other has them."""
    hosts = hypervisors(config)
    gone = [t.id for t in _strays(store, config) if places.nowhere(uuid_of(t.id), hosts)]
    _drop(store, now, config, gone)
    return gone


def forget(
    store: Store, now: datetime, config: Config, gone: Sequence[TargetId], how: str = "is no longer there"
) -> None:
    """Nobody watches these any longer, and nobody waits for them. `how`: what a run for one of them pauses on."""
    if gone:
        was = situation(store, config, now)
        commit(store, was, engine.forget(was, gone, now), now)
        store.targets.gone(gone, now)
        for target in gone:
            machine_went(store, now, target, f"{was.target(target).name} {how}")


def hypervisors(config: Config) -> Set[str]:
    """The hosts whose guests are looked at."""
    return {host.name for host in config.hosts.values() if host.hypervisor}


def _strays(store: Store, config: Config) -> Sequence[Target]:
    hosts = {target_id(TargetKind.HOST, name) for name in config.hosts}
    guests = (t for t in store.targets.inventory().values() if t.kind is TargetKind.GUEST)
    return [guest for guest in guests if guest.runs_on not in hosts]


def _drop(store: Store, now: datetime, config: Config, gone: Sequence[TargetId]) -> None:
    """Forget these, but for what ran before: should one be watched again, that is known. Name them."""
    inventory = store.targets.inventory()
    lasting = [target for target in gone if target != BOT.id and not inventory[target].ephemeral]
    off, names = sorted(ran_before(store, config.zone).keys() & set(lasting)), store.targets.names(inventory)
    kept = [one for target, one in store.left_off.all().items() if target in lasting]
    for incident in store.incidents.live():
        members = (member for target, member in incident.members.items() if target in lasting)
        kept += [LeftOff(member, incident.id, now) for member in members if is_left_off(member)]
    forget(store, now, config, gone, "is no longer watched: lab.yaml has it, or its host, no more")
    store.left_off.keep(kept)
    if lasting:
        text = _words([target for target in lasting if target not in off], off, names)
        store.alive.write(text, now)
        store.outbox.add(Parcel("unwatched", Tell.LINE, text=f"⚪ {text}"), now, now)


def _drop_checks(store: Store, now: datetime, config: Config) -> None:
    """Forget what checks have shown that lab.yaml had at the last start, and has no more."""
    said, before = sorted(_checks(config)), store.told.last(CHECKS)
    if said != before:
        store.told.keep(CHECKS, said, now)
    names = {target.id: f"{target.kind}:{target.name}" for target in store.targets.inventory().values()}
    old, known = set(before).difference(said), (one.fingerprint for one in store.targets.health())
    gone = frozenset(f for f in known if f"{names.get(f.target)} {f.check.removeprefix(f'{WATCHING} ')}" in old)
    if gone:
        was = situation(store, config, now)
        commit(store, was, engine.uncheck(was, gone, now), now)
        store.targets.unchecked(gone)


def _checks(config: Config) -> Iterator[str]:
    """What lab.yaml has hosts, guests and services looked at with: `host:atlas web`."""
    for host in config.hosts.values():
        own = [*((INSIDE, ROOT) if host.ssh else ()), *((HYPERVISOR, WATCHING) if host.hypervisor else ())]
        yield from (f"{TargetKind.HOST}:{host.name} {check}" for check in own)
    named: Mapping[TargetKind, Mapping[str, Host | Guest | Service]] = {
        TargetKind.HOST: {**config.hosts},
        TargetKind.GUEST: {**config.guests},
        TargetKind.SERVICE: {**config.services},
    }
    for kind, things in named.items():
        yield from (f"{kind}:{name} {check}" for name, thing in things.items() for check in thing.checks)


def _words(others: Sequence[TargetId], off: Sequence[TargetId], names: Names) -> str:
    """What is no longer watched; each that is off and ran before by name."""
    shown = ", ".join(sorted(map(names, others))[:NAMED])
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    parts = [f"{shown}{more}"] if others else []
    if off:
        parts.append(f"{', '.join(map(names, off))}, which {'is' if len(off) == 1 else 'are'} off and ran before")
    return f"No longer watched, as lab.yaml has it, or its host, no more: {'; '.join(parts)}."
