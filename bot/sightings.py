"""What has been seen, written down: the bot's own start and life, the inventory, and observations once believed.

Plain functions over core and store, a transaction each. When to look, and what to believe, is watching.py's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.config import Config
from bot.core.guest import GuestInfo
from bot.core.health import (
    Health,
    Observation,
    Target,
    TargetId,
    TargetKind,
    guest_id,
    name_of,
    target_id,
    uuid_of,
)
from bot.core.incident import Event, EventKind, Incident, Tell
from bot.core.incidents import engine, withdrawal
from bot.core.incidents.console_log import BootRecord
from bot.core.incidents.missing import missing
from bot.core.incidents.situation import NOTHING_HEARD, Gap, Heard
from bot.core.kinds import PICTURED
from bot.core.placements import Placements
from bot.incidents import awaited, commit, situation
from bot.monitoring.targets import configured, guest_target
from bot.store import Store
from bot.store.alive import Alive
from bot.store.outbox import Parcel
from bot.store.targets import Known
from bot.usecases import left_off, unwatched
from bot.usecases.clock_steps import clock_stepped
from bot.usecases.ground import machine_went, machines_seen
from bot.usecases.missing import settle_rebuilt
from bot.usecases.restarts import with_restarts
from bot.usecases.results import write_down

STEP = timedelta(seconds=1)  # a clock that is so much behind what was written was set back since
UNSEEN: Final = "Nobody was looking meanwhile"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a start finds: for how long the bot was off, what it last believed, and the guests it knew.

    `seen_until`: by when the bot had surely stopped looking, None if it never did. `boots`: what is on record of
    guests' starts. `last`: its last sign of life. `ran`: the guests that ran when it looked last; `stopped`: those
    that were off because someone had wanted it so; `shut_down`: those that had been shut down so shortly before
    that it may have been because of an outage. `awaited`: the targets that open incidents are about.
    """

    gap: Gap | None
    known: tuple[Known, ...]
    guests: tuple[Target, ...]
    seen_until: datetime | None
    boots: Mapping[TargetId, BootRecord]
    last: Alive | None = None
    ran: frozenset[TargetId] = frozenset()
    stopped: frozenset[TargetId] = frozenset()
    shut_down: frozenset[TargetId] = frozenset()
    awaited: frozenset[TargetId] = frozenset()

    @property
    def until(self) -> datetime | None:
        """When the bot lived last."""
        return self.last.at if self.last else None


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of observations: the incidents now known to be of damage, and the targets that are awaited.

    `waits`: what time brings has to wait for first looks.
    """

    damaged: tuple[Incident, ...]
    awaited: frozenset[TargetId]
    waits: bool = False


def begin(store: Store, now: datetime, config: Config, boot_id: str = "", *, older: bool = False) -> Beginning:
    """The bot has started: note it, and tell open incidents for how long it was off.

    `older`: the database is a copy from before the bot ran last: someone stopped it, and what it saw is lost.
    """
    last = store.alive.last()
    if older and last is not None:
        last = replace(last, stopped_at=last.stopped_at or last.at)
    gap = _gap(config, last, now, boot_id, older=older)
    if last is not None and last.at - now >= STEP:  # the clock is behind: all that was written was before now
        clock_stepped(store, now, config, now - last.at)
        last = replace(last, at=now, stopped_at=last.stopped_at and now)
    store.alive.start(now, boot_id)
    if last is not None and gap is not None:
        _tell_gap(store, gap, " (stopped)" if last.stopped_at else " (cut off)", now)
    if last is not None:
        _doubt(store, config, ("What was seen meanwhile is lost" if older else UNSEEN) if gap else "", now)
    _keep_configured(store, config, now)  # what an outage lost is let go of once the rest of it is in doubt
    guests = tuple(t for t in store.targets.inventory().values() if t.kind is TargetKind.GUEST)
    seen_until = None if last is None else last.stopped_by(config.timing.alive_every)
    ran, stopped, shut_down = left_off.before_start(store, config, last)
    known, boots = tuple(store.targets.health()), store.boots.all()
    return Beginning(gap, known, guests, seen_until, boots, last, ran, stopped, shut_down, awaited(store))


def _gap(config: Config, last: Alive | None, now: datetime, boot_id: str, *, older: bool) -> Gap | None:
    """Of how long before a start nothing is known, if it was so long that something may have been missed.

    In however short a time the bot's own machine has booted anew, others may have, too.
    """
    if last is None:
        return None
    booted = bool(boot_id and last.boot_id) and boot_id != last.boot_id
    long = abs(now - last.at) > 2 * config.timing.alive_every
    what = "My database is an older copy and has no record" if older else "I was off"
    return Gap(min(last.at, now), now, what, config.zone) if older or booted or long else None


def stopped(store: Store, now: datetime, config: Config, gap: Gap) -> bool:
    """The bot's process did not run for a while: note it, and doubt what outages rest on, as after a start.

    Whether it was for so long that it is told as after a start.
    """
    long = gap.until - gap.since > 2 * config.timing.alive_every
    if long:
        _tell_gap(store, gap, "", now)
    else:
        store.alive.write(str(gap), now)
    _doubt(store, config, UNSEEN if long else "", now)
    return long


def _doubt(store: Store, config: Config, why: str, now: datetime) -> None:
    """What outages' members showed before nobody looked is no proof any more; `why` as engine.doubt has it."""
    before = situation(store, config, now)
    commit(store, before, engine.doubt(before, why, now), now)


def _tell_gap(store: Store, gap: Gap, how: str, now: datetime) -> None:
    """That the bot saw nothing for a while goes on record, and into the threads of open incidents."""
    store.alive.write(f"{gap}{how}", now)
    for incident in store.incidents.live():
        _say(store, incident, f"{gap}. I do not know what happened meanwhile, and go on from here.", now)


def alive(store: Store, now: datetime) -> None:
    """The bot lives."""
    store.alive.renew(now)


def end(store: Store, now: datetime) -> None:
    """The bot stops because it was told to."""
    store.alive.stop(now)


def take_inventory(
    store: Store, now: datetime, config: Config, host: str, found: Sequence[GuestInfo], places: Placements
) -> Sequence[Target]:
    """Note the guests a hypervisor has now, and return those that live on it.

    One that lives elsewhere and has only a definition here is left alone; one that came from elsewhere has moved,
    and the incidents that wait for it are told. One that no host has any more is missing: it stays, and only a
    person lets it go, but for those that come and go by design. So is one that a host had which may have been
    renamed, and be this one.
    """
    _know_by_uuid(store, host, found)
    before = store.targets.inventory()
    here = [info for info in found if _home(config, before, info.uuid, host, places) == host]
    targets = [guest_target(config, host, info, before.get(guest_id(info.uuid))) for info in here]
    store.targets.keep([t for t in targets if before.get(t.id) != t], now)
    listed = {guest_id(info.uuid) for info in found}
    left = [t for t in _lived_on(store, host) if t.id not in listed]
    homes = {t.id: home for t in left if (home := places.home_of(uuid_of(t.id), None))}
    moved = [replace(t, runs_on=target_id(TargetKind.HOST, homes[t.id])) for t in left if t.id in homes]
    store.targets.keep(moved, now)
    for target in (*moved, *targets):
        if (was := before.get(target.id)) and was.runs_on != target.runs_on:
            _tell_move(store, config, was, target, now, off=not places.active_on(uuid_of(target.id)))
    gone = [replace(t, runs_on=target_id(TargetKind.HOST, host)) for t in left if t.id not in homes]
    store.targets.keep([t for t in gone if before[t.id] != t], now)
    unwatched.forget(store, now, config, [t.id for t in gone if t.ephemeral])
    return [*targets, *settle_rebuilt(store, now, config, [t for t in gone if not t.ephemeral], places)]


def _lived_on(store: Store, host: str) -> Sequence[Target]:
    """The guests that are known to live on a host, or on one that it may have been before it was renamed."""
    here = target_id(TargetKind.HOST, host)
    hosts = {here, *store.targets.replaced_by(here)}
    return [target for target in store.targets.inventory().values() if target.runs_on in hosts]


def _know_by_uuid(store: Store, host: str, found: Sequence[GuestInfo]) -> None:
    """A database of the first release knew a guest by its name: from its first inventory on, it is its UUID."""
    known = store.targets.inventory()
    for info in found:
        old, new = target_id(TargetKind.GUEST, info.name), guest_id(info.uuid)
        if old in known and new not in known and known[old].runs_on == target_id(TargetKind.HOST, host):
            store.targets.rename(old, new)


def _home(config: Config, known: Mapping[TargetId, Target], uuid: str, host: str, places: Placements) -> str:
    """The host that the guest of that UUID lives on, of which `host` has just told that it has it."""
    return places.home_of(uuid, unwatched.home_before(config, known.get(guest_id(uuid)))) or host


def _tell_move(store: Store, config: Config, was: Target, target: Target, now: datetime, *, off: bool) -> None:
    """A guest lives on another host: a line wherever it is waited for. `off`: that may have had it before."""
    if was.runs_on is None or target.runs_on is None:
        return
    left, here = name_of(was.runs_on), name_of(target.runs_on)
    gone = f"{target.name} is no longer on {left}; {here} has it, off."
    words = gone if off else f"{target.name} moved from {left} to {here}."
    store.alive.write(words, now)
    machine_went(store, now, target.id, words.removesuffix("."))
    before = situation(store, config, now)
    commit(store, before, withdrawal.found_elsewhere(before, target.id, words.removesuffix("."), now), now)
    for incident in store.incidents.live():
        if target.id == incident.subject or target.id in incident.members:
            _say(store, incident, words, now)


def believe(
    store: Store,
    now: datetime,
    config: Config,
    seen: Sequence[Observation],
    gap: Gap | None,
    heard: Heard = NOTHING_HEARD,
) -> Followed:
    """Write believed observations and what follows from them, together. `heard`: what else has answered."""
    before = replace(situation(store, config, now, gap), heard=heard)
    seen = with_restarts(store, now, before, seen)
    decision = engine.decide(before, seen, now)
    machines_seen(store, now, seen, before.name)
    write_down(store, now, seen, before.name)
    left_off.follow(store, now, before, seen)
    commit(store, before, decision, now)
    left_off.note(store, now, before, seen)
    for target in missing(one.fingerprint for one in seen if one.health is Health.FAIL):
        machine_went(store, now, target, f"{before.name(target)} is missing")
    was = {i.id for i in before.incidents.values() if i.kind in PICTURED}
    damaged = tuple(i for i in decision.incidents if i.kind in PICTURED and i.id not in was)
    return Followed(damaged, awaited(store))


def _say(store: Store, incident: Incident, text: str, now: datetime) -> None:
    subject = f"incident:{incident.id}"
    store.incidents.append([Event(incident.id, now, EventKind.NOTE, text)])
    store.outbox.add(Parcel(subject, Tell.LINE, thread=subject, text=text), now, now)


def _keep_configured(store: Store, config: Config, now: datetime) -> None:
    """Bring the inventory in line with lab.yaml; guests come and go with their hypervisors' inventories."""
    wanted = {t.id: t for t in configured(config)}
    store.targets.keep(wanted.values(), now)
    unwatched.drop(store, now, config, wanted.keys())
