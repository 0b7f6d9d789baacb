"""A small lab for the core's tests, and a desk that keeps a situation while decisions follow one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.core.health import STATE, CheckName, Evidence, Fingerprint, Health, Kind, Observation, Target, TargetId
from bot.core.incident import Earlier, Event, Incident, IncidentId, Notice, Rules, Tell
from bot.core.incidents import engine
from bot.core.incidents.draft import Decision
from bot.core.incidents.situation import NOTHING_HEARD, Gap, Heard, Situation
from bot.core.mute import Silence

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

RACK = TargetId("ups:rack")
ATLAS, VAULT, NOOK = (TargetId(f"host:{name}") for name in ("atlas", "vault", "nook"))
HOSTS = (ATLAS, VAULT, NOOK)
GUESTS = tuple(TargetId(f"guest:vm{n:02}") for n in range(1, 46))
EPHEMERAL = tuple(TargetId(f"guest:ci-{n}") for n in range(1, 6))
FILES = TargetId("guest:files")
"""The one guest that runs on vault."""

_CHECKS = {
    Kind.POWER_LOSS: "ups",
    Kind.UPS_UNREACHABLE: "ups",
    Kind.HOST_DOWN: "hypervisor",
    Kind.GUEST_DOWN: "state",
    Kind.GUEST_DAMAGED: "state",
    Kind.BOOT_DISK: "boot",
    Kind.SERVICE_DOWN: "http",
    Kind.GUEST_MISSING: "inventory",
}
"""Which check finds what."""


def inventory(*, powered: bool = True) -> Mapping[TargetId, Target]:
    """One UPS for three hosts, and fifty guests on atlas, five of which come and go; `powered`: with the UPS."""
    ups = RACK if powered else None
    targets = [Target(RACK)] if powered else []
    targets += [Target(host, powered_by=ups) for host in HOSTS]
    targets += [Target(guest, runs_on=ATLAS) for guest in GUESTS]
    targets += [Target(guest, runs_on=ATLAS, ephemeral=True) for guest in EPHEMERAL]
    targets.append(Target(FILES, runs_on=VAULT))
    return {t.id: t for t in targets}


def fails(
    target: TargetId, kind: Kind, why: str = "", *, check: str = "", running: bool | None = None
) -> Observation:
    """A failure of the check that finds `kind`."""
    name = CheckName(check or _CHECKS[kind])
    return Observation(Fingerprint(name, target), Health.FAIL, NOON, why or f"{kind} seen", kind, running=running)


def well(target: TargetId, check: str = "state", *, running: bool | None = None) -> Observation:
    """A check that finds nothing wrong."""
    return Observation(Fingerprint(CheckName(check), target), Health.OK, NOON, "well", running=running)


def unseen(target: TargetId, check: str = "state") -> Observation:
    """A check that could not look."""
    return Observation(Fingerprint(CheckName(check), target), Health.UNKNOWN, NOON, "could not look")


def on_battery(ups: TargetId = RACK) -> Observation:
    """The UPS states a power failure."""
    return fails(ups, Kind.POWER_LOSS, "on battery")


def on_mains(ups: TargetId = RACK) -> Observation:
    """The UPS states that the power is back."""
    return well(ups, "ups")


def mains_stay(lab: "Desk") -> None:
    """The power is back, and still is half a minute later; what did not go off goes on."""
    lab.see(on_mains())
    lab.now += timedelta(seconds=30)
    lab.see(on_mains())
    look_at_all(lab)


def look_at_all(lab: "Desk") -> None:
    """A look at each host and guest of which nothing fails: it is as it was."""
    failing = {fingerprint.target for fingerprint in lab.failing}
    hosts = [host for host in HOSTS if host not in failing]
    guests = sorted(lab.running - failing - set(EPHEMERAL))
    lab.see(*map(back, hosts), *(powered_on(one) for one in guests if lab.targets[one].runs_on in hosts))


def gone(host: TargetId) -> Observation:
    """A hypervisor does not answer."""
    return fails(host, Kind.HOST_DOWN, "no answer")


def back(host: TargetId) -> Observation:
    """A hypervisor answers."""
    return well(host, "hypervisor")


def crashed(guest: TargetId) -> Observation:
    """A guest has crashed."""
    return fails(guest, Kind.GUEST_DOWN, "crashed", running=False)


def up(guest: TargetId) -> Observation:
    """A guest runs."""
    return well(guest, running=True)


def powered_on(guest: TargetId) -> Observation:
    """A guest runs, as far as its hypervisor can tell: nobody has looked inside."""
    return replace(up(guest), evidence=Evidence.OUTSIDE)


def missing(guest: TargetId) -> Observation:
    """A guest's host no longer knows it."""
    return fails(guest, Kind.GUEST_MISSING, "its host no longer knows it")


def nowhere(guest: TargetId) -> Observation:
    """A guest is no longer on its host, and it can't be told where it went."""
    return fails(guest, Kind.GUEST_MISSING, "borea can't be asked", check="whereabouts")


def known_again(guest: TargetId, check: str = "inventory") -> Observation:
    """A guest's host knows it again, which says nothing of how it is."""
    return replace(well(guest, check), evidence=Evidence.OUTSIDE)


def off(guest: TargetId, *, on_purpose: bool = False) -> Observation:
    """A guest is off, as it may be."""
    return replace(well(guest, running=False), facts={"stopped": "on purpose"} if on_purpose else {})


def paused(guest: TargetId, how: str = "paused by a person") -> Observation:
    """A guest is paused, as it may be."""
    return replace(well(guest), evidence=Evidence.OUTSIDE, why=how, facts={"paused": how})


def unbootable(guest: TargetId) -> Observation:
    """A guest runs, but did not find its boot disk."""
    return fails(guest, Kind.BOOT_DISK, "no bootable device", running=True)


@dataclass
class Desk:
    """Keeps the situation, as the store does, and all that was decided."""

    targets: Mapping[TargetId, Target] = field(default_factory=inventory)
    running: set[TargetId] = field(default_factory=lambda: {*GUESTS, *EPHEMERAL, FILES})
    rules: Rules = field(default_factory=Rules)
    now: datetime = NOON
    gap: Gap | None = None
    owner: str = ""
    silences: tuple[Silence, ...] = ()
    paused: set[TargetId] = field(default_factory=set)
    stopped: dict[TargetId, datetime] = field(default_factory=dict)
    shut_down: dict[TargetId, datetime] = field(default_factory=dict)
    failing: set[Fingerprint] = field(default_factory=set)
    unseen: set[TargetId] = field(default_factory=set)
    unlooked: set[TargetId] = field(default_factory=set)
    checks: dict[TargetId, frozenset[CheckName]] = field(default_factory=dict)
    heard: Heard = NOTHING_HEARD
    incidents: dict[IncidentId, Incident] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    _hidden: dict[Fingerprint, datetime] = field(default_factory=dict)

    @property
    def situation(self) -> Situation:
        """All that a decision may know now."""
        since = self.now - self.rules.remembered
        lately = frozenset(t for t, at in self.stopped.items() if at >= self.now - self.rules.storm_within)
        return Situation(
            self.targets,
            {i.id: i for i in self.incidents.values() if i.resolved_at is None or i.resolved_at >= since},
            frozenset(self.running - self.paused),
            self.silences,
            self.rules,
            IncidentId(len(self.incidents) + 1),
            lately,
            frozenset(self.failing),
            frozenset(self.targets.keys() - {f.target for f in self.failing} - self.unseen - self.paused),
            self.checks,
            self.gap,
            owner=self.owner,
            ended=self._ended(),
            shut_down=self._shut_down,
            unseen=self._hidden
            | {f: NOON for i in self.incidents.values() for f in i.own if f.target in self.unseen},
            unlooked=frozenset(self.unlooked),
            paused=frozenset(self.paused),
            heard=self.heard,
        )

    def _ended(self) -> Mapping[tuple[Kind, TargetId], Earlier]:
        """The last incident of each kind and subject that is over, as the store tells it."""
        over = (one for one in self.incidents.values() if one.end is not None and one.end.may_reopen)
        return {(one.kind, one.subject): Earlier(one.id, one.resolved_at or NOON) for one in over}

    @property
    def _shut_down(self) -> frozenset[TargetId]:
        since = self.now - self.rules.shutdown_within
        return frozenset(t for t, at in self.shut_down.items() if at >= since)

    def see(self, *seen: Observation) -> Decision:
        """Take observations in that came together, just now."""
        return self.see_as_is([replace(one, at=self.now) for one in seen])

    def see_as_is(self, news: Sequence[Observation]) -> Decision:
        """Take observations in, each of its own time."""
        decision = self.take(engine.decide(self.situation, news, self.now))
        for one in news:
            if one.health is Health.UNKNOWN:
                self._hidden.setdefault(one.fingerprint, self.now)
            else:
                self._hidden.pop(one.fingerprint, None)
                (self.failing.add if one.health is Health.FAIL else self.failing.discard)(one.fingerprint)
            if one.fingerprint.check == STATE:
                (self.paused.add if one.paused else self.paused.discard)(one.target)
            if one.running is not None:
                (self.running.add if one.running else self.running.discard)(one.target)
            if one.running is False and not one.facts:
                self.stopped[one.target] = self.now
            elif one.running is not None:
                self.stopped.pop(one.target, None)
            if one.running is False and one.facts:
                self.shut_down.setdefault(one.target, self.now)
            elif one.running is not None:
                self.shut_down.pop(one.target, None)
        return decision

    def wait(self, time: timedelta) -> Decision:
        """Let time pass, and the core notice it."""
        self.now += time
        return self.take(engine.pass_time(self.situation, self.now))

    def take(self, decision: Decision) -> Decision:
        """Keep what was decided."""
        self.incidents.update({i.id: i for i in decision.incidents})
        self.events += decision.events
        self.notices += decision.notices
        return decision

    @property
    def live(self) -> list[Incident]:
        """The incidents that are not resolved."""
        return [i for i in self.incidents.values() if not i.ended]

    @property
    def only(self) -> Incident:
        """The one incident there ever was."""
        (incident,) = self.incidents.values()
        return incident

    def history(self, incident: int) -> list[str]:
        """The lines of an incident's history."""
        return [e.text for e in self.events if e.incident == incident]

    def broadcasts(self) -> list[str]:
        """What everyone was told."""
        return [n.text for n in self.notices if n.tell is Tell.BROADCAST]
