"""What holds for all tests. The gate's own rule: where it counts (`CI=true`), a test that is skipped has failed.

A test may be skipped where a part is missing that it needs, such as QEMU or Chromium. In CI a missing part is a
package that the launcher forgot, and would otherwise hide behind a green run.
"""

import os
import signal
import time
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("patient")

os.environ["TZ"] = "UTC"  # where a test does not say in which zone people are told times
time.tzset()

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as of a shell's background jobs, and so of their children
    signal.signal(signal.SIGINT, signal.default_int_handler)

IN_CI = os.environ.get("CI") == "true"


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in CI, and this was: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails in CI."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module skipped as a whole fails in CI."""
    report = yield
    _refuse_skip(report)
    return report
