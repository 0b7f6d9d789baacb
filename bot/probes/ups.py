"""A UPS, through the NUT server (upsd) that speaks for it: whether there is line power and it is in order.

What its words mean is core/incidents/ups_status.py's. On battery is a power loss once it has lasted, at once when
the battery is low. A server that can't be reached, or whose driver is stale, says nothing of the power: after a
while that is an incident of its own kind, never a power loss.
"""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aionut import AIONUTClient, NUTError

from bot.core.health import CONDITION, Fingerprint, Health, Kind, Observation
from bot.core.incidents.ups_status import Status, condition, power
from bot.names import CannotLookUp
from bot.probes import Parts, ProbeType, Watched

DEADLINE = timedelta(seconds=5)
DOUBTED = timedelta(minutes=1)
"""How long it must be on battery where that may be a test whose end it told too early."""

TESTS, CALIBRATES = timedelta(minutes=10), timedelta(hours=2)
"""How long a test, and a calibration, can be why it is on battery: their words may stay there."""

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
        self._condition = Fingerprint(CONDITION, watched.target.id)
        self._ups = params.ups or watched.target.name
        self._steady = params.steady
        self._where = f"{watched.address}:{params.port}"
        self._address = watched.address, params.port
        self._names = parts.names
        self._client = AIONUTClient(watched.address, params.port, timeout=DEADLINE.total_seconds())
        self._now = parts.now
        self._tests_since: datetime | None = None

    async def look(self) -> Sequence[Observation]:
        """Its status now."""
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                told = await self._client.list_vars(self._ups)
        except (NUTError, OSError, EOFError, ValueError) as why:
            self._client.disconnect()  # what is half read must not be taken for the next answer
            return [await self._unreachable(why)]
        return self._judge(told)

    async def _unreachable(self, why: Exception) -> Observation:
        """What it means that upsd could not be asked: nothing, if only its machine's name can't be looked up."""
        try:
            await self._names.look_up(*self._address, DEADLINE)
        except CannotLookUp as trouble:
            return self._saw(Health.UNKNOWN, str(trouble))
        words = f"cannot ask {self._where} for '{self._ups}': because {_reason(why)}"
        return self._saw(Health.FAIL, words, Kind.UPS_UNREACHABLE)

    def _judge(self, told: Mapping[str, str]) -> Sequence[Observation]:
        """What it says of the power, and of itself."""
        status = self._tests_end(Status(told))
        found, itself = power(status), condition(status)
        kind = Kind.POWER_LOSS if found.health is Health.FAIL else None
        seen = replace(self._saw(found.health, found.why, kind), facts=status.facts)
        if kind is not None:
            low = found.low or not self._steady  # there is no time to wait, or none was wanted
            steady = max(self._steady, DOUBTED) if found.doubted else self._steady
            seen = replace(seen, stated=low, steady=timedelta(0) if low else steady)
        itself_seen = self._saw(itself.health, itself.why, itself.kind)
        at_once = itself.kind is Kind.UPS_FORCED_SHUTDOWN  # seconds are left
        return seen, replace(itself_seen, fingerprint=self._condition, stated=at_once)

    def _tests_end(self, status: Status) -> Status:
        """What it tells, but for a test that lasts too long: a word that stays there hides a power failure."""
        if not (status.on_battery and status.testing):
            self._tests_since = None
            return status
        self._tests_since = self._tests_since or self._now()
        longest = CALIBRATES if "CAL" in status.words else TESTS
        return status.without_tests() if self._now() - self._tests_since > longest else status

    def _saw(self, health: Health, why: str, kind: Kind | None = None) -> Observation:
        return Observation(self._fingerprint, health, self._now(), why, kind)

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


PROBE = ProbeType(Params, UpsProbe)
