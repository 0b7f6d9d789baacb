"""Processes that must not outlive the bot, with real ones: bots that are killed, and what they leave behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.children import MARK, end, end_marked, end_orphans, identity, own_folder, start, tied
from tests.waiting import IN_TIME, until

pytestmark = pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="there is no /proc")

BOT = f"""
import subprocess, sys, time
sys.path.insert(0, {str(Path(__file__).resolve().parent.parent)!r})
from bot.children import MARK, identity, own_folder, tied
from pathlib import Path
command = ["sleep", "600"] if sys.argv[1] == "loose" else tied(["sleep", "600"])
child = subprocess.Popen(command, env={{MARK: identity(), "PATH": "/usr/bin:/bin"}})
print(child.pid, own_folder(Path(sys.argv[2])), flush=True)
time.sleep(600)
"""


@contextmanager
def bot(how, folder):
    """A process with a child, loose or tied: the process, its child's number, and its folder."""
    with subprocess.Popen([sys.executable, "-c", BOT, how, folder], stdout=subprocess.PIPE, text=True) as process:
        pid, made = process.stdout.readline().split()
        try:
            yield process, int(pid), Path(made)
        finally:
            process.kill()


@contextmanager
def sleeper(**environment):
    with subprocess.Popen(["/bin/sleep", "600"], env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # the latter while it is read
        return False


def was_left_alone(process: subprocess.Popen[bytes]) -> bool:
    """Whether no other signal reached it before this one does."""
    process.terminate()
    return process.wait(5) == -signal.SIGTERM


async def test_a_tied_child_ends_with_a_bot_that_is_killed(tmp_path):
    with bot("tied", tmp_path) as (process, child, _):
        await until(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n")  # it has been tied
        assert runs(child)
        process.kill()
        await until(lambda: not runs(child))


async def test_what_a_killed_bot_left_behind_is_ended_at_the_next_start(tmp_path):
    with bot("loose", tmp_path) as (process, child, folder):
        assert runs(child)
        process.kill()
        process.wait()
        end_orphans((tmp_path,))  # unless a bot of another test was first
        await until(lambda: not runs(child))
        assert not folder.exists()


def test_two_bots_that_start_at_once_do_not_trip_over_the_folders_that_the_other_one_removes(tmp_path):
    dead = f"caretaker-child-{identity().replace(':', '-')}0"
    for number in range(300):
        (tmp_path / f"{dead}-{number}").mkdir()
    with ThreadPoolExecutor() as both:
        ends = [both.submit(end_orphans, [tmp_path]) for _ in range(4)]
    assert [end.result() for end in ends] == [0] * 4
    assert list(tmp_path.iterdir()) == []


def test_children_and_folders_of_bots_that_live_are_left_alone(tmp_path):
    folder = own_folder(tmp_path)
    with sleeper(**{MARK: identity()}) as child:
        end_orphans((tmp_path,))
        assert was_left_alone(child)
    assert folder.exists()


@pytest.mark.parametrize("mark", ["", "1", "1:2", "a:b:c", "0:999999999:1", ":1:1"])
def test_a_mark_that_names_nobody_here_ends_nothing(mark):
    with sleeper(**{MARK: mark}) as process:
        end_orphans()
        assert was_left_alone(process)


async def test_of_its_own_children_those_with_a_mark_more_are_ended():
    mine = {MARK: identity()}
    with sleeper(**mine, SESSION="1") as one, sleeper(**mine, SESSION="2") as other:
        await until(lambda: end_marked({"SESSION": "1"}))
        assert one.wait(5) < 0
        assert was_left_alone(other)


def test_a_command_is_tied_by_a_program_that_is_there():
    assert Path(tied(["true"])[0]).exists() or tied(["true"]) == ["true"]


def test_its_folder_is_nobody_elses(tmp_path):
    assert own_folder(tmp_path).stat().st_mode & 0o077 == 0


async def test_no_pipe_is_left_to_a_process_whose_own_child_holds_it_open():
    script = "sleep 600 & echo $!; exit 3"
    process = await asyncio.create_subprocess_exec("/bin/sh", "-c", script, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    left = int(await process.stdout.readline())
    try:
        await until(lambda: process.returncode is not None)  # wait() would wait for the pipes, too
        assert not process.stdout.at_eof()
        await end(process)
        await until(process.stdout.at_eof)
    finally:
        os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("turns", range(2, 9))
async def test_who_is_cancelled_while_it_starts_a_process_leaves_nothing(turns, tmp_path):
    begun = tmp_path / "begun"
    script = f"sleep 600 & echo $$ $! >{begun}.new; mv {begun}.new {begun}; wait"  # whose child holds the pipes
    starting = asyncio.create_task(start("/bin/sh", "-c", script, stdin=PIPE, stdout=PIPE, stderr=PIPE))
    for _ in range(turns):  # of the loop, at each of which it has come a little further
        await asyncio.sleep(0)
    deadline = time.monotonic() + IN_TIME
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.01)  # noqa: ASYNC251  the loop must not turn meanwhile
    shell, child = map(int, begun.read_text().split())
    try:
        starting.cancel()
        ended, _ = await asyncio.wait({starting}, timeout=IN_TIME)
        assert ended
        if not starting.cancelled():
            await end(starting.result())
        await until(lambda: not runs(shell))
    finally:
        os.kill(child, signal.SIGKILL)


async def test_who_is_cancelled_while_it_ends_a_process_leaves_nothing():
    process = await asyncio.create_subprocess_exec("/bin/sleep", "600", stdin=PIPE, stdout=PIPE)
    ending = asyncio.create_task(end(process))
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.gather(ending, return_exceptions=True)
    await until(lambda: not runs(process.pid))
    await until(process.stdout.at_eof)
    await process.wait()  # asyncio has heard of it, too
