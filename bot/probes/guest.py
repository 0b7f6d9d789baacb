"""What a running guest shows of itself: its agent's answer, its console's and screen's text, its host key.

It looks and judges nothing. A guest whose boot disk is damaged is still "running" for its hypervisor; where it
stands, by what is seen here, core/incidents/guest_boot.py says.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.guest import GuestInfo, Power
from bot.core.health import Target, TargetId
from bot.core.incidents.console_log import LogEnd, Mark, sharing
from bot.core.incidents.guest_system import System, system_told
from bot.hypervisor import AgentSilent, GuestRefused, Hypervisor, Unsupported
from bot.hypervisor.pictures import UnreadablePicture
from bot.hypervisor.screen_text import ScreenReader
from bot.probes import Parts
from bot.reach import Refused, Unreachable
from bot.reach.ssh_answer import SshAnswer

AGENT_DEADLINE = timedelta(seconds=2)


class Agent(StrEnum):
    """How a guest's agent answers. FROZEN: it does, and nothing can be written to its guest's file systems."""

    SILENT = "silent"
    ANSWERS = "answers"
    FROZEN = "frozen"


@dataclass(slots=True)
class GuestProbe:
    """Looks into one guest of one host. Each look raises bot.hypervisor.HypervisorUnreachable.

    `shares_log`: the names of other guests whose consoles are written to the same file; it tells nothing of any.
    `unread`: why its console's log could not be read when that was tried last; empty where it could.
    """

    guest: Target
    host: str
    info: GuestInfo
    parts: Parts
    shares_log: tuple[str, ...] = ()
    unread: str = ""
    _reader: ScreenReader = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._reader = ScreenReader(slots=self.parts.screens)

    async def agent(self) -> Agent:
        """How its agent answers. One that can't be asked tells nothing: the rest may."""
        with suppress(GuestRefused, AgentSilent):
            if self.info.has_agent:
                return await self._ask_agent()
        return Agent.SILENT

    async def _ask_agent(self) -> Agent:
        """One question tells both. Where that is disabled, or nothing can be frozen, a ping is the second."""
        uuid, ask = self.info.uuid, {"execute": "guest-fsfreeze-status"}
        try:
            told = await self._hypervisor.agent(uuid, ask, AGENT_DEADLINE)
        except Unsupported:
            return Agent.SILENT
        except GuestRefused:
            return Agent.ANSWERS if await self._hypervisor.agent_answers(uuid, AGENT_DEADLINE) else Agent.SILENT
        return Agent.FROZEN if told == "frozen" else Agent.ANSWERS

    async def system(self) -> System | None:
        """Which system its agent is in; None where it does not tell. Raises AgentSilent."""
        return system_told(await self._told("guest-get-osinfo"), await self._told("guest-get-host-name"))

    async def _told(self, command: str) -> Mapping[str, object]:
        with suppress(GuestRefused):  # an older agent, or one that may not tell
            told = await self._hypervisor.agent(self.info.uuid, {"execute": command}, AGENT_DEADLINE)
            return told if isinstance(told, dict) else {}
        return {}

    async def console(self, known: Mark | None = None) -> LogEnd | None:
        """The end of its console's log; None if it has none of its own that can be read.

        `known`: up to where it was known before, to tell whether it still is.
        """
        self.unread = ""
        if self.info.console_log is None or self.shares_log:
            return None
        try:
            return await self.parts.read_end(self.host, self.info.console_log, _upto(known))
        except (Unreachable, Refused) as why:
            self.unread = str(why)
            return None

    async def rotated(self, known: Mark | None) -> LogEnd | None:
        """The end of what was its console's log until virtlogd began another file; None where that can't be read.

        `known`: as in `console`.
        """
        with suppress(Unreachable, Refused):
            return await self.parts.read_end(self.host, f"{self.info.console_log}.0", _upto(known))
        return None

    async def process(self) -> str:
        """Which process runs it, by its host's boot and when it was started; "" where that can't be told."""
        if self.info.console_log is None:  # nothing of it would be known again
            return ""
        with suppress(Unreachable, Refused):
            return await self.parts.process_of(self.host, self.info.uuid)
        return ""

    async def screen(self) -> str | None:
        """What its screen shows in text mode, "" if that is no text; None where it has none that can be seen."""
        try:
            picture = await self._hypervisor.screenshot(self.info.uuid)
            return await self._reader.text_of(picture)
        except (GuestRefused, UnreadablePicture):
            return None

    async def responds(self) -> None:
        """Have what emulates it say something: one that stands still raises HypervisorUnreachable."""
        with suppress(GuestRefused):  # an answer, too
            await self._hypervisor.ask_emulator(self.info.uuid)

    async def runs(self) -> bool:
        """Whether it runs now, and is not paused: the screen and the log of one that is stand still."""
        state = (await self._hypervisor.states()).get(self.info.uuid)
        return state is not None and state.power is Power.RUNNING

    async def ssh(self) -> SshAnswer | None:
        """What its SSH server shows; None where its address or its host key is not known."""
        return await self.parts.ssh_answers(self.guest)

    @property
    def _hypervisor(self) -> Hypervisor:
        return self.parts.hypervisors[self.host]


def _upto(known: Mark | None) -> int:
    return max(0, known.size) if known else 0


def note_shared_logs(probes: Mapping[TargetId, GuestProbe]) -> None:
    """Tell the probes of one host whose consoles' logs are written by several guests."""
    shared = sharing({guest: probe.info for guest, probe in probes.items()})
    for guest, probe in probes.items():
        probe.shares_log = tuple(sorted(probes[other].guest.name for other in shared.get(guest, ())))
