"""Machines that ran before an incident and are off after it: remembered, followed, and let off by a person."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from bot.core.draft import Situation
from bot.core.health import Observation, TargetId
from bot.core.incident import Event, EventKind, Incident, IncidentId, Member, Tell
from bot.core.incidents.left_off import LeftOff, left_off
from bot.core.incidents.shutdowns import as_it_counts
from bot.core.lengths import clock_time
from bot.core.names import Names
from bot.store import Store
from bot.store.outbox import Parcel


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
        subject, called = f"incident:{one.incident}", name(one.member.target)
        words = f"says that it may stay off: {called}"
        store.incidents.append([Event(one.incident, now, EventKind.NOTE, words, by)])
        told = Parcel(subject, Tell.LINE, thread=subject, text=f"⚪ {called} may stay off, says <@{by}>.")
        store.outbox.add(told, now, now)
        _settle(store, now, one, one.member.let_off(by, now))


def forget(store: Store, targets: Sequence[TargetId]) -> None:
    """A person has said what is to become of them."""
    store.left_off.drop(targets)


def ran_before(store: Store, zone: tzinfo) -> Mapping[TargetId, str]:
    """The machines that ran before an incident, open or over, and have not come back, in words for `check`."""
    live = {
        member.target: i.id for i in store.incidents.live() for member in i.members.values() if _is_off(member)
    }
    over = {target: one.incident for target, one in store.left_off.all().items() if target not in live}
    presences = store.targets.presences()
    found = {}
    for target, incident in (live | over).items():
        stopped = presences[target].stopped_at if target in presences else None
        since = f" since {clock_time(stopped, zone, '%Y-%m-%d %H:%M')}" if stopped else ""
        found[target] = f"off{since}, and it ran before incident {incident}"
    return found


def _is_off(member: Member) -> bool:
    return member.was_running and member.running is False and not member.proven


def _settle(store: Store, now: datetime, left: LeftOff, member: Member) -> None:
    """It is waited for no longer; the card of the incident that left it off says so."""
    store.left_off.drop([member.target])
    incident = store.incidents.get(left.incident)
    if incident is not None and incident.ended and member.target in incident.members:
        store.incidents.save([incident.with_member(member)])
        store.outbox.add(Parcel(f"incident:{left.incident}", Tell.CARD), now, now)
