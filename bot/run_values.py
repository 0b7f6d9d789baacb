"""What a run knows without asking when it begins: of its machine, of the backups, and what its guest starts from.

What can't be known is left out; whether a runbook can go without is core/runs/beginning.py's to say.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.config import Config
from bot.core.guest import StartsFrom
from bot.core.health import TargetKind, name_of, uuid_of
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.probes.guest import GuestProbe
from bot.rounds import Rounds
from bot.usecases.run_context import Aim
from bot.ways import Ways


@dataclass(frozen=True, slots=True)
class RunValues:
    """Finds them: in lab.yaml, and on the hosts."""

    config: Config
    rounds: Rounds
    hypervisors: Mapping[str, Hypervisor]
    ways: Ways

    async def of(self, aim: Aim) -> tuple[Aim, Mapping[str, str]]:
        """What is known of what a run is aimed at, as far as it can be."""
        values = {"incident": str(aim.incident)} if aim.incident is not None else {}
        if aim.target is None:
            return aim, values
        if aim.target.startswith(TargetKind.HOST) and (name := name_of(aim.target)) in self.config.hosts:
            values |= {"host": name, **self._backup(name)}
        if probe := self.rounds.guest(aim.target):
            guest, starts_from = probe.guest, await self._starts_from(probe)
            values |= {"guest": guest.name, "guest_uuid": uuid_of(guest.id), "hypervisor": probe.host}
            values |= self._backup(probe.host)
            values |= await self._disk(probe, starts_from)
            aim = replace(aim, starts_from=starts_from)
        return aim, values

    async def _disk(self, probe: GuestProbe, starts_from: StartsFrom | None) -> Mapping[str, str]:
        """Its boot disk, and how large that is."""
        said = self.config.guests.get(probe.guest.name)
        disk = (said.disk if said else None) or (starts_from.boot_disk if starts_from else None)
        if disk is None:
            return {}
        size = await self.ways.size_of(probe.host, disk)
        return {"disk": disk} | ({"bytes": str(size)} if size else {})

    async def _starts_from(self, probe: GuestProbe) -> StartsFrom | None:
        """By its definition as it is now, else as it was read last."""
        info = probe.info
        with suppress(HypervisorUnreachable, GuestRefused):
            info = await self.hypervisors[probe.host].definition(info.uuid)
        return info.starts_from if info.known else None

    def _backup(self, host: str) -> Mapping[str, str]:
        backup = self.config.hosts[host].backup
        if backup is None:
            return {}
        return {"backup_repository": backup.repository, "backup_password_file": backup.password_file}
