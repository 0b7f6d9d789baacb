"""What people say of machines that are missing, and what follows for the inventory: a transaction each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.config import Config
from bot.core.health import Health, Target, TargetId, uuid_of
from bot.core.incident import IllegalMove, IncidentId
from bot.core.incidents import persons_word
from bot.core.incidents.asked import NOTHING_SEEN, AsSeen
from bot.core.incidents.missing import made_anew, missing
from bot.core.names import meant_by
from bot.core.permit import Act, demand
from bot.core.placements import Placements
from bot.incidents import UnknownName, commit, find_target, situation
from bot.store import Store
from bot.usecases.asked import as_asked
from bot.usecases.ground import machine_went
from bot.usecases.unwatched import hypervisors


def must_return(
    store: Store,
    now: datetime,
    config: Config,
    incident: IncidentId,
    targets: Sequence[TargetId],
    by: str,
    as_seen: AsSeen = NOTHING_SEEN,
) -> None:
    """Someone says that missing machines must come back. Raises NotAllowed or IllegalMove.

    `as_seen`: how they were when that person was asked.
    """
    before = as_asked(store, now, config, incident, as_seen, by, Act.LET_GO)
    commit(store, before, persons_word.must_return(before, incident, targets, by, now), now)


def let_go(
    store: Store,
    now: datetime,
    config: Config,
    incident: IncidentId,
    targets: Sequence[TargetId],
    by: str,
    as_seen: AsSeen = NOTHING_SEEN,
) -> None:
    """Someone says that missing machines were deleted on purpose, or rebuilt where their host has them anew.

    They leave the inventory; that a name is rebuilt is kept for the name. Raises NotAllowed or IllegalMove.
    """
    before = as_asked(store, now, config, incident, as_seen, by, Act.LET_GO)
    anew = made_anew(before.targets, targets)
    commit(store, before, persons_word.deleted(before, incident, targets, by, now, anew), now)
    for target in map(before.target, anew):
        if target.runs_on is not None:
            store.inventory.keep_rebuilt(target.runs_on, target.name, by, now)
    store.targets.gone(targets, now)


def missing_one(store: Store, _now: datetime, name: str) -> tuple[TargetId, str]:
    """The missing machine of that name, and what it is called. Raises UnknownName or IllegalMove.

    Another one may have its name by now: that is not the one that is meant.
    """
    inventory, called = store.targets.inventory(), store.targets.names()
    gone = missing(one.fingerprint for one in store.targets.health() if one.health is Health.FAIL)
    meant = meant_by(name, [target for target in inventory.values() if target.id in gone])
    if len(meant) == 1:
        return meant[0].id, meant[0].name
    if meant:
        labels = " or ".join(sorted(called(target.id) for target in meant))
        raise UnknownName(f"cannot tell which '{name}' is meant: because there are {len(meant)}; say {labels}")
    raise IllegalMove(f"cannot let go of {called(find_target(store, name))}: because it is not missing")


def let_go_of(store: Store, now: datetime, config: Config, target: TargetId, by: str, *, anew: bool) -> None:
    """Someone says what became of a missing machine: wherever it is waited for, if it still is.

    `anew`: that it was rebuilt. Raises NotAllowed or IllegalMove.
    """
    demand(config.people, by, Act.LET_GO)
    before = situation(store, config, now)
    gone, name = before.target(target), before.name(target)
    found = made_anew(before.targets, [target])
    if anew and not found:
        raise IllegalMove(f"cannot take {name} for rebuilt: because its host has no other one of that name")
    live = next((one.id for one in store.incidents.live() if target in one.unproven), None)
    if live is not None:
        let_go(store, now, config, live, [target], by)
        return
    if found and gone.runs_on is not None:
        store.inventory.keep_rebuilt(gone.runs_on, gone.name, by, now)
    store.alive.write(f"{by} says that {name} was {'rebuilt' if found else 'deleted on purpose'}.", now)
    store.targets.gone([target], now)


def are_let_go(store: Store, _now: datetime, guests: Iterable[TargetId]) -> bool:
    """Whether some of these are no longer in the inventory, as by a person's word."""
    return not store.targets.inventory().keys() >= set(guests)


def settle_rebuilt(
    store: Store, now: datetime, config: Config, missing: Sequence[Target], places: Placements
) -> Sequence[Target]:
    """Those of `missing` about which nobody has said before that they are rebuilt now and then.

    The others are let go of, where their host has another one of their name: nobody is asked twice. Not before
    every other host was asked: one may have gone there, and another have been made under its name.
    """
    hosts = hypervisors(config)
    gone = [t for t in missing if places.nowhere(uuid_of(t.id), hosts)]
    said = {t.id: by for t in gone if t.runs_on and (by := store.inventory.rebuilt(t.runs_on, t.name))}
    if not said:
        return missing
    before = situation(store, config, now)
    for target, new in made_anew(before.targets, said).items():
        before = situation(store, config, now)
        commit(store, before, persons_word.made_again(before, {target: new}, said[target], now), now)
        machine_went(store, now, target, f"{before.target(target).name} was rebuilt")
        store.alive.write(f"{before.target(new).name} was rebuilt, as it is now and then.", now)
        store.targets.gone([target], now)
    known = store.targets.inventory()
    return [target for target in missing if target.id in known]
