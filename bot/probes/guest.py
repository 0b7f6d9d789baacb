"""Whether a running guest has come up: its agent, else the text of its console, else what its screen shows.

A guest whose boot disk is damaged is still "running" for its hypervisor. Only from inside is it proven healthy.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.guest import GuestInfo, boot_failure
from bot.core.health import CheckName, Fingerprint, Health, Kind, Observation, Target
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.hypervisor.pictures import UnreadablePicture
from bot.hypervisor.screen_text import ScreenReader
from bot.probes import Parts
from bot.reach import Refused, Unreachable

BOOT = CheckName("boot")
"""The check of whether a running guest has come up."""

AGENT_DEADLINE = timedelta(seconds=2)
JUST_BEFORE = timedelta(seconds=2)
"""How long before a start its console may have been written last: files tell whole seconds, events come late."""


@dataclass(slots=True)
class GuestProbe:
    """Looks into one guest of one host. `patience`: how long a boot may take to show anything."""

    guest: Target
    host: str
    info: GuestInfo
    patience: timedelta
    parts: Parts
    _reader: ScreenReader = field(default_factory=ScreenReader, init=False, repr=False)

    async def look(self, started: datetime | None, since: datetime | None = None) -> Observation:
        """What shows of its boot. `started`: when it was started, None if that is not known (long ago).

        `since`: from when on its console may tell of this boot, where it was noticed late, as after its host was
        out of reach. UNKNOWN while it shows nothing yet, or could not be looked at.
        """
        try:
            if await self._agent_answers():
                return self._saw(Health.OK, "its agent answers")
            return await self._console(since or started) or await self._screen() or self._nothing(started)
        except HypervisorUnreachable as why:
            return self._saw(Health.UNKNOWN, str(why))

    async def _agent_answers(self) -> bool:
        """Whether it has an agent that answers. One that can't be asked tells nothing: the rest may."""
        with suppress(GuestRefused):
            answers = self.info.has_agent and await self._hypervisor.agent_answers(self.info.uuid, AGENT_DEADLINE)
            return bool(answers)
        return False

    async def _console(self, since: datetime | None) -> Observation | None:
        """What its console's log shows of this boot. None: nothing, or it has none that can be read."""
        if self.info.console_log is None:
            return None
        within = None if since is None else self.parts.now() - since + JUST_BEFORE
        try:
            return self._read(await self.parts.read_end(self.host, self.info.console_log, within))
        except (Unreachable, Refused):
            return None

    async def _screen(self) -> Observation | None:
        """What its screen shows in text mode. None: nothing, or it has none."""
        try:
            picture = await self._hypervisor.screenshot(self.info.uuid)
            return self._read(await self._reader.text_of(picture))
        except (GuestRefused, UnreadablePicture):
            return None

    def _read(self, text: str) -> Observation | None:
        failure = boot_failure(text)
        if failure is not None:
            line, meaning = failure
            return self._saw(Health.FAIL, f"{meaning}: “{line[:200]}”")
        if text.rstrip().endswith("login:"):
            return self._saw(Health.OK, "it asks for a login")
        return None

    def _nothing(self, started: datetime | None) -> Observation:
        """Nothing tells either way: a guest that is still booting, or one that keeps to itself."""
        if started is not None and self.parts.now() - started < self.patience:
            return self._saw(Health.UNKNOWN, "it is starting and shows nothing yet")
        silent = ", but its agent is silent" if self.info.has_agent else ""
        return self._saw(Health.OK, f"no sign of a failed boot{silent}")

    @property
    def _hypervisor(self) -> Hypervisor:
        return self.parts.hypervisors[self.host]

    def _saw(self, health: Health, why: str) -> Observation:
        kind = Kind.BOOT_DISK if health is Health.FAIL else None
        return Observation(Fingerprint(BOOT, self.guest.id), health, self.parts.now(), why, kind, running=True)
