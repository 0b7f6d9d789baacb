"""What probes are given to look with, in tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.core.health import CheckName, Target, TargetId
from bot.hypervisor import Hypervisor
from bot.probes import Parts, Watched

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


async def no_file(host: str, path: str, within: timedelta | None) -> str:
    raise AssertionError(f"nobody should read {path} of {host}")


def parts(hypervisors: Mapping[str, Hypervisor] | None = None, *, now=lambda: NOW, read_end=no_file) -> Parts:
    return Parts(now, hypervisors or {}, read_end)


def watched(target: str, address: str = "127.0.0.1", check: str = "look") -> Watched:
    return Watched(CheckName(check), Target(TargetId(target)), address)
