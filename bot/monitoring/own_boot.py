"""When the machine that the bot itself runs on has booted. Linux tells; elsewhere nothing is known of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class OwnBoot:
    """By what the machine's latest boot is told from every other, "" if it can't be told; and when it was."""

    boot_id: str
    at: datetime


def own_boot(now: datetime, proc: Path = PROC) -> OwnBoot:
    """The latest boot of this machine, by the clock that tells `now`."""
    try:
        boot_id = (proc / "sys/kernel/random/boot_id").read_text().strip()
        uptime = float((proc / "uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return OwnBoot("", now)
    return OwnBoot(boot_id, now - timedelta(seconds=uptime))
