"""The bot's own process runs out of something: real limits, set for a process of its own."""

import errno
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.health import CheckName, Evidence, Fingerprint, Health, Observation, TargetId
from bot.monitoring.own_limits import OwnLimits, looked, ran_out

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECK = Fingerprint(CheckName("http"), TargetId("service:web"))


def told_by_a_process(*lines: str) -> str:
    """What a process prints that limits itself first."""
    code = "\n".join(("import os, resource", "from bot.monitoring.own_limits import OwnLimits", *lines))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def test_a_process_that_has_all_it_needs_is_short_of_nothing():
    limits = OwnLimits()
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert limits.short() is None
    assert limits.short() is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_process_out_of_descriptors_says_so_with_its_limit_and_what_to_do():
    said = told_by_a_process(
        "resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))",
        "print(OwnLimits().short())",
    )
    assert said.startswith("my own process has too many open files (its limit is 8). Raise that (LimitNOFILE=")


def test_a_process_short_of_something_does_not_claim_to_see():
    health, _, why = told_by_a_process(
        "import asyncio",
        "from datetime import UTC, datetime",
        "from bot.config import Witnesses as Settings",
        "from bot.monitoring.sight import SightMonitor",
        "from bot.monitoring.witnesses import Witnesses",
        "from bot.names import Names",
        "async def look():",
        "    asked = Witnesses(lambda: datetime.now(UTC), Names())",
        "    sight = SightMonitor(Settings(), asked, str, lambda _check: False)",
        "    print((await sight.look()).health)",
        "    await asyncio.sleep(0.2)",
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))",
        "    seen = await sight.look()",
        "    print(seen.health, seen.why)",
        "asyncio.run(look())",
    ).partition("unknown ")
    assert health == "ok\n"
    assert why.startswith("my own process has too many open files")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENFILE, "Too many open files in system"),
        OSError(errno.EAGAIN, "Resource temporarily unavailable"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        MemoryError(),
    ],
)
async def test_a_look_that_could_not_begin_for_want_of_something_is_unknown(error):
    async def look():
        raise error

    assert ran_out(error)
    (seen,) = await looked(CHECK, look, lambda: NOW)
    assert (seen.fingerprint, seen.health, seen.evidence) == (CHECK, Health.UNKNOWN, Evidence.NONE)


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "no such file"), RuntimeError("a mistake"), ValueError()])
async def test_any_other_error_of_a_look_is_raised(error):
    async def look():
        raise error

    assert not ran_out(error)
    with pytest.raises(type(error)):
        await looked(CHECK, look, lambda: NOW)


async def test_what_a_look_saw_is_passed_on():
    seen = Observation(CHECK, Health.OK, NOW, "well")

    async def look():
        return [seen]

    assert await looked(CHECK, look, lambda: NOW) == [seen]
