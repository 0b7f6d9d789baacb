"""What a UPS says, as NUT means it: from status words and variables to whether there is power, and what ails it.

Two questions apart: is there line power, and is the UPS itself in order? A battery to be replaced is no power
failure, and what is wrong with the UPS says nothing of the power. Words that contradict each other say nothing at
all. Sources: NUT's list of status words (docs/new-drivers.txt), what UPSes of many makers said (nut-ddl), and
NUT's issues 2347, 2416 (words that stay after a test), 811, 2872 (UPSes that say OL when the mains are gone), 784,
2619, 2652 and 2765 (what is left in a battery, as drivers tell it that don't know).
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bot.core.health import Health
from bot.core.incidents.ups_eco import in_eco_mode, other_alarms
from bot.core.kinds import Kind

_BATTERY: Final = frozenset({"OB", "ONBATT"})
_LINE: Final = frozenset({"OL", "ONLINE", "TRIM", "BOOST"})
"""Drivers differ in their words. A UPS trims or boosts only what comes from the mains."""

_TESTS: Final = MappingProxyType({"CAL": "calibrates its battery", "TEST": "tests its battery"})
_SAID: Final = MappingProxyType(
    {
        "LB": "battery low",
        "RB": "battery to be replaced",
        "OVER": "overloaded",
        "BYPASS": "bypassed: what hangs on it is not protected",
        "TRIM": "lowering the voltage",
        "BOOST": "raising the voltage",
    }
)
"""Words that stand beside the power's, as they are told with it."""

_CUTS: Final = "it was told to cut off what hangs on it"
_DARK: Final = "it says that it is on mains, and measures neither voltage nor frequency there"
_UNFED: Final = " though it says that it is on mains: it discharges, and nothing is at its input"
_OFF: Final = "its output is off"
_MOST: Final = 120.0  # per cent; some say a little more than 100
_LITTLE: Final = 20.0  # per cent, …
_SOON: Final = 120.0  # … and seconds: what NUT and UPSes take for low where nothing else is set
_FULL: Final = 90.0  # per cent; a battery that is low although it is so full is worn
_LIVE: Final = 60.0  # volts at an output that is not off, or at an input that is fed
_INPUT: Final = re.compile(r"input\.(L\d(-N)?\.)?voltage")
_LONGEST: Final = 30 * 86_400.0  # seconds; more is no time that anything was measured to last
_TESTING: Final = re.compile(
    r"(?!.*\b(no|not|none|never|was|done|ended|passed|failed|abort\w*|complete\w*)\b).*\bin progress\b",
    re.IGNORECASE,
)
"""NUT's drivers say "In progress" and "Test in progress" of a test, and "no test in progress" of none."""
_TESTED: Final = re.compile(r"(done|no test|aborted|passed|failed)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Power:
    """Whether there is line power. FAIL: on battery.

    `low`: there is no time to wait and see; `doubted`: it may be a test's moment after all.
    """

    health: Health
    why: str
    low: bool = False
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether the UPS itself is in order; `kind`: what is not."""

    health: Health
    why: str
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What a UPS tells. `told`: NUT's variables, e.g. `ups.status` and `battery.charge`."""

    told: Mapping[str, str]

    @property
    def words(self) -> frozenset[str]:
        """Its status: a set of words, e.g. `OB DISCHRG LB`."""
        return frozenset(self.told.get("ups.status", "").split())

    @property
    def alarm(self) -> str:
        """What its alarm says; empty where it has none."""
        unexplained = "ALARM" in self.words and not self.told.get("ups.alarm", "").strip()
        return other_alarms(self.told) or ("an alarm that it does not explain" if unexplained else "")

    @property
    def bypassed(self) -> bool:
        """Whether the mains go round it, and it would not take over."""
        return "BYPASS" in self.words and not in_eco_mode(self.told)

    def number(self, name: str) -> float | None:
        """A variable that is a number; None where it is not told, or none."""
        try:
            found = float(self.told[name])
        except (KeyError, ValueError):
            return None
        return found if math.isfinite(found) else None

    @property
    def charge(self) -> float | None:
        """Per cent; None where it is not told, or can't be that."""
        found = self.number("battery.charge")
        return found if found is not None and 0 <= found <= _MOST else None

    @property
    def runtime(self) -> float | None:
        """Seconds that it will last; None where it is not told, or as 0, -1 or some large number."""
        found = self.number("battery.runtime")
        found = None if found is not None and found > _LONGEST else found
        known = found is not None and (found > 0 or (found == 0 and (self.charge == 0 or "LB" in self.words)))
        return found if known else None

    @property
    def unfed(self) -> bool | None:
        """Whether none of its inputs has any voltage; None where it tells of none."""
        volts = [self.number(name) for name in self.told if _INPUT.fullmatch(name)]
        known = [one for one in volts if one is not None]
        return all(one < _LIVE for one in known) if known else None

    @property
    def dark(self) -> bool:
        """Whether it measures nothing at all at its input: no voltage, and no frequency."""
        return bool(self.unfed) and self.number("input.frequency") == 0

    @property
    def on_battery(self) -> bool:
        """Whether it says that it is on battery, or discharges it with nothing at its input, whatever it says."""
        return bool(self.words & _BATTERY) or ("DISCHRG" in self.words and bool(self.unfed))

    @property
    def on_line(self) -> bool:
        """Whether it says that it is on the mains, and nothing it measures denies that."""
        return bool(self.words & _LINE) and not ("DISCHRG" in self.words and self.unfed) and not self.dark

    @property
    def testing(self) -> str:
        """What it does to its battery just now; empty if nothing, or if a test is not why it is on battery.

        A test's word may stay there after it. One that calibrates runs its battery low; in any other test a low
        battery is as critical as ever: so does NUT's upsmon take it.
        """
        ends = self.low or self.nearly_empty
        if self.on_battery and (self.unfed or self.tested or (ends and "CAL" not in self.words)):
            return ""
        by_word = next((said for word, said in _TESTS.items() if word in self.words), "")
        in_progress = _TESTING.match(self.told.get("ups.test.result", ""))
        return by_word or (_TESTS["TEST"] if in_progress else "")

    def without_tests(self) -> "Status":
        """The same, as if nothing of it told of a test."""
        words = " ".join(word for word in self.told.get("ups.status", "").split() if word not in _TESTS)
        return Status({**self.told, "ups.status": words, "ups.test.result": ""})

    @property
    def tested(self) -> bool:
        """Whether it says that the test that it names is over, and does not tell whether its input is fed."""
        ended = "TEST" in self.words and _TESTED.match(self.told.get("ups.test.result", ""))
        return bool(ended) and self.unfed is None

    @property
    def nearly_empty(self) -> bool:
        """Whether so little is left in its battery that no test would go on."""
        charge, runtime = self.charge, self.runtime
        return (charge is not None and charge <= _LITTLE) or (runtime is not None and runtime <= _SOON)

    @property
    def empty(self) -> bool:
        """Whether it says that nothing is left in its battery."""
        return self.charge == 0 and not self.runtime

    @property
    def low(self) -> bool:
        """Whether its battery is low, by its own word or threshold; one that a full battery meets is none."""
        least, shortest = self.number("battery.charge.low"), self.number("battery.runtime.low")
        below = self.charge is not None and least is not None and self.charge <= least < _FULL
        ends = self.runtime is not None and shortest is not None and self.runtime <= shortest
        return "LB" in self.words or self.empty or below or ends

    @property
    def reserve(self) -> str:
        """`, 80 % charged, 15 min left`, as far as it is told."""
        words = "" if self.charge is None else f", {self.charge:.0f} % charged"
        return words if self.runtime is None else f"{words}, {self.runtime / 60:.0f} min left"

    @property
    def facts(self) -> Mapping[str, str]:
        """Its charge (per cent) and what it will run for (seconds), and whether it is low on battery."""
        told = {"charge": self.charge, "runtime": self.runtime, "load": self.number("ups.load")}
        found = {name: f"{number:g}" for name, number in told.items() if number is not None}
        return {**found, "battery": "low" if self.on_battery and self.low else "enough"}


def power(status: Status) -> Power:
    """Whether there is line power, as far as its words are certain of that."""
    if why := _uncertain(status):
        return Power(Health.UNKNOWN, why)
    low = status.on_battery and status.low
    told = (status.words if status.bypassed else status.words - {"BYPASS"}).union(["LB"] if low else [])
    words = [said for word, said in _SAID.items() if word in told]
    words += [f"alarm: {status.alarm}"] if status.alarm else []
    beside = "".join(f", {said}" for said in words) + status.reserve
    if status.on_battery:
        against = "" if status.words & _BATTERY else _UNFED
        return Power(Health.FAIL, f"on battery{against}{beside}", low=low, doubted=status.tested)
    return Power(Health.OK, f"on mains{beside}")


def condition(status: Status) -> Condition:
    """What is wrong with the UPS itself, the gravest first; on battery and in doubt nothing is judged."""
    if (status.on_battery and "FSD" not in status.words) or _contradicts(status):
        return Condition(Health.UNKNOWN, "not judged: " + (_uncertain(status) or "on battery"))
    troubles = list(_troubles(status))
    if troubles:
        kinds, words = zip(*troubles, strict=True)
        return Condition(Health.FAIL, ", ".join(dict.fromkeys(words)) + status.reserve, kinds[0])
    if not status.on_line:
        return Condition(Health.UNKNOWN, _uncertain(status) or "on battery")
    mode = ", in its ECO mode" if in_eco_mode(status.told) else ""
    return Condition(Health.OK, f"it {status.testing}" if status.testing else f"in order{mode}")


def _uncertain(status: Status) -> str:
    """Why its status says nothing certain of the power, in words; empty where it does."""
    if why := _contradicts(status):
        return why
    if status.on_battery:
        return f"on battery because it {status.testing}" if status.testing else ""
    for word, said in (("OFF", _OFF), ("FSD", _CUTS)):
        if word in status.words:
            return said
    if status.dark and status.words & _LINE:
        return _DARK
    if _discharges(status):
        return f"it says that it is on mains, and discharges its battery ({' '.join(sorted(status.words))})"
    return "" if status.on_line else f"its status is {' '.join(sorted(status.words)) or 'not told'}"


def _contradicts(status: Status) -> str:
    """Where what it says can't all be true: that, in words."""
    said = " ".join(sorted(status.words))
    if status.on_battery and status.on_line:
        return f"it says that it is on mains and on battery ({said})"
    if status.on_battery and status.bypassed:
        return f"it is bypassed, and on battery ({said})"
    volts = status.number("output.voltage") or 0
    if "OFF" in status.words and not status.on_battery and (volts > _LIVE or (status.number("ups.load") or 0) > 0):
        return f"{_OFF}, it says, and has {volts:g} V and a load of {status.told.get('ups.load', '?')} %"
    return ""


def _discharges(status: Status) -> bool:
    """Whether it discharges its battery on the mains, and nothing tells that it only rests or tests it."""
    resting = (status.charge or 0) >= _FULL
    return "DISCHRG" in status.words and status.unfed is None and not (status.testing or resting)


def _troubles(status: Status) -> Iterator[tuple[Kind, str]]:
    """All that is wrong with it, each with its kind."""
    words, alarm = status.words, status.alarm
    if "FSD" in words:
        yield Kind.UPS_FORCED_SHUTDOWN, _CUTS
    if "OFF" in words:
        yield Kind.UPS_OFF, _OFF
    if "OVER" in words:
        load = status.told.get("ups.load")
        yield Kind.UPS_OVERLOAD, f"overloaded ({load} %)" if load else "overloaded"
    if status.bypassed:
        yield Kind.UPS_BYPASS, _SAID["BYPASS"]
    if "RB" in words:
        yield Kind.UPS_BATTERY, _SAID["RB"]
    if _is_worn(status):
        yield Kind.UPS_BATTERY, "battery empty" if status.empty else _SAID["LB"]
    if alarm:
        of_battery = "batter" in alarm.casefold()
        yield Kind.UPS_BATTERY if of_battery else Kind.UPS_ALARM, f"alarm: {alarm}"


def _is_worn(status: Status) -> bool:
    """Whether its battery is low without the excuse of a test, or of being charged after an outage."""
    if status.testing or not ("LB" in status.words or status.empty):
        return False
    charging = "CHRG" in status.words and (status.charge or 0) < _FULL
    return not charging
