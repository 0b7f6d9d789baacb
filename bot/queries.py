"""What `/lab`, Home and reports ask: plain functions that read the store and change nothing.

They answer with the values of core/picture.py; what is shown of them is views'.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

from bot.config import Config
from bot.core.health import Health, Target, TargetId, TargetKind
from bot.core.incident import Incident, IncidentId
from bot.core.incidents.evidence import requirement
from bot.core.incidents.member import lacks
from bot.core.kinds import OUTAGES
from bot.core.mute import muted
from bot.core.picture import Belief, IncidentList, IncidentPicture, LabPicture, Outlook, Tally, TargetPicture
from bot.core.run import LIVE, IllegalMove, Press, Run, WrongInput
from bot.core.run_json import run_from_json
from bot.core.runbook import Runbook
from bot.core.walk import advance
from bot.incidents import UnknownName, find_target, own_checks, situation
from bot.runs import House, read_run
from bot.store import Store
from bot.store.targets import Presence

LATELY = 5  # incidents of the past in an answer
WELL = Outlook()  # of who has no bot to ask
_LOOKED_THROUGH = 200  # incidents, the newest ones, among which a target's own are looked for


def status(store: Store, now: datetime, outlook: Outlook = WELL) -> LabPicture:
    """The lab at a glance. `outlook`: what the bot knows of its own work."""
    healths, presences = _healths(store), store.targets.presences()
    by_kind: dict[TargetKind, list[Target]] = defaultdict(list)
    for target in store.targets.inventory().values():
        if not target.ephemeral:
            by_kind[target.kind].append(target)
    return LabPicture(
        live=tuple(store.incidents.live()),
        tallies={kind: _tally(targets, healths, presences, outlook) for kind, targets in by_kind.items()},
        runs=tuple(run_from_json(row.value) for row in store.runs.of_status(*LIVE)),
        silences=store.targets.silences(now),
        name=store.targets.names(),
        unlisted=tuple(sorted(outlook.unlisted)),
        cannot_write=outlook.cannot_write,
    )


def _healths(store: Store) -> Mapping[TargetId, Health]:
    """The health of each target: failing if any check fails, well if one could look."""
    found: dict[TargetId, set[Health]] = defaultdict(set)
    for known in store.targets.health():
        found[known.fingerprint.target].add(known.health)
    return {target: _worst(healths) for target, healths in found.items()}


def _worst(healths: Iterable[Health]) -> Health:
    """UNKNOWN says nothing, so that it counts only where it is alone."""
    seen = set(healths)
    return next((health for health in (Health.FAIL, Health.OK) if health in seen), Health.UNKNOWN)


def _tally(
    targets: Sequence[Target],
    healths: Mapping[TargetId, Health],
    presences: Mapping[TargetId, Presence],
    outlook: Outlook,
) -> Tally:
    """How the targets of a kind are. What was well before the bot was off, nobody has looked at since."""
    found: dict[str, list[TargetId]] = defaultdict(list)
    for target in targets:
        health, presence = healths.get(target.id, Health.UNKNOWN), presences.get(target.id)
        if target.id in outlook.unwatched:
            found["unwatched"].append(target.id)
        elif target.id in outlook.unlooked and health is not Health.FAIL:
            found["unlooked"].append(target.id)
        elif health is Health.OK and presence is not None and presence.running is False:
            found["off"].append(target.id)
        else:
            found[health].append(target.id)
    return Tally(
        well=len(found[Health.OK]),
        off=len(found["off"]),
        failing=tuple(found[Health.FAIL]),
        unseen=tuple(found[Health.UNKNOWN]),
        unlooked=tuple(found["unlooked"]),
        unwatched=tuple(found["unwatched"]),
    )


def incidents(store: Store, _now: datetime) -> IncidentList:
    """What is open, and what was lately."""
    live = tuple(store.incidents.live())
    latest = store.incidents.latest(len(live) + LATELY)
    return IncidentList(live, tuple(one for one in latest if one.ended)[:LATELY], store.targets.names())


def incident(store: Store, _now: datetime, number: IncidentId) -> IncidentPicture:
    """One incident with all that is known of it. Raises UnknownName."""
    found = store.incidents.get(number)
    if found is None:
        raise UnknownName(f"cannot find incident {number}: because there is none of that number")
    runs = tuple(run_from_json(row.value) for row in store.runs.of_incident(number))
    return IncidentPicture(found, tuple(store.incidents.history(number)), runs, store.targets.names())


def lacking(store: Store, config: Config, incident: Incident) -> Mapping[TargetId, str]:
    """What is missing before each unproven member of an incident is proven, in words."""
    if not incident.unproven:
        return {}
    inventory = store.targets.inventory()
    checks, steady = own_checks(config, inventory), config.timing.steady
    found = {}
    for target_id in incident.unproven:
        target = inventory.get(target_id, Target(target_id))
        needs = requirement(target, checks.get(target_id, frozenset()), steady)
        found[target_id] = lacks(incident.members[target_id], target, needs)
    return found


def why(store: Store, now: datetime, config: Config, name: str) -> TargetPicture:
    """What is known of a target, what it depends on, what would keep its failure quiet. Raises UnknownName."""
    target_id, healths, known_now = find_target(store, name), _healths(store), situation(store, config, now)
    target, above = known_now.target(target_id), known_now.ancestors(target_id)
    presence = store.targets.presences()[target_id]
    beliefs = tuple(
        Belief(known.fingerprint.check, known.health, known.why, known.since)
        for known in store.targets.health()
        if known.fingerprint.target == target_id
    )
    return TargetPicture(
        target=target,
        beliefs=beliefs,
        running=presence.running,
        stopped_on_purpose=presence.stopped_on_purpose,
        parents=tuple((parent, healths.get(parent, Health.UNKNOWN)) for parent in target.parents),
        muted=muted(target, known_now.silences, now, above, known_now.name),
        covered_by=_cover(store.incidents.live(), target_id, above),
        incidents=_lately(store.incidents.latest(_LOOKED_THROUGH), target_id),
        name=known_now.name,
    )


def _cover(live: Iterable[Incident], target: TargetId, above: frozenset[TargetId]) -> Incident | None:
    """The open outage that a failure of `target` would be counted to."""
    outages = (one for one in live if one.kind in OUTAGES and one.subject != target)
    return next((one for one in outages if one.subject in above or target in one.members), None)


def _lately(latest: Iterable[Incident], target: TargetId) -> tuple[Incident, ...]:
    mine = (one for one in latest if one.subject == target or target in one.members)
    return tuple(islice(mine, LATELY))


def identity(store: Store, _now: datetime) -> str:
    """By what this database is told from every other."""
    return store.identity()


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
