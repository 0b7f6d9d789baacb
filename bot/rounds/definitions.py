"""What one host's guests are made of, read a few at a time. Runs that began on another definition hear of it."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.core.health import TargetId, guest_id
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.probes.guest import GuestProbe, note_shared_logs
from bot.store import StoreFailed
from bot.store.writer import Writer
from bot.usecases.ground import definitions_read

BREATH: Final = timedelta(milliseconds=100)
"""Between two readings: others use the connection meanwhile."""


@dataclass(frozen=True, slots=True)
class DefinitionRounds:
    """Reads them. `probes`: the guests that live there."""

    hypervisor: Hypervisor
    probes: Callable[[], Mapping[TargetId, GuestProbe]]
    writer: Writer

    async def read(self) -> None:
        """Read those that are due."""
        with suppress(HypervisorUnreachable, GuestRefused, StoreFailed):  # the writer has said so
            while infos := await self.hypervisor.read_definitions():
                probes, changed = self.probes(), {}
                for info in infos:
                    guest = guest_id(info.uuid)
                    if probe := probes.get(guest):
                        if not probe.info.known or probe.info.starts_from != info.starts_from:
                            changed[guest] = info.starts_from
                        probe.info = info
                note_shared_logs(probes)
                if changed:
                    await self.writer.do(definitions_read, changed)
                await asyncio.sleep(BREATH.total_seconds())
