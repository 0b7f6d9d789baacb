"""Starting and stopping the whole bot, where no story leads: what fails on the way, and what takes its time."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.app import Caretaker
from bot.config import Secrets, load
from bot.core.permit import NotAllowed
from bot.store import StoreFailed
from bot.vocabulary import probe_params
from tests.terminal.commands import write_lab

NOWHERE = Secrets("xoxb-1", "xapp-1", "http://127.0.0.1:9/api/")


def caretaker(folder: Path) -> Caretaker:
    path = write_lab(folder, 'hosts: {atlas: {hypervisor: "test:///default"}}\n')
    return Caretaker(load(path, probes=probe_params(), env={}), NOWHERE)


def threads() -> set[str]:
    """What a bot's own threads are called."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if name.startswith(("core", "reader", "libvirt atlas"))}


async def test_what_fails_at_its_start_closes_what_was_open(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    bot = caretaker(tmp_path)
    with pytest.raises(StoreFailed, match=r"cannot open the database .*caretaker\.db"):
        await bot.start()
    assert not threads()
    await bot.stop()  # of what never started, there is nothing to stop


@pytest.mark.slow
async def test_a_second_bot_is_refused_without_harm_to_the_first(tmp_path):
    first, second = caretaker(tmp_path), caretaker(tmp_path)
    await first.start()
    with pytest.raises(StoreFailed):
        await second.start()
    assert threads()
    await first.stop()
    assert not threads()


async def test_who_may_not_start_a_runbook_is_told_so_before_anything_is_looked_up(tmp_path):
    bot = caretaker(tmp_path)
    await bot.start()
    with pytest.raises(NotAllowed):
        await bot.start_run("no-such-runbook", "no-such-guest", None, "USTRANGER")
    await bot.stop()


async def test_it_can_be_stopped_the_moment_it_has_started(tmp_path):
    """While the line to Slack is just connecting, a cancellation gets lost in the library."""
    for _ in range(3):
        bot = caretaker(tmp_path)
        async with asyncio.timeout(10):
            await bot.start()
            await bot.stop()
