"""A UPS, through the NUT server (upsd) that speaks for it: on mains, on battery, or not telling.

On battery is a power loss once it has lasted, at once when the battery is low; but not while the UPS tests or
calibrates its battery. What says nothing certain of the power (output off, bypass, a forced shutdown, words that
contradict each other) is UNKNOWN, in words. A server that can't be reached, or whose driver is stale, says nothing
of the power either: after a while that is an incident of its own kind, never a power loss.
"""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aionut import AIONUTClient, NUTError

from bot.core.health import Fingerprint, Health, Kind, Observation
from bot.names import CannotLookUp
from bot.probes import Parts, ProbeType, Watched

DEADLINE = timedelta(seconds=5)

# Drivers differ in their words. A UPS trims or boosts only what comes from the mains.
_ON_BATTERY = {"OB", "ONBATT"}
_ON_MAINS = {"OL", "ONLINE", "TRIM", "BOOST"}
_TESTS = {"CAL": "calibrates its battery", "TEST": "tests its battery"}
_UNCERTAIN = {
    "OFF": "its output is off",
    "BYPASS": "it is bypassed: what hangs on it is not protected",
    "FSD": "it was told to cut off what hangs on it",
}
_BESIDE = {"LB": "battery low", "RB": "battery to be replaced", "OVER": "overloaded"}
_ERR = re.compile(r"\bERR ([A-Z-]+)")


@dataclass(frozen=True, slots=True)
class Params:
    """Where upsd listens and what it calls the UPS."""

    port: int = field(default=3493, metadata={"help": "Where upsd listens.", "least": 1, "most": 65535})
    ups: str = field(default="", metadata={"help": "What upsd calls the UPS; by default the target's name."})
    steady: timedelta = field(
        default=timedelta(seconds=5),
        metadata={"help": "How long it must be on battery to be a power failure; not at all when it is low."},
    )


class UpsProbe:
    """Asks upsd over one kept connection."""

    def __init__(self, watched: Watched, params: Params, parts: Parts) -> None:
        self._fingerprint = Fingerprint(watched.check, watched.target.id)
        self._ups = params.ups or watched.target.name
        self._steady = params.steady
        self._where = f"{watched.address}:{params.port}"
        self._address = watched.address, params.port
        self._names = parts.names
        self._client = AIONUTClient(watched.address, params.port, timeout=DEADLINE.total_seconds())
        self._now = parts.now

    async def look(self) -> Sequence[Observation]:
        """Its status now."""
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                told = await self._client.list_vars(self._ups)
        except (NUTError, OSError, EOFError, ValueError) as why:
            self._client.disconnect()  # what is half read must not be taken for the next answer
            return [await self._unreachable(why)]
        return [self._judge(told)]

    async def _unreachable(self, why: Exception) -> Observation:
        """What it means that upsd could not be asked: nothing, if only its machine's name can't be looked up."""
        try:
            await self._names.look_up(*self._address, DEADLINE)
        except CannotLookUp as trouble:
            return self._saw(Health.UNKNOWN, str(trouble))
        words = f"cannot ask {self._where} for '{self._ups}': because {_reason(why)}"
        return self._saw(Health.FAIL, words, Kind.UPS_UNREACHABLE)

    def _judge(self, told: Mapping[str, str]) -> Observation:
        """What `ups.status` says: a set of words, e.g. `OB DISCHRG LB`."""
        words = set(told.get("ups.status", "").split())
        uncertain = _uncertain(words, told)
        if uncertain:
            return self._saw(Health.UNKNOWN, uncertain)
        beside = "".join(f", {said}" for word, said in _BESIDE.items() if word in words)
        if words & _ON_BATTERY:
            lost = self._saw(Health.FAIL, f"on battery{beside}{_reserve(told)}", Kind.POWER_LOSS)
            low = "LB" in words or not self._steady  # there is no time to wait, or none was wanted
            return replace(lost, stated=low, steady=timedelta(0) if low else self._steady)
        return self._saw(Health.OK, f"on mains{beside}{_reserve(told)}")

    def _saw(self, health: Health, why: str, kind: Kind | None = None) -> Observation:
        return Observation(self._fingerprint, health, self._now(), why, kind)

    async def close(self) -> None:
        """Hang up."""
        self._client.shutdown()


def _uncertain(words: set[str], told: Mapping[str, str]) -> str:
    """Why its status says nothing certain of the power, in words; empty where it does."""
    on_battery, on_mains = words & _ON_BATTERY, words & _ON_MAINS
    test = next((said for word, said in _TESTS.items() if word in words), "")
    if "progress" in told.get("ups.test.result", "").casefold():
        test = test or _TESTS["TEST"]
    if on_battery and on_mains:
        return f"it says that it is on mains and on battery ({' '.join(sorted(words))})"
    if on_battery and test:
        return f"on battery because it {test}"
    for word, said in _UNCERTAIN.items():
        if word in words and not (on_battery and word != "BYPASS"):
            return said
    return "" if on_battery or on_mains else f"its status is {' '.join(sorted(words)) or 'not told'}"


def _reason(why: Exception) -> str:
    """What went wrong, in words: upsd's own (`ERR DATA-STALE`), else the system's."""
    for error in (why, why.__cause__):
        if isinstance(error, TimeoutError | EOFError):
            return "it does not answer"
        if isinstance(error, OSError) and error.errno:
            return os.strerror(error.errno) if error.errno > 0 else str(error.strerror)
    said = _ERR.search(str(why))
    return said[1].lower().replace("-", " ") if said else str(why)


def _reserve(told: Mapping[str, str]) -> str:
    """`, 80 % charged, 15 min left`, as far as it is told."""
    words = ""
    with suppress(KeyError, ValueError):
        words += f", {float(told['battery.charge']):.0f} % charged"
    with suppress(KeyError, ValueError):
        words += f", {float(told['battery.runtime']) / 60:.0f} min left"
    return words


PROBE = ProbeType(Params, UpsProbe)
