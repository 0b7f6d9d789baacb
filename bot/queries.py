"""What `/lab`, Home and reports ask: plain functions that read the store and change nothing.

They answer with the values of core/picture.py; what is shown of them is views'.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from bot.config import Config
from bot.core.health import CheckName, Evidence, Health, Observation, Target, TargetId, TargetKind
from bot.core.incident import Incident, IncidentId, Member
from bot.core.incidents.blind_spots import WAYS_OUT
from bot.core.incidents.condition import Condition, Result, State, lacks, state_of
from bot.core.incidents.evidence import requirement
from bot.core.incidents.left_off import LeftOff
from bot.core.incidents.member import INVENTORY
from bot.core.incidents.missing import made_anew
from bot.core.incidents.outcome import outcome
from bot.core.incidents.situation import Situation
from bot.core.names import Names
from bot.core.picture import (
    IncidentList,
    IncidentPicture,
    LabPicture,
    Outlook,
    ProofPicture,
    Tally,
)
from bot.core.run import LIVE, IllegalMove, Press, Run, WrongInput
from bot.core.run_json import run_from_json
from bot.core.runbook import Runbook
from bot.core.walk import advance
from bot.incidents import UnknownName, own_checks, situation
from bot.runs import read_run
from bot.store import Store
from bot.usecases.boots import with_other_system
from bot.usecases.derived import results_of
from bot.usecases.run_context import House

ANEW = "its host has another one of its name: rebuilt, or missing?"
NAMED = 10  # as many names as a step's outcome has room for
LATELY = 5  # incidents of the past in an answer
WELL = Outlook()  # of who has no bot to ask


def status(store: Store, now: datetime, config: Config, outlook: Outlook = WELL) -> LabPicture:
    """The lab at a glance. `outlook`: what the bot knows of its own work."""
    known = situation(store, config, now)
    states = states_of(store, known, outlook.noticed)
    by_kind: dict[TargetKind, list[TargetId]] = defaultdict(list)
    for target in store.targets.inventory().values():
        if not target.ephemeral:
            by_kind[target.kind].append(target.id)
    return LabPicture(
        live=tuple(store.incidents.live()),
        tallies={kind: _tally(targets, states, outlook) for kind, targets in by_kind.items()},
        runs=tuple(run_from_json(row.value) for row in store.runs.of_status(*LIVE)),
        silences=store.silences.in_force(now),
        name=store.targets.names(),
        unlisted=tuple(sorted(outlook.unlisted)),
        nowhere=tuple(sorted(outlook.nowhere)),
        cannot_write=outlook.cannot_write,
        noticed=outlook.noticed,
        left_off=_left_off(store, states),
        paused=known.paused,
    )


def _left_off(store: Store, states: Mapping[TargetId, State]) -> Mapping[TargetId, datetime | None]:
    """The machines that don't run, did before an incident that is over, and nobody has let off: off since when."""
    presences = store.targets.presences()
    off = (target for target in store.left_off.all() if states[target].condition is Condition.DOWN)
    return {target: presences[target].stopped_at for target in off}


def states_of(
    store: Store, known_now: Situation, noticed: Collection[Observation] = ()
) -> Mapping[TargetId, State]:
    """How each target is now. `noticed`: what fails and could not be written down."""
    results: dict[TargetId, dict[CheckName, Result]] = defaultdict(dict)
    for target, known in store.targets.known().items():
        results[target] = {one.check: one for one in results_of(known)}
    for one in noticed:
        result = Result(one.fingerprint.check, one.health, one.evidence, one.kind, one.running)
        results[one.target][result.check] = result
    presences = store.targets.presences()
    waited_for = _waited_for(known_now, store.left_off.all().values())
    return {
        target.id: state_of(
            target,
            known_now.needs(target.id),
            results[target.id].values(),
            running=presences[target.id].running,
            waited_for=waited_for.get(target.id),
        )
        for target in known_now.targets.values()
    }


def _waited_for(known_now: Situation, left: Iterable[LeftOff]) -> Mapping[TargetId, Member]:
    """What unresolved incidents wait for; of what several do, how it stands in one where it is not proven yet.

    `left`: what ran before an incident that is over, and has not come back.
    """
    live = (incident for incident in known_now.incidents.values() if not incident.ended)
    members = [member for incident in live for member in incident.members.values()]
    members += [one.member for one in left]
    return {one.target: one for one in sorted(members, key=lambda one: not one.proven)}


def _tally(targets: Sequence[TargetId], states: Mapping[TargetId, State], outlook: Outlook) -> Tally:
    """How the targets of a kind are. What was well before the bot was off, nobody has looked at since."""
    found: dict[str, list[TargetId]] = defaultdict(list)
    for target in targets:
        condition = states[target].condition
        if target in outlook.unwatched:
            found["unwatched"].append(target)
        elif target in outlook.unlooked and condition is not Condition.FAILING:
            found["unlooked"].append(target)
        else:
            found[condition].append(target)
    return Tally(
        well=len(found[Condition.WELL]),
        accepted=len(found[Condition.ACCEPTED]),
        off=len(found[Condition.OFF]),
        paused=len(found[Condition.PAUSED]),
        down=tuple(found[Condition.DOWN]),
        failing=tuple(found[Condition.FAILING]),
        unproven=tuple(found[Condition.UNPROVEN]),
        unseen=tuple(found[Condition.UNSEEN]),
        unlooked=tuple(found["unlooked"]),
        unwatched=tuple(found["unwatched"]),
    )


def incidents(store: Store, _now: datetime) -> IncidentList:
    """What is open, and what was lately."""
    live = tuple(store.incidents.live())
    latest = store.incidents.latest(len(live) + LATELY)
    return IncidentList(live, tuple(one for one in latest if one.ended)[:LATELY], store.targets.names())


def incident(store: Store, _now: datetime, number: IncidentId, config: Config | None = None) -> IncidentPicture:
    """One incident with all that is known of it; with `config`, also what its members lack. Raises UnknownName."""
    found = store.incidents.get(number)
    if found is None:
        raise UnknownName(f"cannot find incident {number}: because there is none of that number")
    runs = tuple(run_from_json(row.value) for row in store.runs.of_incident(number))
    history, lacks = tuple(store.incidents.history(number)), lacking(store, config, found) if config else {}
    return IncidentPicture(found, history, runs, store.targets.names(), lacks)


def proof(store: Store, _now: datetime, number: IncidentId) -> ProofPicture:
    """Whether every machine of an incident is proven healthy, or vouched for. That it is over proves nothing."""
    found = store.incidents.get(number)
    if found is None:
        return ProofPicture(ok=False, words=f"there is no incident {number}")
    if found.end is not None and not found.end.may_reopen:
        return ProofPicture(ok=False, words=f"incident {number} was {found.end}")
    name = store.targets.names()
    missing = sorted(map(name, found.unproven))
    if not missing and found.let_go:
        return ProofPicture(ok=False, words=f"no longer watched: {', '.join(map(name, found.let_go[:NAMED]))}")
    if not missing:
        return ProofPicture(ok=True, words=outcome(found.members.values()))
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return ProofPicture(ok=False, words=f"not proven yet: {', '.join(missing[:NAMED])}{more}. {WAYS_OUT}")


def lacking(store: Store, config: Config, incident: Incident) -> Mapping[TargetId, str]:
    """What is missing before each unproven member of an incident is proven, in words."""
    if not incident.unproven:
        return {}
    inventory = store.targets.inventory()
    checks, timing = own_checks(config, inventory), config.timing
    found = {}
    for target_id in incident.unproven:
        target = inventory.get(target_id, Target(target_id))
        needs = requirement(target, checks.get(target_id, frozenset()), timing.steady, timing.grace)
        found[target_id] = with_other_system(store, target, lacks(incident.members[target_id], target, needs))
        if hints := _reached(store, target_id) if target.kind is TargetKind.HOST else ():
            found[target_id] += f"; seen so far: {'; '.join(hints)}"
    missing = [one.target for one in incident.members.values() if INVENTORY in one.failing]  # not: nobody can tell
    return found | dict.fromkeys(made_anew(inventory, missing), ANEW)


def _reached(store: Store, target: TargetId) -> Sequence[str]:
    """What shows that a machine can be reached, and no more."""
    mine = (one for one in store.targets.health() if one.fingerprint.target == target)
    return [one.why for one in mine if one.health is Health.OK and one.evidence is Evidence.OUTSIDE]


def names(store: Store, _now: datetime) -> Names:
    """What people call each target."""
    return store.targets.names()


def origin(store: Store, _now: datetime, subject: str) -> str:
    """What every card of an incident (`incident:7`) or a run (`run:3`) of this database is marked with."""
    return f"{store.identity()}{store.card_marks.known(subject)}"


def run(store: Store, _now: datetime, house: House, number: int) -> tuple[Run, Runbook]:
    """A run and its runbook as it was when the run began. Raises NoSuchRun or PinnedTextBroken."""
    return read_run(store, house, number)


def why_not(store: Store, now: datetime, house: House, number: int, press: Press) -> str | None:
    """Why what was typed with a press will not do, in words for the field it was typed into; None if it will.

    What else is wrong with the press is not its concern: making it will tell.
    """
    try:
        advance(*read_run(store, house, number), press, now)
    except WrongInput as wrong:
        return str(wrong).partition(": because ")[2]
    except IllegalMove:
        return None
    return None
