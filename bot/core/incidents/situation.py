"""What a decision starts from: all that it may know."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final

from bot.core.health import CheckName, Fingerprint, Kind, Target, TargetId, TargetKind
from bot.core.incident import Earlier, Incident, IncidentId, Rules
from bot.core.incidents.evidence import Requirement, requirement
from bot.core.lengths import clock_time, lasted
from bot.core.mute import Silence
from bot.core.names import UNTOLD, Names


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the bot itself was off, or could not do its work; known for a while afterwards.

    `well`: the checks that have found all well since.
    """

    since: datetime
    until: datetime
    what: str = "I was off"
    zone: tzinfo = UTC
    shut_down: frozenset[TargetId] = frozenset()
    well: frozenset[Fingerprint] = frozenset()

    def followed_by(self, answered: Mapping[Fingerprint, datetime]) -> "Gap":
        """This gap once each check has found all well last when it is told here."""
        return replace(self, well=frozenset(one for one, at in answered.items() if at >= self.until))

    def __str__(self) -> str:
        since, until = (at.astimezone(self.zone) for at in (self.since, self.until))
        if self.since == self.until:  # for how long can't be told
            return f"{self.what} until {clock_time(self.until, self.zone)}"
        if f"{since:%F %R}" == f"{until:%F %R}":
            return f"{self.what} for {lasted(self.until - self.since)} at {clock_time(self.since, self.zone)}"
        form = "%H:%M" if since.date() == until.date() else "%d %b %H:%M"
        return f"{self.what} {since:{form}}–{until:{form}} {until.tzname()}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What looks have told that need not be news.

    `silent`: the hosts that a check gets no answer from, and since which look; `inside`: when each target has
    answered from inside last.
    """

    silent: Mapping[TargetId, datetime] = field(default_factory=lambda: MappingProxyType({}))
    inside: Mapping[TargetId, datetime] = field(default_factory=lambda: MappingProxyType({}))


NOTHING_HEARD: Final = Heard()


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision may know.

    `incidents`: the unresolved ones, and those resolved so recently that they may reopen. `running`: the guests
    last seen running; `paused`: those that are paused instead; `lately`: those that ran until a moment ago and
    were not shut down by anyone; `shut_down`: those that were shut down so lately that it may have been because of
    an outage. `failing`: the checks believed to fail; `well`: the targets that are proven so; `unseen`: the checks
    that can't look, and since when; `unlooked`: the targets that have not answered since the bot is back.
    `checks`: those that lab.yaml gives each target. `next_id`: the id of the next incident. `gap`: set while the
    bot has just come back. `name`: what people call a target. `owner`: a Slack id. `ended`: the last incident of
    each kind and subject that is over. `zone`: in which people are told times. `heard`: what else has answered.
    """

    targets: Mapping[TargetId, Target]
    incidents: Mapping[IncidentId, Incident]
    running: frozenset[TargetId]
    silences: tuple[Silence, ...]
    rules: Rules
    next_id: IncidentId
    lately: frozenset[TargetId] = frozenset()
    failing: frozenset[Fingerprint] = frozenset()
    well: frozenset[TargetId] = frozenset()
    checks: Mapping[TargetId, frozenset[CheckName]] = field(default_factory=lambda: MappingProxyType({}))
    gap: Gap | None = None
    name: Names = UNTOLD
    owner: str = ""
    ended: Mapping[tuple[Kind, TargetId], Earlier] = field(default_factory=lambda: MappingProxyType({}))
    zone: tzinfo = UTC
    shut_down: frozenset[TargetId] = frozenset()
    unseen: Mapping[Fingerprint, datetime] = field(default_factory=lambda: MappingProxyType({}))
    unlooked: frozenset[TargetId] = frozenset()
    paused: frozenset[TargetId] = frozenset()
    heard: Heard = NOTHING_HEARD

    def mentioning(self, words: str) -> str:
        """These words so that the owner's phone rings."""
        return f"{words} <@{self.owner}>" if self.owner else words

    def target(self, target: TargetId) -> Target:
        """The target of that id; one that is not in the inventory depends on nothing."""
        return self.targets.get(target) or Target(target)

    def ancestors(self, target: TargetId) -> frozenset[TargetId]:
        """All that `target` can't be healthy or seen without, however far up."""
        found: set[TargetId] = set()
        ahead = list(self.target(target).parents)
        while ahead:
            parent = ahead.pop()
            if parent not in found:
                found.add(parent)
                ahead.extend(self.target(parent).parents)
        return frozenset(found)

    def rests_on(self, incident: Incident) -> frozenset[TargetId]:
        """What an incident is about and waits for, and all that these can't be healthy or seen without."""
        about = {incident.subject, *incident.members}
        return frozenset(about).union(*map(self.ancestors, about))

    def needs(self, target: TargetId) -> Requirement:
        """What proves `target`."""
        own, rules = self.checks.get(target, frozenset[CheckName]()), self.rules
        return requirement(self.target(target), own, rules.steady, rules.grace)

    def is_well(self, target: TargetId) -> bool:
        """Whether it is proven well now, and runs if it is a guest."""
        runs = self.target(target).kind is not TargetKind.GUEST or target in self.running
        return target in self.well and runs

    def powers(self, host: TargetId) -> TargetId | None:
        """What shows that a host which fell silent has its power; None where nothing does.

        That is its UPS, on line, or what has answered from inside since: another check of it, or a guest there.
        """
        ups, since = self.target(host).powered_by, self.heard.silent.get(host)
        if ups is not None and self.is_well(ups):
            return ups
        after = (one for one, at in self.heard.inside.items() if since is not None and at > since)
        return next((one for one in sorted(after) if host in {one, self.target(one).runs_on}), None)

    def stayed_on(self, gone: Set[TargetId]) -> Sequence[TargetId]:
        """Other hosts without a UPS that have answered from inside since the last of these hosts fell silent."""
        silent = [at for host, at in self.heard.silent.items() if host in gone]
        after = [self.target(one) for one, at in self.heard.inside.items() if silent and at > max(silent)]
        hosts = {one.id if one.kind is TargetKind.HOST else one.runs_on for one in after}
        return sorted(one for one in hosts if one and one not in gone and self.target(one).powered_by is None)

    def is_seen(self, incident: Incident) -> bool:
        """Whether all that the incident is about was looked at now."""
        about = {incident.subject, *(check.target for check in incident.own)}
        return self.unseen.keys().isdisjoint(incident.own) and self.unlooked.isdisjoint(about)

    def ran(self, target: TargetId) -> bool:
        """Whether it is a guest that ran until now, if only to be paused, or until a moment ago."""
        return any(target in those for those in (self.running, self.paused, self.lately))
