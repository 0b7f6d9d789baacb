"""The lab's backups: a real restic repository that holds every disk, made in the background while the demo begins.

Disks that matter have snapshots of their own; the small ones share one, since each run of restic costs most of a
second for its key. Either way `restic snapshots --path DISK` finds a disk's.
"""

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

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

    async def make(self, groups: Sequence[Sequence[Path]], nights: Sequence[datetime]) -> None:
        """Make the repository and, for each night, one snapshot of each group of disks. Raises BackupFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.password_file.write_text(secrets.token_urlsafe())
        self.password_file.chmod(0o600)
        await self._restic("init")
        slots = asyncio.Semaphore(_AT_ONCE)

        async def back_up(group: Sequence[Path], night: datetime) -> None:
            async with slots:
                when = night.strftime("%Y-%m-%d %H:%M:%S")
                await self._restic(
                    "backup", "--compression=off", "--host", self._host, "--time", when, *map(str, group)
                )

        for night in nights:  # one after another: the second finds all data there and only adds its snapshots
            await asyncio.gather(*(back_up(group, night) for group in groups))

    async def _restic(self, *arguments: str) -> None:
        """Run restic, politely: the demo's page comes first."""
        process = await asyncio.create_subprocess_exec(
            *("nice", "-n", "10", "restic", "--quiet", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(self._folder), "PATH": os.environ["PATH"], **self.environment},
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            why = said.decode(errors="replace").strip()
            raise BackupFailed(f"cannot back up the lab's disks: because restic said {why!r}")
