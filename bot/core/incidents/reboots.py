"""Whether the lab lost its power while nobody saw it: told from which machines have booted meanwhile.

The bot was off then, or it was over before a host was believed to be gone. Nobody saw it, so it is a conclusion
and said to be one. A host that restarts alone and hosts that restart one after the other are no power failure; nor
is anything while a host without a UPS ran on, or the UPS of those that booted. Where the bot had been stopped in
order, someone may have restarted the machines: then only all hosts at once are one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.core.clock_step import shifted
from bot.core.health import INSIDE, Fingerprint, Kind, TargetId
from bot.core.incident import EventKind, Incident, IncidentId
from bot.core.incidents.adoption import as_adopted, dependents, shut_down_before
from bot.core.incidents.announce import named
from bot.core.incidents.draft import Decision, Draft
from bot.core.incidents.settle import settle
from bot.core.incidents.situation import Gap, Situation
from bot.core.incidents.takeover import take_over
from bot.core.kinds import LOST

SLACK = timedelta(minutes=1)
"""A boot id is looked at now and then only: that a host boots and the bot is cut off need not be in that order."""


@dataclass(frozen=True, slots=True)
class Boots:
    """What is known of boots once the bot looks again.

    `booted`: when each host did that has booted since it was last looked at, by the bot's own clock; `stayed`: the
    hosts that have not. `own`: when the bot's own machine booted, None if it has not. `own_host`: which of the
    hosts that is. `cut_off`: nobody had told the bot to stop. `watched`: the bot looked all the while. `fed`:
    the UPSes that were seen on the mains all the while. `kernels`: the kernel's boot id of each of `booted`, where
    that is known: hosts that have one in common are one machine and its containers.
    """

    gap: Gap
    booted: Mapping[TargetId, datetime]
    stayed: frozenset[TargetId] = frozenset()
    own: datetime | None = None
    own_host: TargetId | None = None
    cut_off: bool = True
    watched: bool = False
    fed: frozenset[TargetId] = frozenset()
    kernels: Mapping[TargetId, str] = field(default_factory=lambda: MappingProxyType({}))

    def shifted(self, step: timedelta) -> "Boots":
        """The clock was stepped: what has booted did so as long ago as before."""
        booted = {host: at + step for host, at in self.booted.items()}
        return replace(shifted(self, step), gap=shifted(self.gap, step), booted=booted)


def power_was_lost(situation: Situation, boots: Boots, now: datetime) -> Decision:
    """What follows from what has booted while the bot was off: one power failure, or nothing."""
    draft, boots = Draft(situation, now), _in_gap(situation, boots)
    hosts = sorted(host for host in boots.booted if not (draft.muted(host) or _is_told(draft, boots, host)))
    if why_no_failure(situation, boots, hosts) is not None:
        return Decision()
    hosts = _unfed(situation, boots, hosts)
    why = _why(situation, boots, hosts)
    known = next((one for one in draft.live() if one.kind in LOST and knows(one, hosts)), None)
    if known is not None:
        _again(draft, boots, known, _times(boots, hosts), why)
    else:
        _open(draft, boots, hosts, why)
    return draft.decision()


def _again(draft: Draft, boots: Boots, known: Incident, times: Collection[datetime], why: str) -> None:
    """An outage is known that may be why they have booted; if not, the power has failed once more since."""
    same = explains(known, times, draft.now)
    if same and (boots.watched or min(times) > boots.gap.until):  # else it came, and went, while the bot was off
        return
    draft.note(known.id, why)
    if known.kind is Kind.POWER_LOSS and not same and not known.spans.lasts:
        spans = known.spans.began(boots.gap.since).ended(max(times))
        draft.keep(replace(draft.incidents[known.id], spans=spans))


def why_no_failure(situation: Situation, boots: Boots, hosts: Sequence[TargetId]) -> str | None:
    """Why it is not taken for a power failure that these hosts have booted; None where it is."""
    if not boots.cut_off and not _all_at_once(situation, boots, hosts):
        return "someone had stopped the bot"
    unfed = _unfed(situation, boots, hosts)
    if hosts and not unfed:
        return "the UPS that powers them was on line"
    hosts = unfed
    machines = {boots.kernels.get(host, host) for host in hosts}
    if not machines or (len(machines) < 2 and boots.own is None):
        return "one machine alone may have been restarted"
    ran_on = [host for host in sorted(boots.stayed) if situation.target(host).powered_by is None]
    if ran_on:
        return f"{', '.join(map(situation.name, ran_on))} never went off"
    times, rules = _times(boots, hosts), situation.rules
    if max(times) - min(times) > (rules.storm_within if boots.watched else rules.grace):
        return "they booted one after the other"
    return None


def _all_at_once(situation: Situation, boots: Boots, hosts: Sequence[TargetId]) -> bool:
    """Whether no host ran on, and so many booted within so short a time that they are lost together.

    What shuts the bot's own machine down stops the bot in order, too: a UPS that is nearly empty, or a person.
    """
    machines = {boots.kernels.get(host, host) for host in hosts}
    apart = boots.own is not None and boots.own_host not in hosts
    if boots.stayed or len(machines) + apart < situation.rules.storm_hosts:
        return False
    times = _times(boots, hosts)
    return max(times) - min(times) <= situation.rules.storm_within


def _unfed(situation: Situation, boots: Boots, hosts: Sequence[TargetId]) -> list[TargetId]:
    """Those of them that no UPS was seen to feed all the while."""
    fed = boots.fed if boots.watched else frozenset[TargetId]()
    return [host for host in hosts if situation.target(host).powered_by not in fed]


def _in_gap(situation: Situation, boots: Boots) -> Boots:
    """What has booted in the gap, which began before that. All has, where the clock can't tell."""
    earliest = boots.gap.since - SLACK
    if _clock_tells(situation, boots):
        booted = {host: at for host, at in boots.booted.items() if at >= earliest}
        boots = replace(boots, booted=booted, own=boots.own if boots.own and boots.own >= earliest else None)
    since = min([boots.gap.since, *_times(boots, boots.booted)])
    return replace(boots, gap=replace(boots.gap, since=since))


def _clock_tells(situation: Situation, boots: Boots) -> bool:
    """Whether the clock can tell that something had booted before the gap began.

    It can't where the gap has no length by it: it was set back meanwhile. Nor where by it the bot's own machine
    booted before the bot lived last: no battery keeps its time. Where that was long before the others did, the bot
    was rather moved to another machine.
    """
    if boots.gap.since >= boots.gap.until:
        return False
    times = _times(boots, boots.booted)
    together = bool(boots.booted) and max(times) - min(times) <= situation.rules.grace
    return boots.own is None or boots.own >= boots.gap.since or not together


def _times(boots: Boots, hosts: Iterable[TargetId]) -> list[datetime]:
    return [boots.booted[host] for host in hosts] + ([] if boots.own is None else [boots.own])


def _why(situation: Situation, boots: Boots, hosts: Sequence[TargetId]) -> str:
    told = [f"{situation.name(host)} booted at {_hour(situation, boots.booted[host])}" for host in hosts]
    alone = boots.own is None or boots.own_host in hosts
    own = "" if boots.own is None or alone else f", my own machine at {_hour(situation, boots.own)}"
    off = "" if boots.watched else f" while {boots.gap.what.replace('My', 'my', 1)}"
    stopped = "" if boots.cut_off else " (I had been stopped in order before)"
    what = f"the lab seems to have lost its power{off}, or someone restarted it{stopped}"
    return f"{what}, {_when(situation, boots.gap.since, _times(boots, hosts))}: {', '.join(told)}{own}"


def _when(situation: Situation, since: datetime, booted: Collection[datetime]) -> str:
    """When that was, in words. Of what had booted by `since` it is not known since when it was off."""
    began, until = (at.astimezone(situation.zone) for at in (since, max(booted)))
    if since >= min(booted):
        return f"before {until:%H:%M} {until.tzname()}"
    if f"{began:%F %R}" == f"{until:%F %R}":
        return f"at {until:%H:%M} {until.tzname()}"
    form = "%H:%M" if began.date() == until.date() else "%d %b %H:%M"
    return f"between {began:{form}} and {until:{form}} {until.tzname()}"


def _hour(situation: Situation, at: datetime) -> str:
    return f"{at.astimezone(situation.zone):%H:%M}"


def explains(outage: Incident, times: Collection[datetime], now: datetime) -> bool:
    """Whether one failure that was seen is why machines have booted at these times."""
    return any(
        all(one.since - SLACK <= at <= (one.until or now) + SLACK for at in times) for one in outage.spans.latest
    )


def _is_told(draft: Draft, boots: Boots, host: TargetId) -> bool:
    """Whether a power failure that was seen is why a host has booted: several may have overlapped."""
    seen = (one for one in draft.incidents.values() if one.kind is Kind.POWER_LOSS and knows(one, [host]))
    return boots.watched and any(explains(one, [boots.booted[host]], draft.now) for one in seen)


def knows(incident: Incident, targets: Iterable[TargetId]) -> bool:
    """Whether it is about all of these."""
    return {incident.subject, *incident.members}.issuperset(targets)


def _open(draft: Draft, boots: Boots, hosts: Sequence[TargetId], why: str) -> None:
    """One incident of all, from when the bot saw the lab last until they booted; each has to be proven."""
    own = {Fingerprint(INSIDE, host) for host in hosts}
    earliest = boots.gap.since - SLACK  # what was down long before has a cause of its own
    down = {one.subject for one in draft.live() if one.kind is Kind.HOST_DOWN and one.opened_at >= earliest}
    number = take_over(draft, Kind.POWER_LOSS, hosts[0], why, own, down.union(hosts), suspected=True)
    for host in hosts:
        draft.adopt(number, [as_adopted(draft, host), *dependents(draft, host)])
        draft.adopt(number, shut_down_before(draft, host))
    _put_in_doubt(draft, number, hosts)
    draft.event(number, EventKind.NOTE, f"nobody saw it: told from the boots of {named(draft, hosts)}")
    settle(draft, draft.incidents[number], came_back=True)
    incident, back = draft.incidents[number], max(_times(boots, hosts))
    since = incident.recovering_since and back
    before = draft.situation.incidents.get(number)
    known = boots.gap.since < min(_times(boots, hosts))  # else nobody knows for how long: it has no length
    began = boots.gap.since if known else back
    seen = before is not None and before.kind in LOST and explains(before, _times(boots, hosts), draft.now)
    if before is not None and seen:
        spans = before.spans.ended(back) if since else before.spans  # that is the failure, and no second one
    elif before is not None:
        spans = incident.spans.began_by(began)  # what showed first was seen only once it had happened
        spans = spans.over_since(back) if since else spans
    else:
        incident = replace(incident, opened_at=boots.gap.since)
        spans = incident.spans.from_the_start(began)
        spans = spans.over_since(back) if since else spans
    draft.keep(replace(incident, recovering_since=since, spans=spans))


def _put_in_doubt(draft: Draft, number: IncidentId, hosts: Iterable[TargetId]) -> None:
    """What was seen of them before they went off proves nothing; of its checks it fails what fails now."""
    incident = draft.incidents[number]
    lost = {*hosts, *(one.id for host in hosts for one in draft.descendants(host))}
    doubted = [incident.members[target].in_doubt(draft.now) for target in lost & incident.members.keys()]
    incident = incident.with_members(doubted)
    draft.keep(replace(incident, failing=incident.failing & draft.failing))
