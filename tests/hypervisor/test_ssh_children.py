"""The `ssh` that libvirt starts: it ends with its connection, and with a bot that is told to stop or is killed."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from bot.hypervisor import Hypervisor, HypervisorUnreachable
from bot.hypervisor.link import Link
from bot.hypervisor.obstacles import ConnectionLost, What
from bot.names import Names
from tests.real.libvirt_over_ssh import libvirt_over_ssh
from tests.real.processes import alive
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.slow]

SECOND = timedelta(seconds=1)
BOT = """
import asyncio, sys
from bot.hypervisor import Hypervisor

async def watch():
    hypervisor = Hypervisor("atlas", sys.argv[1], on_event=lambda event: print(event.what, flush=True))
    await hypervisor.start()
    print("started", flush=True)
    await asyncio.sleep(600)

asyncio.run(watch())
"""


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    with libvirt_over_ssh(tmp_path_factory.mktemp("far")) as far:
        yield far


def ssh_processes(far) -> list[int]:
    """Those that go to this server, of whomever."""
    return alive(f"UserKnownHostsFile={far.sshd.known_hosts}")


@contextmanager
def bot(uri):
    """A process that stays connected."""
    repository = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "-c", BOT, uri]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository) as process:
        try:
            assert process.stdout.readline() == "started\n"
            yield process
        finally:
            process.kill()


async def test_a_connection_that_is_closed_leaves_no_ssh_and_no_script(far, tmp_path):
    hypervisor = Hypervisor("atlas", far.uri(), on_event=lambda _: None)
    await hypervisor.states()
    (script,) = scripts()
    assert len(ssh_processes(far)) == 1
    await hypervisor.close()
    assert ssh_processes(far) == []
    assert not script.exists()


def scripts() -> list[Path]:
    """What this process has libvirt start instead of ssh."""
    return list(Path("/tmp").glob(f"caretaker-child-*-{os.getpid()}-*/ssh"))


async def test_nothing_is_left_of_a_bot_that_is_killed_while_it_is_connected(far):
    with bot(far.uri()) as process:
        assert await asyncio.to_thread(process.stdout.readline) == "connected\n"
        assert ssh_processes(far)
        process.kill()
        await until(lambda: ssh_processes(far) == [])


async def test_nothing_is_left_of_a_bot_that_is_killed_while_it_opens_into_silence(far):
    far.sshd.freeze()
    try:
        with bot(far.uri()) as process:
            await until(lambda: ssh_processes(far))
            process.kill()
            await until(lambda: ssh_processes(far) == [], 1.5)  # ssh itself would give up after 3 s
    finally:
        far.sshd.thaw()


async def test_an_ssh_behind_which_libvirt_hangs_is_ended_with_its_session(far):
    hypervisor = Hypervisor("atlas", far.uri(), on_event=lambda _: None, deadline=SECOND / 2)

    async def states():
        with suppress(HypervisorUnreachable):  # a busy machine takes longer than that to open it
            return await hypervisor.states()

    (web,) = (await until(states, 15)).values()
    os.kill(far.host.daemon_pid, signal.SIGSTOP)
    try:
        for _ in range(4):
            with pytest.raises(HypervisorUnreachable):
                await hypervisor.screenshot(web.uuid)
        await until(lambda: len(ssh_processes(far)) <= 2)
        await hypervisor.close()
        await until(lambda: ssh_processes(far) == [])
    finally:
        os.kill(far.host.daemon_pid, signal.SIGCONT)


async def test_a_libvirt_that_hangs_behind_ssh_is_known_for_it_and_used_again_when_it_goes_on(far):
    link = Link("atlas", far.uri(), Names(), given_up=SECOND)
    assert await link.call(lambda connection: connection.getType(), 5 * SECOND) == "TEST"
    os.kill(far.host.daemon_pid, signal.SIGSTOP)
    try:

        async def what_is_in_the_way() -> What:
            with pytest.raises(ConnectionLost) as lost:
                await link.call(lambda connection: connection.numOfDomains(), SECOND / 2)
            return lost.value.obstacle.what

        assert await what_is_in_the_way() is What.BROKEN, "a slow answer is no refusal"

        async def frozen() -> bool:
            return await what_is_in_the_way() is What.FROZEN

        await until(frozen, 15)
        assert await what_is_in_the_way() is What.FROZEN, "and it stays so while it is tried again"
    finally:
        os.kill(far.host.daemon_pid, signal.SIGCONT)
    assert await link.call(lambda connection: connection.numOfDomains(), 5 * SECOND) == 1
    await link.close(SECOND)
