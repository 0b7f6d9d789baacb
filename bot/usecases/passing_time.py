"""What time alone brings: a transaction each time it is looked at."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bot.config import Config
from bot.core.health import Fingerprint, Health, Observation, TargetId
from bot.core.incidents import engine
from bot.core.incidents.situation import Situation
from bot.incidents import awaited, commit, situation
from bot.sightings import Followed, believe
from bot.store import Store
from bot.store.targets import Known
from bot.usecases import left_off
from bot.usecases.restarts import calm


def pass_time(
    store: Store, now: datetime, config: Config, since: datetime, answered: Collection[Fingerprint] | None = None
) -> Followed:
    """What time alone has changed: grace, lapsed acknowledgements, and silences that ended since `since`.

    `answered`: the checks that did since the bot can see, None once all did. Nothing is told as it was before.
    """
    unlooked = frozenset[TargetId]() if answered is None else _unlooked(store, answered)
    before = replace(situation(store, config, now), unlooked=unlooked)
    commit(store, before, engine.pass_time(before, now), now)
    if unlooked:
        return Followed((), awaited(store), waits=True)
    if over := calm(store, now, before):
        believe(store, now, config, over, None)
    return _end_silences(store, now, config, since)


def _unlooked(store: Store, answered: Collection[Fingerprint]) -> frozenset[TargetId]:
    """The targets of which no check has answered; where an incident is about a check, not that one."""
    own = {check for incident in store.incidents.live() for check in incident.own}
    silent = frozenset(store.targets.known()).difference(check.target for check in answered)
    return silent | {check.target for check in own.difference(answered)}


def _end_silences(store: Store, now: datetime, config: Config, since: datetime) -> Followed:
    """What failed while a silence held that has ended since then, and still fails, is news now."""
    ended = store.silences.ended(since, now)
    if not ended:
        return Followed((), awaited(store))
    before = situation(store, config, now)
    failing = [_as_seen(k, now) for k in store.targets.health() if _concerned(before, k, ended)]
    failing += left_off.unmuted(store, now, before, ended)
    return believe(store, now, config, failing, None) if failing else Followed((), awaited(store))


def _concerned(before: Situation, known: Known, silenced: frozenset[TargetId]) -> bool:
    """Whether a known failure was kept quiet by a silence that has ended."""
    target = known.fingerprint.target
    return known.health is Health.FAIL and bool(silenced & {target, *before.ancestors(target)})


def _as_seen(known: Known, now: datetime) -> Observation:
    return Observation(known.fingerprint, known.health, now, known.why, known.kind, stated=True)
