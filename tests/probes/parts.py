"""What probes are given to look with, in tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.config import Config, Host, SlackConfig
from bot.core.health import CheckName, Target, TargetId
from bot.core.incidents.console_log import LogEnd
from bot.hypervisor import Hypervisor
from bot.probes import Parts, SshWays, Watched
from bot.ways import Ways

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


async def no_file(host: str, path: str, upto: int) -> LogEnd:
    raise AssertionError(f"nobody should read {path} of {host}")


def parts(
    hypervisors: Mapping[str, Hypervisor] | None = None, *, now=lambda: NOW, read_end=no_file, **more: Any
) -> Parts:
    return Parts(now, hypervisors or {}, read_end, **more)


@asynccontextmanager
async def by_ssh(*hosts: Host, now=lambda: NOW, **more: Any) -> AsyncIterator[Parts]:
    """The parts of a lab with these hosts, with the ways to them."""
    config = Config(Path("lab.yaml"), SlackConfig("homelab"), (), hosts={host.name: host for host in hosts})
    ways = Ways(config)
    try:
        yield parts(now=now, ssh=SshWays(ways.to_host, ways.door, ways.knows, ways.ssh_proof), **more)
    finally:
        await ways.close()


def watched(target: str, address: str = "127.0.0.1", check: str = "look") -> Watched:
    return Watched(CheckName(check), Target(TargetId(target)), address)
