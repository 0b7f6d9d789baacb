"""How a target is now, in one word: for `/lab status`, for the head of `/lab why`, and for what depends on it.

Only what is proven is well. That it has power, that it can be reached, or that one of its checks passed while
another could not look is less, and said as less.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.core.health import CheckName, Evidence, Health, Kind, Target, is_paused, is_unseen
from bot.core.incidents.evidence import Requirement, wanted
from bot.core.incidents.member import Member, Standing
from bot.core.lengths import lasted, times


class Condition(StrEnum):
    """How a target is.

    FAILING: a check fails, or an incident waits for a machine that is missing. DOWN: not running, though it ran
    before an incident, open or over, and nobody has said that it may stay off. UNSEEN: no check could look.
    UNPROVEN: something is seen of it, and nothing proves it healthy. OFF, PAUSED: as it may be. ACCEPTED: by its
    power alone, or by a person's word. WELL: proven.
    """

    FAILING = "failing"
    DOWN = "down"
    UNSEEN = "not seen"
    UNPROVEN = "not proven"
    OFF = "off"
    PAUSED = "paused"
    ACCEPTED = "accepted"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Result:
    """What a check was last believed to show of a target. `running`: as it saw it, None where it was paused."""

    check: CheckName
    health: Health
    evidence: Evidence
    kind: Kind | None = None
    running: bool | None = True

    @property
    def paused(self) -> bool:
        """Whether it shows a guest that neither runs nor is off: nothing that answers then is that guest."""
        return is_paused(self.check, self.health, running=self.running)

    @property
    def fails(self) -> bool:
        """Whether the target fails by it: a refusal is about the watching."""
        return self.health is Health.FAIL and self.kind is not Kind.CANNOT_WATCH

    @property
    def tells(self) -> bool:
        """Whether it tells of the target at all: that the watcher is let in does not."""
        return self.health is Health.OK and self.evidence is not Evidence.NONE


def old(one: Result) -> Result:
    """A result from before its guest's latest start or stop: what was well inside then may not be now."""
    inside = one.health is Health.OK and (one.running or one.evidence is Evidence.INSIDE)
    return replace(one, health=Health.UNKNOWN, evidence=Evidence.NONE) if inside else one


def is_proven(needs: Requirement, results: Collection[Result]) -> bool:
    """Whether these results prove their target well: by what its rule accepts, and with each check of its own."""
    told = [one for one in results if one.tells]
    shown = any(one.evidence in needs.accepts for one in told)
    ill = any(one.fails or one.paused for one in results)
    return shown and needs.checks <= {one.check for one in told} and not ill


@dataclass(frozen=True, slots=True)
class State:
    """How a target is; `lacks`: what is missing before it is proven, in words, empty where it is."""

    condition: Condition
    lacks: str = ""

    def not_looked_at(self) -> "State":
        """The same where it is known from before alone: that something failed stands, and nothing else does."""
        if self.condition is Condition.FAILING:
            return self
        return State(Condition.UNSEEN, "it has not been looked at again yet")


def state_of(
    target: Target,
    needs: Requirement,
    results: Collection[Result],
    *,
    running: bool | None,
    waited_for: Member | None = None,
) -> State:
    """How `target` is. `running`: as last seen; `waited_for`: how it stands in an unresolved incident."""
    rest = _rest(results, running=running)
    fails = frozenset(one.check for one in results if one.fails)
    unseen = not any(one.tells for one in results) or any(is_unseen(one.check, one.health) for one in results)
    if waited_for is not None and not waited_for.proven:
        how = _while_waited_for(waited_for, unseen=unseen, rests=rest is not None)
        return State(Condition.FAILING if fails else how, lacks(waited_for, target, needs))
    told = [one for one in results if one.tells]
    shown = frozenset(one.check for one in told if one.evidence in needs.accepts)
    passed = shown | needs.checks.intersection(one.check for one in told)
    lacking = lacks(Member(target.id, was_running=False, failing=fails, passed=passed), target, needs)
    if fails:
        return State(Condition.FAILING, lacking)
    if unseen:
        return State(Condition.UNSEEN, lacking)
    if rest is not None:
        return State(rest, f"it is {rest}")
    if shown and passed >= needs.checks:
        inside = any(one.evidence is Evidence.INSIDE for one in told if one.check in shown)
        return State(Condition.WELL if inside else Condition.ACCEPTED)
    vouched = waited_for is not None and waited_for.standing is Standing.WORD
    return State(Condition.ACCEPTED) if vouched else State(Condition.UNPROVEN, lacking)


def _rest(results: Iterable[Result], *, running: bool | None) -> Condition | None:
    if any(one.paused for one in results):
        return Condition.PAUSED
    return Condition.OFF if running is False else None


def lacks(member: Member, target: Target, needs: Requirement) -> str:
    """What is missing before a member is proven, in words; empty where nothing is."""
    if member.proven:
        return ""
    if member.failing:
        return "its host no longer knows it" if member.missing else f"failing: {_named(member.failing)}"
    if member.changes:
        return "; ".join(one.words for one in member.changes)
    if member.was_running and member.running is False:
        return f"it is {member.rest}, and it ran before"
    if member.passed and (pending := needs.checks - member.passed):
        return f"{_named(pending)} {'has' if len(pending) == 1 else 'have'} not passed"
    again = f"; it has restarted {times(member.restarts)} since it was proven" if member.restarts else ""
    lasting = lasted(needs.lasting(member.restarts))
    return f"{f'it has to stay well for {lasting}' if member.shown else wanted(target)}{again}"


def _named(checks: Iterable[CheckName]) -> str:
    return ", ".join(sorted(checks))


def _while_waited_for(member: Member, *, unseen: bool, rests: bool) -> Condition:
    if member.failing:
        return Condition.FAILING
    if unseen:
        return Condition.UNSEEN
    return Condition.DOWN if rests and member.was_running else Condition.UNPROVEN
