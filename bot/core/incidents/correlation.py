"""The second stage of a decision: which failures belong together, and to which incident.

What explains most comes first: the power, a host that takes its guests along, a storm of guests, then the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.core.health import Fingerprint, Kind, Observation, TargetId, TargetKind
from bot.core.incident import EventKind, Incident, IncidentId, Status
from bot.core.incidents.adoption import as_adopted, await_subject, dependents
from bot.core.incidents.draft import Draft
from bot.core.incidents.grace import in_grace
from bot.core.incidents.member import INVENTORY
from bot.core.incidents.opening import open_incident
from bot.core.incidents.recording import is_apart, record_own, takes_over, write_down
from bot.core.incidents.takeover import began, is_recent, take_over
from bot.core.incidents.visibility import UNSURE, WITNESSES
from bot.core.kinds import DAMAGE, LOST, tells_more

_NO_WITNESS: Final = "no witness tells whether that works; name one in `witnesses.also` of lab.yaml"

_STAYS_OUT: Final = DAMAGE - {Kind.GUEST_MISSING}
"""What no outage explains. That a guest is missing afterwards, it does."""


def place(draft: Draft, failures: Sequence[Observation]) -> None:
    """Find each failure its incident, what explains most first: power, then hosts, then guests, then the rest."""
    over = frozenset(one.id for one in draft.incidents.values() if one.ended)
    left = [seen for seen in failures if not _join(draft, seen, over)]
    for seen in left:
        if seen.kind is Kind.POWER_LOSS:
            _power_lost(draft, seen)
    left = [seen for seen in left if seen.kind is not Kind.POWER_LOSS and not _covered(draft, seen)]
    _hosts_lost(draft, [seen for seen in left if seen.kind is Kind.HOST_DOWN])
    left = [seen for seen in left if seen.kind is not Kind.HOST_DOWN and not _covered(draft, seen)]
    for seen in _guests_lost(draft, left):
        if not _join(draft, seen, over):
            opened = open_incident(
                draft, seen.kind or Kind.SERVICE_DOWN, seen.target, seen.why, {seen.fingerprint}
            )
            await_subject(draft, opened)


def _join(draft: Draft, seen: Observation, over: Set[IncidentId]) -> bool:
    """Whether a failure has its incident: of its check, or else of its subject, since a subject has only one.

    An outage joins nothing less: it takes over instead. What ended while it failed has had its incident, too: a
    person said that it is over, or it is part of another. Only what tells more of it is news. `over`: the
    incidents that were over before; one that has reopened since knows that `seen` fails, and has not noted it.
    """
    for incident in sorted(draft.live(), key=lambda one: seen.fingerprint not in one.own):
        if takes_over(seen, incident) or is_apart(incident, seen):
            continue
        own_trouble = Kind.CANNOT_WATCH in {seen.kind, incident.kind} and seen.kind is not incident.kind
        of_subject = incident.subject == seen.target and seen.kind not in LOST and not own_trouble
        if of_subject or seen.fingerprint in incident.own:
            if seen.fingerprint not in incident.failing or incident.id in over:
                one = frozenset({seen.fingerprint})
                record_own(draft, draft.keep(replace(incident, own=incident.own | one)), seen)
            return True
    return any(seen.fingerprint in i.failing and not tells_more(seen.kind, i.kind) for i in draft.recent())


def _covered(draft: Draft, seen: Observation) -> bool:
    """Whether a live outage explains `seen`. If so, it is written down there, and holds that outage open."""
    incident = next((i for i in draft.live() if _explains(draft, i, seen)), None)
    if incident is None:
        return False
    if incident.kind is Kind.GUESTS_DOWN:
        one = frozenset({seen.fingerprint})
        incident = draft.keep(replace(incident, own=incident.own | one, failing=incident.failing | one))
    if seen.target not in incident.members:
        draft.adopt(incident.id, [as_adopted(draft, seen.target)])
    write_down(draft, incident.id, [seen])
    return True


def _explains(draft: Draft, incident: Incident, seen: Observation) -> bool:
    """Whether `incident` is an outage of what `seen` depends on, or has adopted it, and still covers it.

    A power failure explains that the network is gone, too: what connects the machines has lost its power as well.
    """
    if incident.kind is Kind.POWER_LOSS and seen.kind is Kind.NETWORK_DOWN:
        return True
    if incident.subject == seen.target or not _is_of_its_sort(incident, seen):
        return False
    if _went_with_a_ups(draft, incident, seen):
        return True
    up = draft.situation.ancestors(seen.target) | {seen.target}
    if up.isdisjoint({incident.subject, *incident.members}):
        return False
    if not incident.unwatched and (incident.status is not Status.RECOVERING or in_grace(draft, incident)):
        return True
    # Grace is over, or nobody sees whether the outage is; and what was unproven then has been told: that needs
    # no second message, all else does.
    before = draft.situation.incidents.get(incident.id)
    return before is not None and seen.target in before.unproven


def _went_with_a_ups(draft: Draft, incident: Incident, seen: Observation) -> bool:
    """Whether a UPS has just lost its power, and this host, which no UPS feeds, has gone with it."""
    by_ups = incident.kind is Kind.POWER_LOSS and incident.subject.startswith(TargetKind.UPS)
    gone = seen.kind is Kind.HOST_DOWN and draft.situation.target(seen.target).powered_by is None
    return by_ups and gone and bool(incident.failing) and is_recent(draft, incident)


def _is_of_its_sort(incident: Incident, seen: Observation) -> bool:
    if incident.kind is Kind.GUESTS_DOWN:
        return _may_storm(seen)
    return incident.kind in LOST and seen.kind not in _STAYS_OUT


def _may_storm(seen: Observation) -> bool:
    """Whether it is a guest's failure that may have one cause with others'. A boot disk is restored one by one."""
    alone = {Kind.BOOT_DISK, Kind.KEEPS_RESTARTING}
    return seen.target.startswith(TargetKind.GUEST) and seen.kind not in alone


def _power_lost(draft: Draft, seen: Observation) -> None:
    """The UPS says so: one incident with all it powers. Nothing is in doubt yet, it may carry them all through."""
    take_over(draft, Kind.POWER_LOSS, seen.target, seen.why, {seen.fingerprint}, {seen.target})


def _hosts_lost(draft: Draft, seen: Sequence[Observation]) -> None:
    """Hosts are gone: an incident each, or with the third within minutes one of all."""
    earlier = [i for i in draft.live() if _is_host_gone(draft, i)]
    own = {one.fingerprint for one in seen}.union(*(_hosts(i) for i in earlier))
    if seen and len({one.target for one in own}) >= draft.situation.rules.storm_hosts:
        _many_hosts_lost(draft, seen, earlier, own)
        return
    for one in seen:
        _witnessed(
            draft, take_over(draft, Kind.HOST_DOWN, one.target, one.why, {one.fingerprint}, {one.target}), [one]
        )


def _many_hosts_lost(
    draft: Draft, seen: Sequence[Observation], earlier: Sequence[Incident], own: set[Fingerprint]
) -> None:
    """So many at once have lost their power, unless too few can have; then it is what connects them, or the like.

    What is shown to have power is no part of a power failure, but waited for with it. Where no witness tells
    whether the way to them works, or another host stayed on without a UPS, it is a suspicion.
    """
    hosts = {one.target for one in own}
    powers = {host: by for host in hosts if (by := draft.situation.powers(host))}
    first = [*(i.subject for i in earlier), *(one.target for one in seen)]
    kind, dark = Kind.HOSTS_DOWN, hosts - powers.keys()
    if len(dark) >= draft.situation.rules.storm_hosts:
        kind, own = Kind.POWER_LOSS, {one for one in own if one.target in dark}
        first = [one for one in (*first, *sorted(dark)) if one not in powers]
    unsure = any(UNSURE in one.facts for one in seen)
    stayed = draft.situation.stayed_on(hosts) if kind is Kind.POWER_LOSS else ()
    since = min(map(began, earlier), default=draft.now)
    gone = f"{len(hosts)} hosts gone within {_words(draft.now - since)}: {_named(draft, hosts)}"
    why = f"{gone}{_powered(draft, hosts, powers)}{_doubts(draft, stayed, unsure=unsure)}"
    incident = take_over(draft, kind, first[0], why, own, hosts.union(first), suspected=unsure or bool(stayed))
    draft.adopt(incident, (as_adopted(draft, host) for host in hosts))
    write_down(draft, incident, seen)
    _witnessed(draft, incident, seen)


def _doubts(draft: Draft, stayed: Sequence[TargetId], *, unsure: bool) -> str:
    """What else than a power failure it may be, in words; empty where nothing tells so."""
    way = f"; or only the way to them: {_NO_WITNESS}" if unsure else ""
    return (
        f"{way}; or someone restarted them: {_named(draft, stayed)}, without a UPS, stayed on" if stayed else way
    )


def _powered(draft: Draft, hosts: Set[TargetId], powers: Mapping[TargetId, TargetId]) -> str:
    """What shows that some of these hosts have power, in words; empty where nothing does."""
    if not powers:
        return ""
    upses = {one for one in powers.values() if one.startswith(TargetKind.UPS)}
    others = set(powers.values()) - upses
    line = [f"{_named(draft, upses)} {'are' if len(upses) > 1 else 'is'} on line"] if upses else []
    answers = [f"{_named(draft, others)} answered meanwhile"] if others else []
    why = " and ".join([*line, *answers])
    if hosts == powers.keys():
        return f"; no power failure, as {why}"
    return f"; {_named(draft, powers)} {'have' if len(powers) > 1 else 'has'} power, as {why}"


def _named(draft: Draft, targets: Iterable[TargetId]) -> str:
    return ", ".join(sorted(map(draft.situation.name, targets)))


def _is_host_gone(draft: Draft, incident: Incident) -> bool:
    """Whether it is of hosts that went a moment ago: one, or already too many for chance."""
    of_hosts = incident.kind in LOST and incident.subject.startswith(TargetKind.HOST)
    return of_hosts and bool(_hosts(incident)) and is_recent(draft, incident)


def _hosts(incident: Incident) -> set[Fingerprint]:
    return {f for f in incident.failing if f.target.startswith(TargetKind.HOST)}


def _guests_lost(draft: Draft, seen: Sequence[Observation]) -> Sequence[Observation]:
    """Make one incident of the host where many of its guests failed together. The failures that are left over."""
    by_host: dict[TargetId | None, list[Observation]] = defaultdict(list)
    for one in seen:
        by_host[draft.situation.target(one.target).runs_on if _may_storm(one) else None].append(one)
    left = by_host.pop(None, [])
    for host, lost in by_host.items():
        if host is None or len({one.target for one in lost}) < draft.situation.rules.storm_guests:
            left += lost
        else:
            _guest_storm(draft, host, lost)
    return left


def _guest_storm(draft: Draft, host: TargetId, lost: Sequence[Observation]) -> None:
    """Many guests of a host failed together. With them it adopts those that were switched off just then."""
    guests, whys = {one.target for one in lost}, {one.why for one in lost}
    alike = f": {whys.pop()}" if len(whys) == 1 else ""
    gone = {one.kind for one in lost} == {Kind.GUEST_MISSING}
    told = {one.fingerprint.check for one in lost} == {INVENTORY}
    how = "are missing" if gone and told else f"{'are gone' if gone else 'failed together'}{alike}"
    why = f"{len(guests)} guests of {draft.situation.name(host)} {how}"
    incident = take_over(draft, Kind.GUESTS_DOWN, host, why, {one.fingerprint for one in lost}, {host})
    draft.adopt(incident, (as_adopted(draft, guest) for guest in sorted(guests)))
    write_down(draft, incident, lost)
    draft.adopt(incident, (m for m in dependents(draft, host) if not m.proven))


def _witnessed(draft: Draft, incident: IncidentId, seen: Iterable[Observation]) -> None:
    """What told that the bot itself could see, so that whoever doubts an outage can look it up."""
    for words in sorted({one.facts[WITNESSES] for one in seen if WITNESSES in one.facts}):
        draft.event(incident, EventKind.NOTE, f"My own sight: {words}")
    if any(UNSURE in one.facts for one in seen):
        draft.event(incident, EventKind.NOTE, f"It may be only the way there: {_NO_WITNESS}")


def _words(time: timedelta) -> str:
    return f"{max(1, round(time.total_seconds()))} s"
