"""A machine that an incident waits for: what fails of it, what has proven it well, and what is still missing.

Nothing seen before its latest start, its latest failure or the loss of its host counts. A look that showed nothing
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bot.core.clock_step import shifted
from bot.core.health import STATE, CheckName, Evidence, Health, Observation, TargetId
from bot.core.incidents.evidence import Requirement
from bot.core.incidents.inventory_changes import Change

INVENTORY: Final = CheckName("inventory")
"""The check of whether any host still knows a guest: what fails it is missing."""

WHEREABOUTS: Final = CheckName("whereabouts")
"""The check of whether it can be told where a guest went: what fails it is gone, to where nobody can be asked."""

GONE: Final = frozenset({INVENTORY, WHEREABOUTS})


class Standing(StrEnum):
    """How a machine stands in an incident."""

    PROVEN = "proven"
    UNTOUCHED = "untouched"
    WANTED_OFF = "wanted-off"
    ACCEPTED = "accepted"
    WORD = "word"
    STAYS_OFF = "stays-off"
    DELETED = "deleted"
    REBUILT = "rebuilt"
    UNWATCHED = "unwatched"
    UNPROVEN = "unproven"
    MISSING = "missing"
    FAILING = "failing"


COUNTED: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.PROVEN: "proven healthy",
        Standing.UNTOUCHED: "never went off",
        Standing.WANTED_OFF: "shut down by someone",
        Standing.ACCEPTED: "accepted, not looked inside",
        Standing.WORD: "on someone's word",
        Standing.STAYS_OFF: "left off on someone's word",
        Standing.DELETED: "deleted on purpose",
        Standing.REBUILT: "rebuilt as another",
        Standing.UNWATCHED: "no longer watched",
        Standing.UNPROVEN: "unproven",
        Standing.MISSING: "missing",
        Standing.FAILING: "failing",
    }
)
"""How many machines stand so, in words: `3 never went off`."""


SETTLED: Final[Mapping[Standing, Evidence]] = MappingProxyType(
    {
        Standing.PROVEN: Evidence.INSIDE,
        Standing.WANTED_OFF: Evidence.OUTSIDE,
        Standing.UNTOUCHED: Evidence.OUTSIDE,
        Standing.ACCEPTED: Evidence.OUTSIDE,
        Standing.WORD: Evidence.WORD,
        Standing.STAYS_OFF: Evidence.WORD,
        Standing.DELETED: Evidence.WORD,
        Standing.REBUILT: Evidence.WORD,
        Standing.UNWATCHED: Evidence.NONE,
    }
)
"""What need not be waited for any longer, and what that rests on."""

SETTLED_FOR_GOOD: Final = frozenset(
    {Standing.WANTED_OFF, Standing.STAYS_OFF, Standing.DELETED, Standing.REBUILT, Standing.UNWATCHED}
)
"""What someone wanted so, or nobody looks at: no gap in what the bot could see puts it in doubt."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a member is no longer waited for. `standing`: one of SETTLED. `by`: a Slack id, for a person's word."""

    standing: Standing
    why: str
    at: datetime
    check: CheckName | None = None
    by: str | None = None

    @property
    def evidence(self) -> Evidence:
        """What it rests on."""
        return SETTLED[self.standing]


@dataclass(frozen=True, slots=True)
class Member:
    """A target that holds an incident open until it is proven healthy: its subject, and what it has adopted.

    `was_running`: it ran before, so it is not proven by being off. `failing`: its checks that fail. `running`: as
    last seen, None when it can't be told; `paused`: why it does not run, by its hypervisor's last word. `ground`:
    what proved it, None while nothing has. `unproven_since`: when it was last put in doubt; `counts_from`: what
    was seen before proves nothing. `passed`: the checks that passed since then, `well_since`: when the first of
    them did; `shown`: what of that shows it well, None while they only show that it can be reached. `must_return`:
    who said that it must come back.
    `untouched`: it had not gone off when an outage's cause was over, and has not been seen since.
    `changes`: how it differs from what it was before the outage; `accepted`: what of that a person said is well.
    `restarts`: how often it has started anew since it was proven; None while it has not been, after what
    hurt it was over. From the first time on it has to stay well for a while before that counts. `booted`: it has
    started anew since it is waited for, so that it can't have stayed on.
    """

    target: TargetId
    was_running: bool
    failing: frozenset[CheckName] = frozenset()
    running: bool | None = None
    paused: bool = False
    ground: Ground | None = None
    unproven_since: datetime | None = None
    counts_from: datetime | None = None
    passed: frozenset[CheckName] = frozenset()
    well_since: datetime | None = None
    shown: Ground | None = None
    must_return: str | None = None
    untouched: bool = False
    changes: tuple[Change, ...] = ()
    accepted: frozenset[str] = frozenset()
    restarts: int | None = None
    booted: bool = False

    @property
    def missing(self) -> bool:
        """Whether its host no longer knows it."""
        return not self.failing.isdisjoint(GONE)

    @property
    def asked_about(self) -> bool:
        """Whether it is missing and nobody has said yet what is to become of it."""
        return self.missing and self.must_return is None

    @property
    def rest(self) -> str:
        """How it is that does not run, in a word: off, or paused."""
        return "paused" if self.paused else "off"

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.failing:
            return Standing.MISSING if self.missing else Standing.FAILING
        return Standing.UNPROVEN if self.ground is None or self.changes else self.ground.standing

    @property
    def proven(self) -> bool:
        """Whether nobody has to wait for it any longer."""
        return self.standing in SETTLED

    def after(self, seen: Observation, needs: Requirement) -> "Member":
        """This member once `seen` is known. UNKNOWN proves and disproves nothing."""
        if seen.health is Health.UNKNOWN:
            return self
        anew = self.booted or seen.began_anew
        told = replace(self._told(seen), restarts=self._restarts(seen), booted=anew)
        if seen.health is Health.FAIL:
            return replace(told.doubted(seen.at), failing=self.failing | {seen.fingerprint.check})
        was = told.doubted(seen.at) if seen.began_anew or self._stays_off_no_more(seen) else told
        after = replace(was, failing=self.failing - {seen.fingerprint.check})
        # Only what was seen to run, or to fail, was shut down: what is off may have been so for another reason.
        if seen.on_purpose and (self.running is True or self.paused or self.failing):
            return replace(after, was_running=False).settled(_ground(Standing.WANTED_OFF, seen))
        if after.running is False:
            return after if self.running is False else after.doubted(seen.at)
        return _weighed(_goes_on(after, seen), seen, needs)

    def _restarts(self, seen: Observation) -> int | None:
        """How often it has started anew, once `seen` is known."""
        return self.restarts + 1 if self.restarts is not None and seen.restarted else self.restarts

    def _told(self, seen: Observation) -> "Member":
        """This member with what `seen` tells of its power. That a paused one goes on only its hypervisor tells."""
        if seen.paused:
            return replace(self, running=False, paused=True)
        if seen.running is None or (self.paused and seen.fingerprint.check != STATE):
            return self
        return replace(self, running=seen.running, paused=False)

    def _stays_off_no_more(self, seen: Observation) -> bool:
        """Whether it was to stay off, and someone has started it after all."""
        return seen.running is True and self.standing is Standing.STAYS_OFF

    def vouched(self, by: str, lacked: str, at: datetime) -> "Member":
        """This member once a person has said that it is well as it is; `lacked`: what nobody has seen."""
        accepted = self.accepted.union(one.key for one in self.changes)
        known = replace(self, changes=(), accepted=accepted)
        off = self.ground is not None and self.ground.standing in SETTLED_FOR_GOOD
        return known if off else known.settled(Ground(Standing.WORD, lacked, at, by=by))

    def let_off(self, by: str, at: datetime) -> "Member":
        """This member once a person has said that it may stay off. That makes it no healthier."""
        return self.settled(Ground(Standing.STAYS_OFF, "", at, by=by))

    def let_go(self, ground: Ground) -> "Member":
        """This member once it is no longer there, or nobody watches it any longer."""
        return replace(self, failing=frozenset(), changes=(), must_return=None).settled(ground)

    def changed(self, changes: tuple[Change, ...]) -> "Member":
        """This member once it is known how it differs from what it was."""
        return replace(self, changes=changes)

    def settled(self, ground: Ground) -> "Member":
        """This member once it need not be waited for."""
        return replace(self, ground=ground, unproven_since=None, untouched=False)

    def failing_now(self, checks: frozenset[CheckName], now: datetime) -> "Member":
        """This member once it is known which of its checks fail; what fails disproves what was seen before."""
        known = self.doubted(now) if checks and self.ground is not None else self
        return replace(known, failing=checks)

    def in_doubt(self, at: datetime) -> "Member":
        """This member once what was seen of it before `at` counts no more."""
        return replace(self.doubted(at), running=None)

    def doubted(self, at: datetime) -> "Member":
        """The same, where it is known whether it runs."""
        doubted = replace(self, ground=None, counts_from=at, unproven_since=self.unproven_since or at)
        return replace(doubted, passed=frozenset(), well_since=None, shown=None, untouched=False)

    def asked_again(self, at: datetime, began: datetime) -> "Member":
        """This member once the cause of an outage, which `began` then, is over: it may have gone off meanwhile."""
        was, early = (self.ground.standing, self.ground.at < began) if self.ground else (None, False)
        untouched = was is Standing.UNTOUCHED
        asked = untouched or (early and was not in SETTLED_FOR_GOOD)
        if self.ground is not None and not asked:
            return self
        known = replace(self, restarts=None)
        return replace(known.doubted(at), untouched=untouched) if asked else known

    def shifted(self, step: timedelta) -> "Member":
        """The clock was stepped: what was seen a minute ago was so a minute ago."""
        ground, shown = (one and shifted(one, step) for one in (self.ground, self.shown))
        return replace(shifted(self, step), ground=ground, shown=shown)


_WEAK: Final = frozenset({Standing.WORD, Standing.ACCEPTED, Standing.UNWATCHED})  # a look inside replaces these


def _weighed(member: Member, seen: Observation, needs: Requirement) -> Member:
    """A member that is not off after an OK: whether that proves it.

    A check that lab.yaml gives it has to pass also where it proves nothing, as that its SSH port is open.
    """
    early = member.counts_from is not None and seen.at < member.counts_from
    shows, check = needs.accepted(seen), seen.fingerprint.check
    # The agent of a guest that hangs on its disk may answer: a check that fails outweighs it.
    if early or member.failing or member.paused or not (shows or check in needs.checks):
        return member
    passed, since = member.passed | {check}, member.well_since or seen.at
    after = replace(member, passed=passed, well_since=since)
    # What differs from before is well on a person's word alone: how the machine answers shows nothing of that.
    if member.ground is not None and (member.ground.standing not in _WEAK or member.accepted):
        return after
    shown = _shown(seen) if shows else member.shown
    after = replace(after, shown=shown)
    if shown is None or not needs.checks <= passed or seen.at - since < needs.lasting(member.restarts):
        return after
    if member.ground is not None and shown.standing is not Standing.PROVEN:
        return after
    return replace(after, restarts=after.restarts or 0).settled(shown)


def _goes_on(member: Member, seen: Observation) -> Member:
    """A guest that had not gone off, and is seen to run without having started anew since."""
    early = member.counts_from is not None and seen.at < member.counts_from
    if early or member.failing or not member.untouched or seen.running is not True:
        return member
    return member.settled(_ground(Standing.UNTOUCHED, seen))


def _shown(seen: Observation) -> Ground:
    return _ground(Standing.PROVEN if seen.evidence is Evidence.INSIDE else Standing.ACCEPTED, seen)


def _ground(standing: Standing, seen: Observation) -> Ground:
    return Ground(standing, seen.why, seen.at, seen.fingerprint.check)
