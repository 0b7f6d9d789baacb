"""The lab as a whole: what runs where, how it breaks, and how it comes back.

Every way to break it acts on the lab alone: guests through libvirt, hosts and UPS by their own switches. Each such
method gives back a sentence for the person who asked.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from bot.demo.backups import BackupFailed, Backups
from bot.demo.disks import is_bootable, wipe_start, write_start
from bot.demo.guests import Guests
from bot.demo.roster import ROSTER, Habit, LabGuest
from bot.demo.ssh_host import SshHost, make_key
from bot.demo.ups_server import UpsServer

HYPERVISOR = "atlas"
"""The host all guests run on: it began as a throw-away lab box."""

HOSTS = (HYPERVISOR, "vault", "nook")
UPS = "rack"

_UNTIL_LOW = timedelta(seconds=1)
_BETWEEN_BOOTS = timedelta(milliseconds=80)


class LabRefused(Exception):
    """The lab can't be broken in this way now; the text says why."""


class Lab:
    """Fifty guests on `atlas`, the hosts `vault` and `nook`, and the UPS `rack` that powers all three.

    All its files are in `folder`. `now` dates its backups: the nights before. `uri` is the hypervisor's.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: datetime,
        roster: Sequence[LabGuest] = ROSTER,
        uri: str = "test:///default",
        between_boots: timedelta = _BETWEEN_BOOTS,
    ) -> None:
        self.folder = folder
        self.uri = uri
        self.key = folder / "key"
        self.known_hosts = folder / "known_hosts"
        self._now = now
        self._roster = roster
        self._between_boots = between_boots
        self.backups = Backups(folder / "backup", HYPERVISOR)
        self.guests = Guests(uri, folder / HYPERVISOR, roster)
        self.ups = UpsServer(UPS, "Eaton 5P 850 in the rack")
        authorized = folder / "key.pub"
        self.hosts = {name: SshHost(name, folder / name, authorized, self.backups.environment) for name in HOSTS}
        self._lost: dict[str, bytes] = {}
        self._backing_up: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Bring the lab up. Its backups go on being made in the background: see `backed_up`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        make_key(self.key)
        self.known_hosts.write_text("".join(host.known_hosts_line for host in self.hosts.values()))
        await asyncio.to_thread(self.guests.open)
        for host in self.hosts.values():
            await host.switch_on()
        await self.ups.start()
        self._backing_up = asyncio.create_task(self._back_up())

    async def close(self) -> None:
        """Take the lab down. Its files stay."""
        if self._backing_up is not None:
            self._backing_up.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._backing_up
        for host in self.hosts.values():
            await host.close()
        await self.ups.close()
        await asyncio.to_thread(self.guests.close)

    async def backed_up(self) -> None:
        """Wait until every disk is in the repository. Raises BackupFailed."""
        if self._backing_up is not None:
            await asyncio.shield(self._backing_up)

    def running_guests(self) -> list[str]:
        """The names of the guests that run, the important ones first."""
        return self.guests.running()

    def note(self) -> str:
        """The lab's state in one line, for whoever plays with it."""
        told = self.ups.variables
        up = sum(host.up for host in self.hosts.values())
        line = (
            f"UPS {told['ups.status']} at {told['battery.charge']} % · {up} of {len(self.hosts)} hosts on"
            f" · {len(self.running_guests())} of {len(self._roster)} guests running"
        )
        damaged = self._damaged()
        return f"{line} · damaged: {', '.join(damaged)}" if damaged else line

    async def fail_power(self) -> str:
        """Let the mains fail for longer than the UPS lasts."""
        async with self._turn:
            if not self.ups.mains:
                raise LabRefused("cannot cut the power: because it is off already")
            self.ups.set_mains(on=False)
            await asyncio.sleep(_UNTIL_LOW.total_seconds())
            lost = await asyncio.to_thread(self.guests.cut)
            await asyncio.gather(*(host.switch_off() for host in self.hosts.values()))
            self.ups.set_load(on=False)
            return (
                f"The power failed, and the UPS did not last: {len(self.hosts)} hosts and {lost} guests are off."
            )

    async def bring_back(self) -> str:
        """Give the power back. What starts by itself does, one after another; damage stays."""
        async with self._turn:
            if self.ups.mains:
                raise LabRefused("cannot bring the power back: because it is on")
            self.ups.set_load(on=True)
            self.ups.set_mains(on=True)
            for host in self.hosts.values():
                await host.switch_on()
            back = await self._boot_missing()
            return f"The power is back: {len(self.hosts)} hosts are on, and {back} guests started by themselves."

    async def crash(self, guest: str) -> str:
        """Have a running guest crash."""
        async with self._turn:
            self._must_run("crash", guest)
            await asyncio.to_thread(self.guests.crash, guest)
            return f"{guest} crashed."

    async def corrupt(self, guest: str) -> str:
        """Overwrite the start of a running guest's boot disk, and cut its power so that it shows."""
        async with self._turn:
            self._must_run("corrupt the disk of", guest)
            try:
                await self.backed_up()
            except BackupFailed as error:
                raise LabRefused(f"cannot corrupt the disk of {guest!r}: because {error}") from error
            disk = self.guests.disk(guest)
            lost = await asyncio.to_thread(wipe_start, disk)
            self._lost.setdefault(guest, lost)
            await asyncio.to_thread(self.guests.cycle, guest)
            return f"The first sectors of {guest}'s boot disk are gone, and it was power-cycled."

    async def heal(self) -> str:
        """Make everything as it was at the start, as no real lab can."""
        if not self.ups.mains:
            await self.bring_back()
        async with self._turn:
            for name in self._damaged():
                await asyncio.to_thread(write_start, self.guests.disk(name), self._lost[name])
                await asyncio.to_thread(self.guests.cycle, name)
            for guest in self._roster:
                if guest.habit is Habit.FORGOTTEN:
                    await asyncio.to_thread(self.guests.start, guest.name)
            await self._boot_missing()
            return "Everything is as it was at the start."

    def _damaged(self) -> list[str]:
        """Whose disk was corrupted and not mended since."""
        return [name for name in self._lost if not is_bootable(self.guests.disk(name))]

    async def _boot_missing(self) -> int:
        missing = self.guests.missing()
        for guest in missing:
            await asyncio.sleep(self._between_boots.total_seconds())
            await asyncio.to_thread(self.guests.start, guest)
        return len(missing)

    async def _back_up(self) -> None:
        own = [[self.guests.disk(guest.name)] for guest in self._roster if guest.data]
        shared = [self.guests.disk(guest.name) for guest in self._roster if not guest.data]
        tonight = self._now.replace(hour=2, minute=30, second=0, microsecond=0)
        last_night = tonight if tonight < self._now else tonight - timedelta(days=1)
        await self.backups.make([*own, shared] if shared else own, last_night)

    def _must_run(self, verb: str, guest: str) -> None:
        if guest not in self.running_guests():
            raise LabRefused(f"cannot {verb} {guest!r}: because no such guest runs")
