"""Why something is not told: a silence, or that it comes and goes by design. Every answer carries its reason."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.core.clock_step import shifted
from bot.core.health import Target, TargetId
from bot.core.lengths import clock_time
from bot.core.names import UNTOLD, Names


@dataclass(frozen=True, slots=True)
class Silence:
    """An ad hoc silence of one target and of all that depends on it. It ends by itself. `by`: a Slack id."""

    target: TargetId
    since: datetime
    until: datetime
    by: str
    reason: str

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at `now`."""
        return self.since <= now < self.until

    def shifted(self, step: timedelta) -> "Silence":
        """The clock was stepped: it began as long ago as before, and lasts as long as was meant."""
        return shifted(self, step)


def muted(
    target: Target,
    silences: Iterable[Silence],
    now: datetime,
    above: Collection[TargetId] = (),
    name: Names = UNTOLD,
    zone: tzinfo = UTC,
) -> str | None:
    """Why a failure of `target` opens no incident now, in words; None if it may.

    `above`: all that the target depends on, as far as that is more than its direct parents.
    """
    if target.ephemeral:
        return f"{target.name} is ephemeral: it comes and goes"
    concerned = {target.id, *target.parents, *above}
    for silence in silences:
        if silence.target in concerned and silence.holds(now):
            return f"{name(silence.target)} is silenced until {clock_time(silence.until, zone)}: {silence.reason}"
    return None
