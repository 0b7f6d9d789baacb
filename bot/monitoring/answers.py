"""When each check was answered last, and when it found all well last."""

from datetime import datetime, timedelta

from bot.core.health import Fingerprint, Health, Observation


class Answers:
    """`well`: when each check found all well. `any`: when it was told anything, as by a UPS that tests itself."""

    def __init__(self) -> None:
        self.well: dict[Fingerprint, datetime] = {}
        self.any: dict[Fingerprint, datetime] = {}

    def note(self, seen: Observation) -> None:
        """Take a look in. What could not look tells no facts."""
        if seen.health is Health.OK:
            self.well[seen.fingerprint] = seen.at
        if seen.health is Health.OK or (seen.health is Health.UNKNOWN and seen.facts):
            self.any[seen.fingerprint] = seen.at

    def forget(self, check: Fingerprint) -> None:
        """That check is no more."""
        self.well.pop(check, None)
        self.any.pop(check, None)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self.well = {check: at + step for check, at in self.well.items()}
        self.any = {check: at + step for check, at in self.any.items()}
