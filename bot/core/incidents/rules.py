"""The times and numbers that decide what becomes of incidents; each is a setting of lab.yaml."""

from dataclasses import dataclass
from datetime import timedelta

from bot.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Rules:
    """The times and numbers that decide, as lab.yaml's `timing` explains them."""

    grace: timedelta = timedelta(minutes=10)
    reopen_within: timedelta = timedelta(minutes=30)
    reopen_power_within: timedelta = timedelta(minutes=60)
    acknowledgement_lapses: timedelta = timedelta(hours=4)
    storm_guests: int = 5
    storm_hosts: int = 3
    storm_within: timedelta = timedelta(seconds=120)
    shutdown_within: timedelta = timedelta(minutes=5)
    steady: timedelta = timedelta(seconds=30)
    brief: timedelta = timedelta(minutes=1)
    flapping_changes: int = 4
    flapping_within: timedelta = timedelta(hours=1)
    remind_after: tuple[timedelta, ...] = (
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=4),
    )
    remind_every: timedelta = timedelta(days=1)

    def reopens_within(self, kind: Kind) -> timedelta:
        """For how long after its end an incident of that kind opens again when it fails."""
        return self.reopen_power_within if kind is Kind.POWER_LOSS else self.reopen_within

    @property
    def remembered(self) -> timedelta:
        """For how long after its end any incident may open again."""
        return max(self.reopen_within, self.reopen_power_within)

    def reminders_due(self, waited: timedelta) -> int:
        """How many reminders are due once nobody has been on an incident for so long."""
        early = sum(waited >= one for one in self.remind_after)
        late = waited - max(self.remind_after, default=timedelta(0))
        return early + max(0, late // self.remind_every)
