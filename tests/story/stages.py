"""What the stories play on: a small lab on libvirt's test hypervisor, and a host whose backups are far away."""

import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import demonstration
from bot.demo.roster import Habit, LabGuest

FEW = (
    LabGuest("web1", data=8),
    LabGuest("db1"),
    LabGuest("mail1"),
    LabGuest("dev2", Habit.FORGOTTEN),
    LabGuest("ci-1", Habit.EPHEMERAL),
    LabGuest("dc-old", Habit.OFF),
)


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips tests where one of these is not installed."""
    missing = [one for one in programs if shutil.which(one, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def small_stage(folder: Path, *, uri: str = "test:///default") -> demonstration.TestStage:
    """A lab of a few guests: web1, db1 and mail1 start by themselves, dev2 runs but does not."""
    return demonstration.TestStage(folder, datetime.now(UTC), roster=FEW, uri=uri)


def slow_restic(folder: Path, kib_a_second: int) -> str:
    """A PATH on which restic reads its repository no faster than that, as over a home's uplink."""
    wrapper = folder / "restic"
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("restic")} --limit-download {kib_a_second} "$@"\n')
    wrapper.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def checksum(disk: Path) -> str:
    """What a disk holds, in short."""
    return hashlib.sha256(disk.read_bytes()).hexdigest()
