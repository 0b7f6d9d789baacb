"""A hypervisor behind a network: one that goes silent and comes back, and one behind a long line."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.hypervisor import CannotWatch, HostSilent, Hypervisor, HypervisorUnreachable
from bot.hypervisor.knock import knock
from bot.hypervisor.obstacles import ConnectionLost, What
from bot.hypervisor.way import Way
from bot.names import Names
from tests.real.guest import running_host
from tests.real.libvirt_over_ssh import Behind
from tests.real.network import cable, needs_networks, network
from tests.real.processes import alive
from tests.real.sshd import running_sshd
from tests.waiting import IN_TIME, until

pytestmark = [pytest.mark.real, pytest.mark.slow]

SECOND = timedelta(seconds=1)
ATLAS = "10.81.0.2"
REPOSITORY = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def host():
    with running_host() as host:
        yield host


@contextmanager
def started(*command):
    """A program, once it says its first line."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        try:
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def listening(port: int) -> list[str]:
    """A program that takes connections at a port of atlas, and says nothing."""
    server = f"s = socket.create_server(('{ATLAS}', {port})); print(1, flush=True); signal.pause()"
    return [sys.executable, "-c", f"import signal, socket; {server}"]


@contextmanager
def lab():
    """The bot's own network, entered, and atlas's at the other end of a cable."""
    with network() as here, network() as atlas:
        cable(here, atlas, ends=("eth0", "eth0"), addresses=("10.81.0.1/24", f"{ATLAS}/24"))
        with here.inside():
            yield atlas


@contextmanager
def libvirt_on(atlas, host, port=16509):
    line = [sys.executable, "-m", "tests.real.line", ATLAS, str(port), str(host.socket), "0"]
    with started(*atlas.command(*line)) as process:
        yield process


async def what_is_in_the_way(uri: str, within=SECOND) -> What | None:
    try:
        await knock(Way.of("atlas", uri), Names(), within)
    except ConnectionLost as lost:
        return lost.obstacle.what
    return None


@needs_networks
async def test_a_host_that_goes_silent_is_silent_and_is_used_again_as_soon_as_it_is_back(host):
    with lab() as atlas, libvirt_on(atlas, host):
        hypervisor = Hypervisor("atlas", f"test+tcp://{ATLAS}/default", on_event=lambda _: None, deadline=SECOND)
        await hypervisor.start()
        await until(lambda: hypervisor.connected)
        atlas.ip("address", "del", f"{ATLAS}/24", "dev", "eth0")
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(HostSilent, match="atlas does not answer"):
                await hypervisor.states()
            assert time.monotonic() - began < IN_TIME
        atlas.ip("address", "add", f"{ATLAS}/24", "dev", "eth0")

        async def answers() -> bool:
            try:
                return bool(await hypervisor.states())
            except HypervisorUnreachable:
                return False

        await until(answers, 5)
        await hypervisor.close()


@needs_networks
async def test_ssh_into_silence_gives_up_in_time_and_leaves_nothing_running(host):
    with lab() as atlas:
        atlas.ip("address", "del", f"{ATLAS}/24", "dev", "eth0")
        hypervisor = Hypervisor("atlas", f"test+ssh://root@{ATLAS}/default", on_event=lambda _: None)
        began = time.monotonic()
        with pytest.raises(HostSilent, match="atlas does not answer"):
            await hypervisor.states()
        assert time.monotonic() - began < IN_TIME
        assert [pid for pid in alive("ServerAliveInterval") if pid in alive(ATLAS)] == []
        await hypervisor.close()


@contextmanager
def ssh_on(atlas, host, folder):
    """An sshd that leads to its libvirt, and the URI that goes there."""
    with atlas.inside(), running_sshd(folder, extra=f"ListenAddress {ATLAS}\n", port=2222) as sshd:
        here = folder / "known_hosts_here"
        here.write_text(sshd.known_hosts.read_text().replace("127.0.0.1", ATLAS))
        yield sshd, Behind(host, sshd, folder).uri(known_hosts=here).replace("@127.0.0.1:", f"@{ATLAS}:")


@needs_networks
async def test_a_host_that_loses_its_power_while_ssh_opens_is_used_again_as_soon_as_it_is_back(host, tmp_path):
    with lab() as atlas:
        with ssh_on(atlas, host, tmp_path) as (sshd, uri):
            hypervisor = Hypervisor("atlas", uri, on_event=lambda _: None, deadline=SECOND)
            sshd.freeze()
            opening = asyncio.ensure_future(hypervisor.states())
            await until(lambda: set(alive("ServerAliveInterval")) & set(alive(ATLAS)))
            atlas.ip("address", "del", f"{ATLAS}/24", "dev", "eth0")
            os.kill(sshd.pid, signal.SIGKILL)  # it forgets what was opened, and nobody here hears of it
        with pytest.raises(HypervisorUnreachable):
            await opening
        atlas.ip("address", "add", f"{ATLAS}/24", "dev", "eth0")
        with ssh_on(atlas, host, tmp_path) as (_, again):
            assert again == uri

            async def answers() -> bool:
                try:
                    return bool(await hypervisor.states())
                except HypervisorUnreachable:
                    return False

            await until(answers, 5)
            await hypervisor.close()


async def test_ssh_gives_up_by_itself_where_its_proxy_stays_silent(tmp_path):
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexec ssh -o 'ProxyCommand=sleep 600' \"$@\"\n")
    ssh.chmod(0o700)
    uri = f"test+ssh://root@{ATLAS}/default?command={ssh}"
    hypervisor = Hypervisor("atlas", uri, on_event=lambda _: None, deadline=10 * SECOND)
    with pytest.raises(CannotWatch) as stalled:
        await hypervisor.states()
    assert stalled.value.what is What.STALLED
    await hypervisor.close()


@needs_networks
async def test_a_stopped_libvirt_is_no_silent_host_as_long_as_ssh_answers(host):
    with lab() as atlas:
        assert await what_is_in_the_way(f"test+tcp://{ATLAS}/default") is What.REFUSED, "but it is there"
        assert await what_is_in_the_way(f"test+ssh://{ATLAS}/default") is What.REFUSED
        with started(*atlas.command(*listening(22))):
            assert await what_is_in_the_way(f"test+tcp://{ATLAS}/default") is What.DAEMON
            assert await what_is_in_the_way(f"test+tls://{ATLAS}/default") is What.DAEMON
            hypervisor = Hypervisor("atlas", f"test+tcp://{ATLAS}/default", on_event=lambda _: None)
            with pytest.raises(CannotWatch, match="atlas answers, but its libvirt does not run"):
                await hypervisor.states()
            await hypervisor.close()


@needs_networks
async def test_a_libvirt_that_takes_connections_and_says_nothing_is_frozen(host):
    with lab() as atlas, started(*atlas.command(*listening(16509))):
        assert await what_is_in_the_way(f"test+tcp://{ATLAS}/default") is What.FROZEN


@needs_networks
async def test_a_network_that_is_not_there_is_this_machines_own(host):
    with lab():
        assert await what_is_in_the_way("test+tcp://10.99.0.1/default") is What.OWN_NETWORK
        hypervisor = Hypervisor("atlas", "test+ssh://10.99.0.1/default", on_event=lambda _: None)
        with pytest.raises(HypervisorUnreachable) as lost:
            await hypervisor.states()
        assert type(lost.value) is HypervisorUnreachable, "neither the host's nor a refusal"
        await hypervisor.close()


@needs_networks
async def test_a_resolver_that_does_not_answer_says_nothing_of_the_machine(host, tmp_path):
    with network() as here:
        here.resolv_conf("nameserver 127.0.0.1\n")
        silent = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 53))"
        asking = f"""{silent}
import asyncio, time
from datetime import timedelta
from bot.hypervisor import Hypervisor, HypervisorUnreachable
async def ask():
    hypervisor = Hypervisor("atlas", "qemu+tcp://atlas.lab.example/system", on_event=lambda _: None)
    began = time.monotonic()
    try:
        await hypervisor.states()
    except HypervisorUnreachable as why:
        print(type(why).__name__, why)
    assert time.monotonic() - began < {IN_TIME}
    await hypervisor.close()
asyncio.run(ask())
"""
        asked = here.command(sys.executable, "-c", asking)
        done = await asyncio.to_thread(subprocess.run, asked, capture_output=True, text=True, cwd=REPOSITORY)
        assert done.stdout == (
            "HypervisorUnreachable cannot list the guests' states on atlas: because"
            " cannot look up atlas.lab.example: because no resolver answered within 3 s\n"
        )
        assert done.returncode == 0, done.stderr
