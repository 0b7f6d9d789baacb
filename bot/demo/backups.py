"""The lab's backups: a real restic repository that holds every disk, made in the background while the demo begins.

The disks that matter each have a snapshot of their own; otherwise they share one, since every run of restic costs
most of a second for its key. Either way `restic snapshots --path DISK` finds a disk's.
"""

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.children import end, start

_AT_ONCE = 2


class BackupFailed(Exception):
    """restic did not make the lab's backups. Permanent: the text is what it said."""


class Backups:
    """A repository in `folder`, with the backups of one host's disks."""

    def __init__(self, folder: Path, host: str) -> None:
        self.repository = folder / "repository"
        self.password_file = folder / "password"
        self._folder = folder
        self._host = host

    @property
    def environment(self) -> Mapping[str, str]:
        """What restic needs to know, as a host's owner would set it."""
        return {
            "RESTIC_REPOSITORY": str(self.repository),
            "RESTIC_PASSWORD_FILE": str(self.password_file),
            "RESTIC_CACHE_DIR": str(self._folder / "cache"),
        }

    async def make(self, groups: Sequence[Sequence[Path]], last_night: datetime) -> None:
        """Make the repository, a snapshot of all disks the night before, and last night one of each group.

        Raises BackupFailed.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self.password_file.write_text(secrets.token_urlsafe())
        self.password_file.chmod(0o600)
        await self._restic("init")
        await self._back_up([disk for group in groups for disk in group], last_night - timedelta(days=1))
        slots = asyncio.Semaphore(_AT_ONCE)

        async def back_up(group: Sequence[Path]) -> None:
            async with slots:
                await self._back_up(group, last_night)

        ends = await asyncio.gather(*map(back_up, groups), return_exceptions=True)  # none outlives this
        for failure in filter(None, ends):
            raise failure

    async def _back_up(self, disks: Sequence[Path], night: datetime) -> None:
        when = night.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")  # restic takes it for its own TZ's
        await self._restic("backup", "--compression=off", "--host", self._host, "--time", when, *map(str, disks))

    async def _restic(self, *arguments: str) -> None:
        """Run restic, politely: the demo's page comes first."""
        process = await start(
            *("nice", "-n", "10", "restic", "--quiet", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(self._folder), "PATH": os.environ["PATH"], "TZ": "UTC", **self.environment},
        )
        try:
            said, _ = await process.communicate()
        finally:
            await end(process)
        if process.returncode:
            why = said.decode(errors="replace").strip()
            raise BackupFailed(f"cannot back up the lab's disks: because restic said {why!r}")
