"""A person's word of a machine: that one which runs is well, that one which is off may stay so."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.config import Config
from bot.core.health import BOOT, TargetId, is_unseen
from bot.core.incident import IllegalMove, IncidentId, Member
from bot.core.incidents import persons_word
from bot.core.incidents.asked import NOTHING_SEEN, AsSeen
from bot.core.incidents.situation import Situation
from bot.core.permit import Act, demand
from bot.incidents import commit, find_target
from bot.store import Store
from bot.usecases import left_off
from bot.usecases.asked import as_asked
from bot.usecases.boots import accept_systems


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
    commit(store, before, persons_word.vouch(before, incident, targets, by, now), now)
    left_off.forget(store, targets)
    accept_systems(store, now, targets, by)


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
    waited_for = _waited_for(store)
    for target in targets:
        if why := _why_not(store, before, target, waited_for):
            raise IllegalMove(f"cannot let {before.name(target)} stay off: because {why}")
    commit(store, before, persons_word.stays_off(before, targets, by, now), now)
    live = {t for i in before.incidents.values() if not i.ended for t in i.unproven}
    left_off.forget(store, [target for target in targets if target in live])
    left_off.let_off(store, now, targets, by, before.name)


def _waited_for(store: Store) -> Mapping[TargetId, Sequence[Member]]:
    """The machines that are waited for, as each incident, open or over, knows them."""
    left = [one.member for one in store.left_off.all().values()]
    found: dict[TargetId, list[Member]] = {}
    for member in (*left, *(i.members[t] for i in store.incidents.live() for t in i.unproven)):
        found.setdefault(member.target, []).append(member)
    return found


def _why_not(
    store: Store, before: Situation, target: TargetId, waited_for: Mapping[TargetId, Sequence[Member]]
) -> str:
    """Why a machine may not be left off, in words; empty where nothing speaks against it."""
    if failing := sorted(one.check for one in before.failing if one.target == target):
        return f"it fails: {', '.join(failing)}"
    unseen = {
        one.fingerprint.target for one in store.targets.health() if is_unseen(one.fingerprint.check, one.health)
    }
    if target in unseen or any(member.running is None for member in waited_for.get(target, ())):
        host = before.target(target).runs_on
        answers = before.name(host) + " answers" if host else "it can be seen"
        return f"it can't be seen now whether it is off. Say it again once {answers}"
    if target in before.running:
        return "it runs"
    return "" if target in waited_for else "nothing waits for it to come back"


def vouch_by_name(store: Store, now: datetime, config: Config, name: str, by: str) -> str:
    """Someone gives their word for the machine of that name wherever it is waited for; what it is called.

    Where another system's agent answers, it is its own from now on, and a boot that had failed is proven by it.
    Raises NotAllowed, UnknownName or IllegalMove.
    """
    demand(config.people, by, Act.VOUCH)
    target = find_target(store, name)
    live = [one for one in store.incidents.live() if target in one.unproven]
    called, own = store.targets.names()(target), accept_systems(store, now, [target], by)
    if not live and not own:
        raise IllegalMove(f"cannot vouch for {called}: because no open incident waits for it")
    for incident in live:
        if not own or incident.members[target].failing != {BOOT}:
            vouch(store, now, config, incident.id, [target], by)
    return called


def stays_off_by_name(store: Store, now: datetime, config: Config, name: str, by: str) -> str:
    """Someone says that the machine of that name may stay off; what it is called.

    Raises NotAllowed, UnknownName or IllegalMove.
    """
    demand(config.people, by, Act.STAY_OFF)
    target = find_target(store, name)
    stays_off(store, now, config, None, [target], by)
    return store.targets.names()(target)
