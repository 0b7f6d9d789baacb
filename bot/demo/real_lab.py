"""The small lab behind `demo --real`: one host with one real QEMU guest, its restic backup, and ways to break it.

The guest boots from its own disk under emulation, with a real agent inside. The host is reached by SSH as any.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from bot.demo.backups import Backups
from bot.demo.lab import LabRefused
from bot.demo.real import RealGuest, RealHost
from bot.demo.ssh_host import SshHost, make_key

HOST = "atlas"
GUEST = "web1"


class RealLab:
    """One guest on one host. `folder` holds keys and backups; the host keeps its own. Needs QEMU and libvirtd.

    `console_log`: whether the host keeps what the guest's console says. virt-manager's guests are without.
    """

    def __init__(self, folder: Path, *, now: datetime, console_log: bool = True) -> None:
        self.key = folder / "key"
        self.known_hosts = folder / "known_hosts"
        self.backups = Backups(folder / "backup", HOST)
        self.host = RealHost()
        self.ssh = SshHost(HOST, folder / HOST, folder / "key.pub", self.backups.environment)
        self._folder = folder
        self._now = now
        self._console_log = console_log
        self._guest: RealGuest | None = None

    async def start(self) -> None:
        """Build the guest, back its disk up, start it. Raises CannotStart, CannotBuild or BackupFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        make_key(self.key)
        self.known_hosts.write_text(self.ssh.known_hosts_line)
        await self.host.start()
        self._guest = await asyncio.to_thread(
            self.host.add_guest, GUEST, console_log=self._console_log, autostart=True
        )
        await self.backups.make([[self._guest.disk]], self._now - timedelta(hours=8))
        await self.ssh.switch_on()
        await asyncio.to_thread(self.host.start_guest, GUEST)

    async def close(self) -> None:
        """Take it down, and the host's files with it."""
        await self.ssh.close()
        await asyncio.to_thread(self.host.close)

    @property
    def guest(self) -> RealGuest:
        """The guest, once started."""
        assert self._guest is not None, "the lab is started first"
        return self._guest

    async def cut(self) -> str:
        """Kill the guest's QEMU, as if its plug were pulled."""
        try:
            await asyncio.to_thread(self.host.cut_guest, GUEST)
        except (FileNotFoundError, ProcessLookupError) as why:
            raise LabRefused(f"cannot kill {GUEST}'s QEMU: because it does not run") from why
        return f"{GUEST}'s QEMU was killed."

    async def corrupt(self) -> str:
        """Zero the boot sector, cut the power, and start it again: it runs, and does not boot."""
        self.guest.zero_boot_sector()
        with suppress(LabRefused):  # it was off already
            await self.cut()
        await asyncio.sleep(1)  # libvirt notices that QEMU is gone before it can be started anew
        await asyncio.to_thread(self.host.start_guest, GUEST)
        return f"The boot sector of {GUEST} is gone, and it was power-cycled."

    async def start_guest(self) -> str:
        """Turn the guest on."""
        await asyncio.to_thread(self.host.start_guest, GUEST)
        return f"{GUEST} was started."
