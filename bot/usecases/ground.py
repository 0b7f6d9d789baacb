"""What runs stand on has changed: those that did not do it themselves pause, in the transaction that notes it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.core.guest import StartsFrom
from bot.core.health import Observation, TargetId
from bot.core.incident import Incident, IncidentId
from bot.core.names import Names
from bot.core.run import LIVE, Run
from bot.core.run_json import run_from_json
from bot.core.runs.ground import defined_anew, incident_changed, machine_changed, machine_gone
from bot.store import Store
from bot.usecases.run_records import record


def incidents_changed(
    store: Store, now: datetime, before: Mapping[IncidentId, Incident], changed: Iterable[Incident]
) -> None:
    """Incidents ended, failed again, or became others. Call it once they are written down."""
    was = {one.id: (before[one.id], one) for one in changed if one.id in before}
    for run in _live(store) if was else ():
        if run.incident is not None and (two := was.get(IncidentId(run.incident))):
            record(store, now, run, incident_changed(run, *two, now))


def machine_went(store: Store, now: datetime, target: TargetId, why: str) -> None:
    """A machine has moved, or is no longer there."""
    for run in _live(store):
        if run.target == target:
            record(store, now, run, machine_gone(run, why, now))


def definitions_read(store: Store, now: datetime, read: Mapping[TargetId, StartsFrom]) -> None:
    """The definitions of some guests were read. What a run's own script made of its guest is its own doing."""
    names = None
    for run in _live(store):
        if run.target is not None and run.target in read:
            names = names or store.targets.names()
            record(store, now, run, defined_anew(run, read[run.target], names(run.target), now))


def machines_seen(store: Store, now: datetime, seen: Sequence[Observation], name: Names) -> None:
    """Machines were seen running, off or paused. Call it before that is written: what differs is the change."""
    told = [one for one in sorted(seen, key=lambda one: one.at) if one.running is not None or one.paused]
    if not any(run.target == one.target for run in _live(store) for one in told):
        return
    running = {target: presence.running for target, presence in store.targets.presences().items()}
    for one in told:
        if one.paused:
            _paused(store, now, one, name(one.target))
            continue
        if running.get(one.target) not in {None, one.running}:
            called = name(one.target)
            _changed(store, now, one, f"{called} was started" if one.running else f"{called} stopped ({one.why})")
        running[one.target] = one.running


def _paused(store: Store, now: datetime, seen: Observation, name: str) -> None:
    """A machine is paused. If it was so before, that is no change."""
    known = (one for one in store.targets.health() if one.fingerprint == seen.fingerprint)
    if all((one.health, one.why) != (seen.health, seen.why) for one in known):
        _changed(store, now, seen, f"{name} is {seen.paused}")


def _changed(store: Store, now: datetime, seen: Observation, why: str) -> None:
    for run in _live(store):
        if run.target == seen.target:
            record(store, now, run, machine_changed(run, why, now, running=None if seen.paused else seen.running))


def as_asked(store: Store, now: datetime, seen: Sequence[Observation]) -> Sequence[Observation]:
    """What was seen, once it is known which machines started because a run's step had them do so."""
    if not any(one.restarted for one in seen):
        return seen
    asked = {run.target for run in _live(store) if run.deed and run.deed.explains(running=None, now=now)}
    return [one.not_by_itself() if one.target in asked else one for one in seen]


def _live(store: Store) -> list[Run]:
    """The runs that have not ended, each as it is now."""
    return [run_from_json(row.value) for row in store.runs.of_status(*LIVE)]
