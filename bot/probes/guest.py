"""Whether a running guest has come up: its agent, else the text of its console, else what its screen shows.

A guest whose boot disk is damaged is still "running" for its hypervisor. Only from inside is it proven healthy.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.guest import GuestInfo, boot_failure
from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, Target
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.probes import Parts
from bot.reach import Refused, Unreachable
from bot.screen import UnreadablePicture, text_of

BOOT = CheckName("boot")
"""The check of whether a running guest has come up."""

AGENT_DEADLINE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class GuestProbe:
    """Looks into one guest of one host. `patience`: how long a boot may take to show anything."""

    guest: Target
    host: str
    info: GuestInfo
    patience: timedelta
    parts: Parts

    async def look(self, started: datetime | None) -> Observation:
        """What shows of its boot. `started`: when it was started, None if that is not known (long ago).

        UNKNOWN while it shows nothing yet, or could not be looked at.
        """
        try:
            if self.info.has_agent and await self._hypervisor.agent_answers(self.info.name, AGENT_DEADLINE):
                return self._saw(Health.OK, "its agent answers")
            text = await self._text()
        except (HypervisorUnreachable, GuestRefused, Unreachable, Refused) as why:
            return self._saw(Health.UNKNOWN, str(why))
        failure = boot_failure(text)
        if failure is not None:
            line, meaning = failure
            return self._saw(Health.FAIL, f"{meaning}: “{line[:200]}”")
        if text.rstrip().endswith("login:"):
            return self._saw(Health.OK, "its console asks for a login")
        if started is not None and self.parts.now() - started < self.patience:
            return self._saw(Health.UNKNOWN, "it is starting and shows nothing yet")
        return self._saw(Health.OK, "no sign of a failed boot")

    async def _text(self) -> str:
        """What its console said last; without a log of that, what its screen shows in text mode."""
        if self.info.console_log is not None:
            return await self.parts.read_end(self.host, self.info.console_log)
        try:
            picture = await self._hypervisor.screenshot(self.info.name)
            return await asyncio.to_thread(text_of, picture)
        except UnreadablePicture:
            return ""

    @property
    def _hypervisor(self) -> Hypervisor:
        return self.parts.hypervisors[self.host]

    def _saw(self, health: Health, why: str) -> Observation:
        return Observation(
            Fingerprint(BOOT, self.guest.id),
            health,
            self.parts.now(),
            why,
            Kind.BOOT_DISK if health is Health.FAIL else None,
            stated=health is Health.FAIL,
            running=True,
        )
