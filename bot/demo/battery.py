"""The lab's UPS as a thing: an old battery whose minutes pass as seconds, so that nobody waits for the end.

Pure: time comes in as seconds of any steady clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

LOW = 20.0
_DRAIN_LOADED = 80.0  # % a second with all hosts running: low after one second
_DRAIN_IDLE = 0.05
_RECHARGE = 2.0
_RUNTIME_FULL = 540.0  # what it claims at 100 %: nine minutes, in seconds


@dataclass(frozen=True, slots=True)
class Battery:
    """A charge in % at the moment `since`, and what happens to it from there on."""

    since: float
    charge_then: float = 100.0
    mains: bool = True
    loaded: bool = True

    def charge(self, now: float) -> float:
        """The charge in %. Under load it never falls below 5 %: the hosts are off by then."""
        passed = now - self.since
        if self.mains:
            return min(100.0, self.charge_then + _RECHARGE * passed)
        drain, floor = (_DRAIN_LOADED, 5.0) if self.loaded else (_DRAIN_IDLE, 0.0)
        return max(floor, self.charge_then - drain * passed)

    def with_mains(self, now: float, *, mains: bool) -> "Battery":
        """From `now` on it is charged, or drained."""
        return replace(self, since=now, charge_then=self.charge(now), mains=mains)

    def with_load(self, now: float, *, loaded: bool) -> "Battery":
        """From `now` on the hosts hang on it, or no longer do."""
        return replace(self, since=now, charge_then=self.charge(now), loaded=loaded)

    def status(self, now: float) -> str:
        """NUT's words for its state."""
        charge = self.charge(now)
        if self.mains:
            return "OL" if charge >= 100 else "OL CHRG"
        return "OB DISCHRG LB" if charge <= LOW else "OB DISCHRG"

    def variables(self, now: float) -> Mapping[str, str]:
        """What a NUT server tells of it."""
        charge = self.charge(now)
        return {
            "battery.charge": f"{charge:.0f}",
            "battery.charge.low": f"{LOW:.0f}",
            "battery.runtime": f"{_RUNTIME_FULL * charge / 100:.0f}",
            "device.mfr": "EATON",
            "device.model": "5P 850",
            "device.type": "ups",
            "driver.name": "demo",
            "input.voltage": "231.0" if self.mains else "0.0",
            "ups.load": "23" if self.loaded else "0",
            "ups.status": self.status(now),
        }
