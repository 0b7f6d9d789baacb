"""What people say of machines that are missing, and what follows for the inventory: a transaction each."""

from collections.abc import Sequence
from datetime import datetime

from bot.config import Config
from bot.core import engine
from bot.core.health import Target, TargetId
from bot.core.incident import IncidentId
from bot.core.incidents.missing import made_anew
from bot.core.permit import Act, demand
from bot.incidents import commit, situation
from bot.store import Store
from bot.usecases.ground import machine_went


def must_return(
    store: Store, now: datetime, config: Config, incident: IncidentId, targets: Sequence[TargetId], by: str
) -> None:
    """Someone says that missing machines must come back. Raises NotAllowed or IllegalMove."""
    demand(config.people, by, Act.LET_GO)
    before = situation(store, config, now)
    commit(store, before, engine.must_return(before, incident, targets, by, now), now)


def let_go(
    store: Store, now: datetime, config: Config, incident: IncidentId, targets: Sequence[TargetId], by: str
) -> None:
    """Someone says that missing machines were deleted on purpose, or rebuilt where their host has them anew.

    They leave the inventory; that a name is rebuilt is kept for the name. Raises NotAllowed or IllegalMove.
    """
    demand(config.people, by, Act.LET_GO)
    before = situation(store, config, now)
    anew = made_anew(before.targets, targets)
    commit(store, before, engine.deleted(before, incident, targets, by, now, anew), now)
    for target in map(before.target, anew):
        if target.runs_on is not None:
            store.inventory.keep_rebuilt(target.runs_on, target.name, by, now)
    store.targets.gone(targets, now)


def settle_rebuilt(store: Store, now: datetime, config: Config, missing: Sequence[Target]) -> Sequence[Target]:
    """Those of `missing` about which nobody has said before that they are rebuilt now and then.

    The others are let go of, where their host has another one of their name: nobody is asked twice.
    """
    said = {t.id: by for t in missing if t.runs_on and (by := store.inventory.rebuilt(t.runs_on, t.name))}
    if not said:
        return missing
    before = situation(store, config, now)
    for target, new in made_anew(before.targets, said).items():
        before = situation(store, config, now)
        commit(store, before, engine.made_again(before, {target: new}, said[target], now), now)
        machine_went(store, now, target, f"{before.target(target).name} was rebuilt")
        store.alive.write(f"{before.target(new).name} was rebuilt, as it is now and then.", now)
        store.targets.gone([target], now)
    known = store.targets.inventory()
    return [target for target in missing if target.id in known]
