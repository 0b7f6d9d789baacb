"""Machines that ran before an incident and are off after it: remembered, followed, and let off by a person."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final

from bot.config import Config
from bot.core.health import HYPERVISOR, RAN, STATE, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incident import Event, EventKind, Incident, IncidentId, Member, Tell
from bot.core.incidents.announce import NAMED
from bot.core.incidents.left_off import LeftOff, left_off
from bot.core.incidents.shutdowns import as_it_counts
from bot.core.incidents.situation import Situation
from bot.core.kinds import LOST
from bot.core.lengths import clock_time
from bot.core.mute import muted
from bot.core.names import Names
from bot.store import Store
from bot.store.alive import Alive
from bot.store.outbox import Parcel
from bot.usecases.shutdowns import just_shut_down

_SUBJECT: Final = "ran before"


def remember(store: Store, before: Mapping[IncidentId, Incident], changed: Sequence[Incident]) -> None:
    """Incidents have changed: what those that ended leave off is remembered."""
    store.left_off.keep(left_off(before, changed))


def follow(store: Store, now: datetime, before: Situation, seen: Sequence[Observation]) -> None:
    """Something was seen of machines: what is proven, or was shut down by someone, is forgotten."""
    known = store.left_off.all()
    for target in known.keys() & {one.target for one in seen}:
        was = known[target].member
        member, needs = was, before.needs(target)
        for one in sorted((one for one in seen if one.target == target), key=lambda one: one.at):
            member = member.after(as_it_counts(before, before.incidents.values(), one, now), needs)
        if member.proven:
            _settle(store, now, known[target], member)
        elif member != was:
            store.left_off.keep([replace(known[target], member=member)])


def let_off(store: Store, now: datetime, targets: Sequence[TargetId], by: str, name: Names) -> None:
    """A person has said that they may stay off: that goes on record where they were waited for last."""
    for one in (one for target, one in store.left_off.all().items() if target in targets):
        called = name(one.member.target)
        words = f"says that it may stay off: {called}"
        if one.incident is None:
            store.alive.write(f"{by} {words}", now)
            store.left_off.drop([one.member.target])
            continue
        subject = f"incident:{one.incident}"
        store.incidents.append([Event(one.incident, now, EventKind.NOTE, words, by)])
        told = Parcel(subject, Tell.LINE, thread=subject, text=f"⚪ {called} may stay off, says <@{by}>.")
        store.outbox.add(told, now, now)
        _settle(store, now, one, one.member.let_off(by, now))


def before_start(
    store: Store, config: Config, last: Alive | None
) -> tuple[frozenset[TargetId], frozenset[TargetId], frozenset[TargetId]]:
    """The guests that ran when the bot looked last, were off as wanted, and had been shut down just before."""
    if last is None:
        return frozenset(), frozenset(), frozenset()
    presences, inventory = store.targets.presences(), store.targets.inventory()
    away = {
        k.fingerprint.target: k.since
        for k in store.targets.health()
        if k.fingerprint.check == HYPERVISOR and k.health is not Health.OK
    }
    within = config.timing.shutdown_within
    shut_down = just_shut_down(presences, inventory, lambda host: min(last.at, away.get(host, last.at)), within)
    ran = frozenset(t for t, p in presences.items() if p.running)
    stopped = frozenset(t for t, p in presences.items() if p.running is False and p.stopped_on_purpose)
    return ran, stopped, shut_down


def note(store: Store, now: datetime, before: Situation, seen: Sequence[Observation]) -> None:
    """What is off, ran before nobody could look, and no incident waits for is remembered and asked about."""
    waited_for = {target for one in store.incidents.live() for target in one.members}
    found = [one for one in seen if _has_to_return(store, before, one) and one.target not in waited_for]
    found = [one for one in found if not (one.may_have_run and _was_asked(store, now, one.target))]
    for one in found:
        member = Member(one.target, was_running=True, running=False, unproven_since=now, counts_from=now)
        why = one.facts.get(RAN, "it was shut down during a power failure, and is off")
        store.left_off.keep([LeftOff(member, None, now, why, fails=one.health is Health.FAIL)])
    _ask(store, now, before, [one.target for one in found if not _muted(before, one.target, now)])


def unmuted(store: Store, now: datetime, before: Situation, ended: Set[TargetId]) -> Sequence[Observation]:
    """What befell machines while a silence held that has ended, and still is so: it fails, or is asked about."""
    live = {target for one in before.incidents.values() if not one.ended for target in one.members}
    left = [
        one
        for target, one in store.left_off.all().items()
        if one.incident is None and one.member.running is False and target not in live
        if not ended.isdisjoint({target, *before.ancestors(target)}) and not _muted(before, target, now)
    ]
    _ask(store, now, before, [one.member.target for one in left if not one.fails])
    return [
        Observation(
            Fingerprint(STATE, one.member.target),
            Health.FAIL,
            now,
            one.why,
            Kind.GUEST_DOWN,
            stated=True,
            running=False,
            evidence=Evidence.OUTSIDE,
            facts={RAN: one.why},
        )
        for one in left
        if one.fails
    ]


def _has_to_return(store: Store, before: Situation, seen: Observation) -> bool:
    """Whether it ran before nobody could look, or was shut down by an outage that no incident tells of."""
    if before.target(seen.target).ephemeral:
        return False
    if RAN in seen.facts:
        return not seen.may_have_run or before.target(seen.target).wanted
    if not seen.on_purpose or seen.target not in before.running | before.paused:
        return False
    above = before.ancestors(seen.target)
    known = (one for one in store.targets.health() if one.fingerprint.target in above)
    return any(one.health is Health.FAIL and one.kind in LOST for one in known)


def _was_asked(store: Store, now: datetime, target: TargetId) -> bool:
    """Whether a machine was asked about since it was shut down; it is from now on."""
    subject, stopped = f"off {target}", store.targets.presences()[target].stopped_at
    keys = [stopped.isoformat() if stopped else ""]
    if store.told.last(subject) == keys:
        return True
    store.told.keep(subject, keys, now)
    return False


def _muted(before: Situation, target: TargetId, now: datetime) -> bool:
    found = muted(before.target(target), before.silences, now, before.ancestors(target), before.name)
    return found is not None


def _ask(store: Store, now: datetime, before: Situation, targets: Sequence[TargetId]) -> None:
    """Say in the channel what is off and ran before, and what to do: someone may have wanted it so."""
    if not targets:
        return
    known = store.left_off.all()
    lines = [f"⚪ {before.name(target)} is off: {_how(known[target])}." for target in sorted(targets)[:NAMED]]
    more = [f"… and {len(targets) - NAMED} more, see `/lab status`."] if len(targets) > NAMED else []
    todo = f"Start it, or say that it may stay off: `/lab stays-off {before.name(min(targets))}`"
    store.outbox.add(Parcel(_SUBJECT, Tell.LINE, text="\n".join([*lines, *more, todo])), now, now)


def forget(store: Store, targets: Sequence[TargetId]) -> None:
    """A person has said what is to become of them."""
    store.left_off.drop(targets)


def ran_before(store: Store, zone: tzinfo) -> Mapping[TargetId, str]:
    """The machines that ran before an incident, open or over, and have not come back, in words for `check`."""
    how = {one.member.target: (one.member, _how(one)) for one in store.left_off.all().values()}
    for incident in store.incidents.live():
        off = filter(_is_off, incident.members.values())
        how |= {member.target: (member, f"it ran before incident {incident.id}") for member in off}
    presences = store.targets.presences()
    found = {}
    for target, (member, words) in how.items():
        stopped = presences[target].stopped_at if target in presences else None
        since = f" since {clock_time(stopped, zone, '%Y-%m-%d %H:%M')}" if stopped else ""
        found[target] = f"{member.rest}{since}, and {words}"
    return found


def _how(left: LeftOff) -> str:
    if left.incident is None:
        return left.why.removesuffix(", and is off")
    return f"it ran before incident {left.incident}"


def _is_off(member: Member) -> bool:
    return member.was_running and member.running is False and not member.proven


def _settle(store: Store, now: datetime, left: LeftOff, member: Member) -> None:
    """It is waited for no longer; the card of the incident that left it off says so."""
    store.left_off.drop([member.target])
    incident = store.incidents.get(left.incident) if left.incident is not None else None
    if incident is not None and incident.ended and member.target in incident.members:
        store.incidents.save([incident.with_member(member)])
        store.outbox.add(Parcel(f"incident:{left.incident}", Tell.CARD), now, now)
