"""What people do to incidents, and how a decision becomes rows: a transaction each, over core and store."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from bot.config import Config, Guest, Host, Service
from bot.config.built_in import looks_inside
from bot.core.health import HYPERVISOR, INSIDE, CheckName, Target, TargetId, TargetKind, target_id
from bot.core.incident import IllegalMove, Incident, IncidentId, Rules, Tell
from bot.core.incidents import people
from bot.core.incidents.draft import Decision
from bot.core.incidents.situation import Gap, Situation
from bot.core.lengths import lasted
from bot.core.mentions import deadened
from bot.core.mute import Silence
from bot.core.names import meant_by
from bot.core.nearest import did_you_mean
from bot.core.permit import Act, demand
from bot.store import Store
from bot.store.outbox import Parcel
from bot.usecases import accepted_changes, left_off
from bot.usecases.derived import Derived
from bot.usecases.escalation import note
from bot.usecases.ground import incidents_changed

COUNTERS_WAIT = timedelta(seconds=2)
"""How long a card waits whose counters alone have changed: fifty guests coming back are a few edits, not fifty.

What a person did is shown at once.
"""


LINKED = timedelta(days=7)
"""An incident of the same that ended so short a time ago is named on the card of the next."""

LONGEST_SILENCE = timedelta(days=365)
"""What is to be silent for longer is better taken out of lab.yaml."""


class UnknownName(Exception):
    """The user's mistake: no target of that name; the text has the nearest one."""


def rules_of(config: Config) -> Rules:
    """The times and numbers of lab.yaml by which the core decides."""
    return Rules(**{one.name: getattr(config.timing, one.name) for one in fields(Rules)})


def own_checks(config: Config, inventory: Mapping[TargetId, Target]) -> Mapping[TargetId, frozenset[CheckName]]:
    """The checks of targets that can prove them: each must pass before its target counts as proven."""
    found = {target_id(TargetKind.HOST, host.name): _names(host) for host in config.hosts.values()}
    found |= {target_id(TargetKind.SERVICE, one.name): _names(one) for one in config.services.values()}
    guests = (t for t in inventory.values() if t.kind is TargetKind.GUEST and t.name in config.guests)
    said = ((guest, config.guests[guest.name]) for guest in guests)
    meant = ((t, one) for t, one in said if one.host is None or t.runs_on == target_id(TargetKind.HOST, one.host))
    return found | {guest.id: _names(one) for guest, one in meant}


def _names(thing: Host | Guest | Service) -> frozenset[CheckName]:
    built_in: list[CheckName] = []
    if isinstance(thing, Host):
        built_in += [HYPERVISOR] if thing.hypervisor else []
        built_in += [INSIDE] if looks_inside(thing) else []
    return frozenset({*map(CheckName, thing.checks), *built_in})


def situation(store: Store, config: Config, now: datetime, gap: Gap | None = None) -> Situation:
    """All that a decision may know, as it now stands in the database."""
    rules, derived = rules_of(config), store.memory.part(Derived)
    inventory, presences, known = store.targets.inventory(), store.targets.presences(), store.targets.known()
    paused = derived.paused(known)
    checks = derived.checks.of(config, inventory, make=lambda: own_checks(config, inventory))
    return Situation(
        targets=inventory,
        incidents=store.incidents.current(now - rules.remembered),
        running=derived.running(presences, paused),
        paused=paused,
        lately=derived.lately(presences, now - rules.storm_within),
        shut_down=derived.shut_down(presences, inventory, gap.since if gap else now, rules.shutdown_within),
        failing=derived.failing(known),
        unseen=derived.unseen(known),
        well=derived.well(inventory, checks, known, rules.steady),
        checks=checks,
        silences=store.silences.in_force(now),
        rules=rules,
        next_id=store.incidents.next_id(),
        gap=gap,
        name=store.targets.names(inventory),
        owner=config.owner.slack,
        ended=store.incidents.ended(now - LINKED),
        zone=config.zone,
    )


def commit(store: Store, before: Situation, decision: Decision, now: datetime) -> None:
    """Write what was decided, and put what is to be told into the outbox of the same transaction."""
    store.incidents.save(decision.incidents)
    store.incidents.append(decision.events)
    changed = {i.id: i for i in decision.incidents}
    by_people = {event.incident for event in decision.events if event.by}
    for notice in decision.notices:
        subject = f"incident:{notice.incident}"
        if notice.tell is Tell.CARD:
            was = before.incidents.get(notice.incident)
            at_once = notice.incident in by_people or _is_urgent(was, changed)
            store.outbox.add(Parcel(subject, Tell.CARD), now, now if at_once else now + COUNTERS_WAIT)
        else:
            store.outbox.add(Parcel(subject, notice.tell, thread=subject, text=notice.text), now, now)
    incidents_changed(store, now, before.incidents, decision.incidents)
    left_off.remember(store, before.incidents, decision.incidents)
    accepted_changes.remember(store, before.incidents, decision.incidents)
    note(store, now, before, decision)


def _is_urgent(was: Incident | None, changed: Mapping[IncidentId, Incident]) -> bool:
    """Whether more than counters changed."""
    now = changed.get(was.id) if was else None
    if was is None or now is None:
        return True
    return (was.status, was.kind, was.subject, was.acknowledged_by) != (
        now.status,
        now.kind,
        now.subject,
        now.acknowledged_by,
    )


def acknowledge(store: Store, now: datetime, config: Config, incident: IncidentId, by: str) -> None:
    """Someone takes an incident on. Raises NotAllowed or IllegalMove."""
    demand(config.people, by, Act.ACKNOWLEDGE)
    before = situation(store, config, now)
    commit(store, before, people.acknowledge(before, incident, by, now), now)


def take_back(store: Store, now: datetime, config: Config, incident: IncidentId, by: str) -> None:
    """Someone gives an acknowledgement back. Raises NotAllowed or IllegalMove."""
    demand(config.people, by, Act.TAKE_BACK)
    before = situation(store, config, now)
    commit(store, before, people.take_back(before, incident, by, now), now)


def take_over(store: Store, now: datetime, config: Config, incident: IncidentId, by: str) -> None:
    """Someone takes on what somebody else is on. Raises NotAllowed or IllegalMove."""
    demand(config.people, by, Act.TAKE_OVER)
    before = situation(store, config, now)
    commit(store, before, people.take_over(before, incident, by, now), now)


def resolve(
    store: Store, now: datetime, config: Config, incident: IncidentId, by: str, reason: str
) -> Sequence[str]:
    """Someone says that an incident is over; gives the names of the machines that are not proven healthy.

    Raises NotAllowed or IllegalMove.
    """
    demand(config.people, by, Act.RESOLVE)
    before = situation(store, config, now)
    commit(store, before, people.resolve(before, incident, by, deadened(reason), now), now)
    return [before.name(target) for target in before.incidents[incident].unproven]


def reopen(store: Store, now: datetime, config: Config, incident: IncidentId, by: str) -> None:
    """Someone says that an incident is not over, however old it is. Raises NotAllowed or IllegalMove."""
    demand(config.people, by, Act.REOPEN)
    found = store.incidents.get(incident)
    before = situation(store, config, now)
    if found is not None:
        before = replace(before, incidents={**before.incidents, incident: found})
    commit(store, before, people.reopen(before, incident, by, now), now)


def silence(
    store: Store, now: datetime, config: Config, name: str, length: timedelta, by: str, reason: str
) -> Silence:
    """Someone does not want to hear of a target for a while; it replaces an earlier silence, and others are told.

    Raises NotAllowed, UnknownName or IllegalMove.
    """
    demand(config.people, by, Act.SILENCE)
    target = find_target(store, name)
    if not reason.strip():
        raise IllegalMove(f"cannot silence '{name}': because no reason was given")
    if not timedelta(0) < length <= LONGEST_SILENCE:
        raise IllegalMove(f"cannot silence '{name}': because a silence lasts from a moment to a year")
    made = Silence(target, now, now + length, by, deadened(reason))
    replaced = store.silences.end(target, now)
    store.silences.add(made)
    store.alive.write(f"{by} silenced {store.events.called(target)} for {lasted(length)}: {made.reason}", now)
    instead = ", instead of the silence before" if replaced else ""
    words = f"🔕 <@{by}> silenced {store.targets.names()(target)} for {lasted(length)}{instead}: {made.reason}"
    _tell_of(store, now, target, words)
    return made


def unsilence(store: Store, now: datetime, config: Config, name: str, by: str) -> TargetId:
    """Someone wants to hear of a target again. Raises NotAllowed, UnknownName or IllegalMove."""
    demand(config.people, by, Act.UNSILENCE)
    target = find_target(store, name)
    if not store.silences.end(target, now):
        raise IllegalMove(f"cannot end a silence of '{name}': because it has none")
    store.alive.write(f"{by} ended the silence of {store.events.called(target)}", now)
    _tell_of(store, now, target, f"🔔 <@{by}> ended the silence of {store.targets.names()(target)}.")
    return target


def _tell_of(store: Store, now: datetime, target: TargetId, words: str) -> None:
    """Others are told: in the thread of its incident, or else in the channel."""
    live = (f"incident:{one.id}" for one in store.incidents.live() if one.subject == target)
    thread = next(live, None)
    store.outbox.add(Parcel(thread or f"silence:{target}", Tell.LINE, thread=thread, text=words), now, now)


def unproven(store: Store, _now: datetime, incident: IncidentId) -> Mapping[TargetId, str]:
    """What an incident still waits for, and what each is called."""
    found = store.incidents.get(incident)
    name = store.targets.names()
    return {target: name(target) for target in (found.unproven if found and not found.ended else ())}


def status(store: Store, _now: datetime, incident: IncidentId) -> str | None:
    """Where an incident stands; None where there is none of that number."""
    found = store.incidents.get(incident)
    return str(found.status) if found else None


def find_target(store: Store, name: str) -> TargetId:
    """The target of that name, `name@host` or id. Raises UnknownName with the nearest, or with all it may be."""
    inventory = store.targets.inventory()
    meant = meant_by(name, inventory.values())
    if len(meant) == 1:
        return meant[0].id
    if meant:
        called = store.targets.names(inventory)
        labels = " or ".join(sorted(called(target.id) for target in meant))
        raise UnknownName(f"cannot tell which '{name}' is meant: because there are {len(meant)}; say {labels}")
    hint = did_you_mean(name, [target.name for target in inventory.values()])
    raise UnknownName(f"cannot find '{name}': because nothing here is called that{hint}")


def awaited(store: Store) -> frozenset[TargetId]:
    """The targets whose every observation counts: an open incident is about them, and may end on their proof."""
    live = store.incidents.live()
    return frozenset(t for i in live for t in (i.subject, *i.members)) | store.left_off.all().keys()
