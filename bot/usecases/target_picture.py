"""What `/lab why` asks: all that is known of one target, and of what would keep its failure quiet."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from bot.config import Config
from bot.core.guest import ALLOWED
from bot.core.health import STATE, Evidence, Health, Target, TargetId, TargetKind
from bot.core.incident import Incident
from bot.core.incidents.condition import Condition, State
from bot.core.incidents.evidence import shows
from bot.core.kinds import OUTAGES
from bot.core.mute import muted
from bot.core.names import meant_by
from bot.core.picture import Belief, Outlook, TargetPicture
from bot.incidents import UnknownName, find_target, situation
from bot.queries import LATELY, WELL, states_of
from bot.store import Store
from bot.store.targets import Known
from bot.usecases.boots import with_other_system

_LOOKED_THROUGH = 200  # incidents, the newest ones, among which a target's own are looked for


def why(store: Store, now: datetime, config: Config, name: str, outlook: Outlook = WELL) -> TargetPicture:
    """What is known of a target, what it depends on, what would keep its failure quiet. Raises UnknownName."""
    if name in outlook.nowhere and not meant_by(name, store.targets.inventory().values()):
        raise UnknownName(f"cannot look at '{name}': because lab.yaml names it, and no hypervisor has it")
    target_id, known_now = find_target(store, name), situation(store, config, now)
    target, above = known_now.target(target_id), known_now.ancestors(target_id)
    states = states_of(store, known_now)
    presence = store.targets.presences()[target_id]
    known = [one for one in store.targets.health() if one.fingerprint.target == target_id]
    changed = next((one.since for one in known if one.fingerprint.check == STATE), None)
    how = states[target_id].not_looked_at() if target_id in outlook.unlooked else states[target_id]
    rest = "paused" if target_id in known_now.paused else "off" if presence.running is False else ""
    beliefs = [_belief(one, target, changed, rest) for one in known]
    down = how.condition is Condition.DOWN
    return TargetPicture(
        target=target,
        condition=how.condition,
        beliefs=tuple(_as_down(one) if down else one for one in beliefs),
        running=presence.running,
        stopped_on_purpose=presence.stopped_on_purpose,
        parents=tuple((parent, _condition(states, parent)) for parent in target.parents),
        muted=muted(target, known_now.silences, now, above, known_now.name, config.zone),
        covered_by=_cover(store.incidents.live(), target_id, above),
        incidents=_lately(store.incidents.latest(_LOOKED_THROUGH), target_id),
        lacks=with_other_system(store, target, how.lacks),
        name=known_now.name,
        stopped_at=presence.stopped_at,
        unwatched=target_id in outlook.unwatched,
        paused=target_id in known_now.paused,
    )


def _condition(states: Mapping[TargetId, State], target: TargetId) -> Condition:
    """How a target is; one that lab.yaml does not name is not seen."""
    return states[target].condition if target in states else Condition.UNSEEN


def _as_down(belief: Belief) -> Belief:
    """That it is off is not as it may be: it ran before."""
    if belief.check != STATE or belief.health is not Health.OK:
        return belief
    return replace(belief, health=Health.FAIL, why=belief.why.removesuffix(ALLOWED))


def _belief(known: Known, target: Target, changed: datetime | None, rest: str) -> Belief:
    """What a check shows. What a guest showed of its inside before it last started or stopped is not so any more.

    `changed`: when that was; `rest`: that it is off or paused now, in a word.
    """
    check, since, guest = known.fingerprint.check, known.since, target.kind is TargetKind.GUEST
    inside = guest and known.health is Health.OK and (known.running or known.evidence is Evidence.INSIDE)
    earlier = changed is not None and known.at < changed
    if inside and changed is not None:
        since = max(since, changed)
    if inside and check != STATE and (rest or earlier):
        why = f"not seen while it is {rest}" if rest else "not seen yet after its latest start"
        return Belief(check, Health.UNKNOWN, why, since, known.at, Evidence.NONE, "", before=known.why)
    words = shows(target, known.health, known.evidence, running=known.running)
    return Belief(check, known.health, known.why, since, known.at, known.evidence, words)


def _cover(live: Iterable[Incident], target: TargetId, above: frozenset[TargetId]) -> Incident | None:
    """The open outage that a failure of `target` would be counted to."""
    outages = (one for one in live if one.kind in OUTAGES and one.subject != target)
    return next((one for one in outages if one.subject in above or target in one.members), None)


def _lately(latest: Iterable[Incident], target: TargetId) -> tuple[Incident, ...]:
    mine = (one for one in latest if one.subject == target or target in one.members)
    return tuple(islice(mine, LATELY))
