"""A person's word of a machine: that one which runs is well, that one which is off may stay so."""

from collections.abc import Sequence
from datetime import datetime

from bot.config import Config
from bot.core import engine
from bot.core.health import TargetId
from bot.core.incident import IllegalMove, IncidentId
from bot.core.incidents.asked import NOTHING_SEEN, AsSeen
from bot.core.permit import Act, demand
from bot.incidents import commit, find_target
from bot.store import Store
from bot.usecases import left_off
from bot.usecases.asked import as_asked


def vouch(
    store: Store,
    now: datetime,
    config: Config,
    incident: IncidentId,
    targets: Sequence[TargetId],
    by: str,
    as_seen: AsSeen = NOTHING_SEEN,
) -> None:
    """Someone gives their word for machines that run and that nothing proves. Raises NotAllowed or IllegalMove.

    `as_seen`: how the machines were when they were asked.
    """
    before = as_asked(store, now, config, incident, as_seen, by, Act.VOUCH)
    commit(store, before, engine.vouch(before, incident, targets, by, now), now)
    left_off.forget(store, targets)


def stays_off(
    store: Store,
    now: datetime,
    config: Config,
    incident: IncidentId | None,
    targets: Sequence[TargetId],
    by: str,
    as_seen: AsSeen = NOTHING_SEEN,
) -> None:
    """Someone says that machines that are off may stay so. Raises NotAllowed or IllegalMove.

    `incident`: the one they were asked about, None where none was; `as_seen`: as in vouch.
    """
    before = as_asked(store, now, config, incident, as_seen, by, Act.STAY_OFF)
    waited_for = store.left_off.all().keys() | {t for i in store.incidents.live() for t in i.unproven}
    for target in targets:
        if target not in waited_for:
            why = "it runs" if target in before.running else "nobody waits for it"
            raise IllegalMove(f"cannot let {before.name(target)} stay off: because {why}")
    commit(store, before, engine.stays_off(before, targets, by, now), now)
    live = {t for i in before.incidents.values() if not i.ended for t in i.unproven}
    left_off.forget(store, [target for target in targets if target in live])
    left_off.let_off(store, now, targets, by, before.name)


def vouch_by_name(store: Store, now: datetime, config: Config, name: str, by: str) -> str:
    """Someone gives their word for the machine of that name wherever it is waited for; what it is called.

    Raises NotAllowed, UnknownName or IllegalMove.
    """
    demand(config.people, by, Act.VOUCH)
    target = find_target(store, name)
    live = [one.id for one in store.incidents.live() if target in one.unproven]
    called = store.targets.names()(target)
    if not live:
        raise IllegalMove(f"cannot vouch for {called}: because no open incident waits for it")
    for incident in live:
        vouch(store, now, config, incident, [target], by)
    return called


def stays_off_by_name(store: Store, now: datetime, config: Config, name: str, by: str) -> str:
    """Someone says that the machine of that name may stay off; what it is called.

    Raises NotAllowed, UnknownName or IllegalMove.
    """
    demand(config.people, by, Act.STAY_OFF)
    target = find_target(store, name)
    stays_off(store, now, config, None, [target], by)
    return store.targets.names()(target)
