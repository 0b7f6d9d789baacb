"""A UPS, through the NUT server (upsd) that speaks for it: on mains, on battery, or not telling.

On battery is a power loss whatever the charge. A server that can't be reached, or whose driver is stale, says
nothing of the power: after a while that is an incident of its own kind, never a power loss.
"""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from aionut import AIONUTClient, NUTError

from bot.core.health import Fingerprint, Health, Kind, Observation
from bot.probes import Parts, ProbeType, Watched

DEADLINE = timedelta(seconds=5)

# Drivers differ in their words. FSD: on mains or not, the load is about to be cut off.
_ON_BATTERY = {"OB", "ONBATT", "FSD"}
_ON_MAINS = {"OL", "ONLINE"}
_ERR = re.compile(r"\bERR ([A-Z-]+)")


@dataclass(frozen=True, slots=True)
class Params:
    """Where upsd listens and what it calls the UPS."""

    port: int = field(default=3493, metadata={"help": "Where upsd listens.", "least": 1, "most": 65535})
    ups: str = field(default="", metadata={"help": "What upsd calls the UPS; by default the target's name."})


class UpsProbe:
    """Asks upsd over one kept connection."""

    def __init__(self, watched: Watched, params: Params, parts: Parts) -> None:
        self._fingerprint = Fingerprint(watched.check, watched.target.id)
        self._ups = params.ups or watched.target.name
        self._where = f"{watched.address}:{params.port}"
        self._client = AIONUTClient(watched.address, params.port, timeout=DEADLINE.total_seconds())
        self._now = parts.now

    async def look(self) -> Sequence[Observation]:
        """Its status now."""
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                told = await self._client.list_vars(self._ups)
        except (NUTError, OSError, EOFError, ValueError) as why:
            self._client.disconnect()  # what is half read must not be taken for the next answer
            words = f"cannot ask {self._where} for '{self._ups}': because {_reason(why)}"
            return [self._saw(Health.FAIL, words, Kind.UPS_UNREACHABLE)]
        return [self._judge(told)]

    def _judge(self, told: Mapping[str, str]) -> Observation:
        """What `ups.status` says: a set of words, e.g. `OB DISCHRG LB`."""
        words = set(told.get("ups.status", "").split())
        if words & _ON_BATTERY:
            low = ", battery low" if "LB" in words else ""
            return self._saw(Health.FAIL, f"on battery{low}{_reserve(told)}", Kind.POWER_LOSS)
        if words & _ON_MAINS:
            return self._saw(Health.OK, f"on mains{_reserve(told)}")
        return self._saw(Health.UNKNOWN, f"its status is {' '.join(sorted(words)) or 'not told'}")

    def _saw(self, health: Health, why: str, kind: Kind | None = None) -> Observation:
        stated = kind is Kind.POWER_LOSS  # the UPS says so itself: there is nothing to confirm
        return Observation(self._fingerprint, health, self._now(), why, kind, stated=stated)

    async def close(self) -> None:
        """Hang up."""
        self._client.shutdown()


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
