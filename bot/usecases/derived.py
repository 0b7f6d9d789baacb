"""What the rows tell of all targets together: who runs, which checks fail, who is proven well.

It is kept with the rows that it was made of, and made anew where these are others; of who is well, only what has
changed is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from bot.core.health import STATE, CheckName, Fingerprint, Health, Target, TargetId, is_paused
from bot.core.incidents.condition import Result, is_proven, old
from bot.core.incidents.evidence import requirement
from bot.store.targets import Known, Presence
from bot.usecases.shutdowns import just_shut_down

T = TypeVar("T")
Checks = Mapping[TargetId, frozenset[CheckName]]

_NO_CHECKS: Final[frozenset[CheckName]] = frozenset()


class Once(Generic[T]):
    """A value that is made of others, none of which ever changes: made anew where one of them is another."""

    def __init__(self) -> None:
        self._made: tuple[tuple[object, ...], T] | None = None

    def of(self, *sources: object, make: Callable[[], T]) -> T:
        """What is made of these."""
        if self._made is None or any(was is not now for was, now in zip(self._made[0], sources, strict=True)):
            self._made = sources, make()
        return self._made[1]


class Derived:
    """What the rows tell of all targets. The memory keeps one of it, and drops it with the rows."""

    def __init__(self) -> None:
        self.checks: Once[Checks] = Once()
        self._running: Once[frozenset[TargetId]] = Once()
        self._paused: Once[frozenset[TargetId]] = Once()
        self._stopped: Once[Mapping[TargetId, Presence]] = Once()
        self._failing: Once[frozenset[Fingerprint]] = Once()
        self._unseen: Once[Mapping[Fingerprint, datetime]] = Once()
        self._well: Once[frozenset[TargetId]] = Once()
        self._verdicts: dict[TargetId, _Verdict] = {}

    def running(self, presences: Mapping[TargetId, Presence], paused: frozenset[TargetId]) -> frozenset[TargetId]:
        """What was last seen running, and is not paused since."""
        ran = (target for target, one in presences.items() if one.running)
        return self._running.of(presences, paused, make=lambda: frozenset(ran) - paused)

    def paused(self, known: Mapping[TargetId, Sequence[Known]]) -> frozenset[TargetId]:
        """The guests that are paused, as far as can be told now."""
        rows = (one for of_one in known.values() for one in of_one)
        paused = (one for one in rows if is_paused(one.fingerprint.check, one.health, running=one.running))
        return self._paused.of(known, make=lambda: frozenset(one.fingerprint.target for one in paused))

    def lately(self, presences: Mapping[TargetId, Presence], since: datetime) -> frozenset[TargetId]:
        """What stopped a moment ago and was not shut down by anyone: a power cut may have been first to it."""
        stopped = self._off(presences).items()
        late = ((target, one) for target, one in stopped if one.stopped_at and one.stopped_at >= since)
        return frozenset(target for target, one in late if not one.stopped_on_purpose)

    def shut_down(
        self,
        presences: Mapping[TargetId, Presence],
        inventory: Mapping[TargetId, Target],
        gone: datetime,
        within: timedelta,
    ) -> frozenset[TargetId]:
        """What was shut down so shortly before its host was `gone` that the host may have done so."""
        return just_shut_down(self._off(presences), inventory, lambda _: gone, within)

    def _off(self, presences: Mapping[TargetId, Presence]) -> Mapping[TargetId, Presence]:
        return self._stopped.of(
            presences, make=lambda: {target: one for target, one in presences.items() if one.stopped_at}
        )

    def failing(self, known: Mapping[TargetId, Sequence[Known]]) -> frozenset[Fingerprint]:
        """The checks that are believed to fail."""
        return self._failing.of(known, make=lambda: frozenset(_that_fail(known)))

    def unseen(self, known: Mapping[TargetId, Sequence[Known]]) -> Mapping[Fingerprint, datetime]:
        """The checks that can't look, and since when."""
        rows = (one for of_one in known.values() for one in of_one)
        unseen = (one for one in rows if one.health is Health.UNKNOWN)
        return self._unseen.of(known, make=lambda: {one.fingerprint: one.since for one in unseen})

    def well(
        self,
        inventory: Mapping[TargetId, Target],
        checks: Checks,
        known: Mapping[TargetId, Sequence[Known]],
        steady: timedelta,
    ) -> frozenset[TargetId]:
        """The targets that are proven well by what is known."""

        def make() -> frozenset[TargetId]:
            self._verdicts = {
                target: self._verdict(one, checks.get(target, _NO_CHECKS), known.get(target, ()), steady)
                for target, one in inventory.items()
            }
            return frozenset(target for target, verdict in self._verdicts.items() if verdict.proven)

        return self._well.of(inventory, checks, known, steady, make=make)

    def _verdict(
        self, target: Target, checks: frozenset[CheckName], known: Sequence[Known], steady: timedelta
    ) -> "_Verdict":
        """Whether a target is proven; as before where it is made of the same. `steady` is one for all, always."""
        was = self._verdicts.get(target.id)
        if was is not None and was.target is target and was.checks == checks and was.known is known:
            return was
        proven = is_proven(requirement(target, checks, steady), results_of(known))
        return _Verdict(target, checks, known, proven)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What it was made of, and whether that proves the target well."""

    target: Target
    checks: frozenset[CheckName]
    known: Sequence[Known]
    proven: bool


def _that_fail(known: Mapping[TargetId, Sequence[Known]]) -> Iterable[Fingerprint]:
    return (one.fingerprint for rows in known.values() for one in rows if one.health is Health.FAIL)


def results_of(known: Sequence[Known]) -> Sequence[Result]:
    """What the checks of one target showed last; of a guest, only what was seen since it last started."""
    changed = next((one.since for one in known if one.fingerprint.check == STATE), None)
    found = []
    for one in known:
        result = Result(one.fingerprint.check, one.health, one.evidence, one.kind, one.running)
        before = changed is not None and one.fingerprint.check != STATE and one.at < changed
        found.append(old(result) if before else result)
    return found
