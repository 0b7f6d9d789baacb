"""A libvirtd of the tests' own, and real guests in it."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.demo.real import RealHost


@contextmanager
def running_host() -> Iterator[RealHost]:
    """A host of its own, turned on; without libvirtd the test is skipped."""
    if shutil.which("libvirtd", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("libvirtd is not installed")
    host = RealHost()
    try:
        asyncio.run(host.start())
        yield host
    finally:
        host.close()
