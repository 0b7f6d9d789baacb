"""When each check was answered last, and when it found all well last; since when what is silent now has been."""

from datetime import datetime, timedelta

from bot.core.health import REFUSAL, Evidence, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.incidents.situation import Heard


class Answers:
    """`well`: when each check found all well. `any`: when it was told anything, as by a UPS that tests itself.

    A host that refuses is there, whichever of its ports does so: it is gone, if at all, only since then.
    """

    def __init__(self) -> None:
        self.well: dict[Fingerprint, datetime] = {}
        self.any: dict[Fingerprint, datetime] = {}
        self._inside: dict[Fingerprint, datetime] = {}  # when it was answered from inside
        self._silent: dict[Fingerprint, datetime] = {}  # of a host, and since which look
        self._refused: dict[TargetId, datetime] = {}

    def note(self, seen: Observation) -> None:
        """Take a look in. What could not look tells no facts."""
        check = seen.fingerprint
        if seen.health is Health.OK:
            self.well[check] = seen.at
            self._silent.pop(check, None)
            if seen.evidence is Evidence.INSIDE:
                self._inside[check] = seen.at
        if seen.health is Health.OK or (seen.health is Health.UNKNOWN and seen.facts):
            self.any[check] = seen.at
        if seen.is_there or REFUSAL in seen.facts:
            self._refused[seen.target] = seen.at
            self._silent = {one: at for one, at in self._silent.items() if one.target != seen.target}
        elif seen.kind is Kind.HOST_DOWN:
            self._silent.setdefault(check, seen.at)
            if refused := self._refused.get(seen.target):
                self.any[check] = max(refused, self.any.get(check, refused))

    def heard(self) -> Heard:
        """What silence of hosts there is, and what has answered from inside."""
        return Heard(_latest(self._silent), _latest(self._inside))

    def forget(self, check: Fingerprint) -> None:
        """That check is no more."""
        for known in (self.well, self.any, self._inside, self._silent):
            known.pop(check, None)
        self._refused.pop(check.target, None)

    def shift(self, step: timedelta) -> None:
        """The clock was stepped."""
        self.well, self.any, self._inside, self._silent = (
            {check: at + step for check, at in known.items()}
            for known in (self.well, self.any, self._inside, self._silent)
        )
        self._refused = {target: at + step for target, at in self._refused.items()}


def _latest(known: dict[Fingerprint, datetime]) -> dict[TargetId, datetime]:
    """The latest time of each target: in the order of time, the last one stays."""
    return {check.target: at for check, at in sorted(known.items(), key=lambda one: one[1])}
