"""Servers that do as SSH servers should not: none proves anything, and each is bounded in time and size."""

import random
import resource
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.names import Names
from bot.reach.host_key import KnownHosts, ssh_proof
from bot.reach.ssh_answer import Answer, Door, SshAnswer
from tests.reach.strangers import hang_up, reset, say, server, stall
from tests.waiting import IN_TIME

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKgBZ4mBUXUUmn2V3GrUBzKO0PGcMfzuS8mU0DLbTfKk"
BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"


@pytest.fixture
def ask(tmp_path):
    file = tmp_path / "known_hosts"

    async def asked(port: int, *, seconds: float = 5) -> SshAnswer:
        file.write_text(f"127.0.0.1 {KEY}\n")
        return await ssh_proof(Door("127.0.0.1", port, file), timedelta(seconds=seconds), Names(), KnownHosts())

    return asked


async def test_one_that_accepts_and_says_nothing_has_stalled(ask) -> None:
    async with server(stall) as port:
        answer = await ask(port, seconds=0.2)
    assert (answer.answer, answer.proves, answer.is_ours) == (Answer.STALLED, False, False)
    assert answer.why == f"port {port} accepts connections, but does not go on within 0.2 s"


async def test_one_that_says_no_more_than_its_banner_has_stalled(ask) -> None:
    async with server(say(BANNER)) as port:
        answer = await ask(port, seconds=0.2)
    assert (answer.answer, answer.banner) == (Answer.STALLED, "OpenSSH_9.2p1")


async def test_one_that_drips_is_given_up_in_time(ask) -> None:
    began = time.monotonic()
    async with server(say(*[b"a"] * 300, pause=0.2)) as port:
        answer = await ask(port, seconds=0.3)
    assert answer.answer is Answer.STALLED
    assert time.monotonic() - began < IN_TIME


@pytest.mark.parametrize("behave", [reset, hang_up])
async def test_one_that_ends_the_connection_does_not_let_us_look(ask, behave) -> None:
    async with server(behave) as port:
        answer = await ask(port)
    assert (answer.answer, answer.proves, answer.is_ours) == (Answer.NO_SSH, False, True)
    assert answer.why.startswith(f"port {port} accepts connections, but ends the conversation: Connection ")


@pytest.mark.parametrize(
    "said",
    [
        b"x" * 1_000_000,
        b"a line\r\n" * 125_000,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-1.5-1.2.27\n",
        b"Not allowed at this time\r\n",
        b"Exceeded MaxStartups\r\n",
        b"SSH-2.0-\xff\xfe\x00\r\n",
        BANNER + b"\xff" * 100,
        BANNER + b"\x00\x00\x00\x0c\x0a\x14" + b"\x00" * 100,
    ],
    ids=lambda said: repr(said[:20]),
)
async def test_what_is_no_ssh_proves_nothing_however_much_of_it_there_is(ask, said) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    async with server(say(said, stay=False)) as port:
        answer = await ask(port)
    assert (answer.answer, answer.proves) == (Answer.NO_SSH, False)
    assert len(answer.why) < 400
    assert answer.why.isprintable()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 2


async def test_a_megabyte_before_the_banner_is_given_up_in_time(ask) -> None:
    async with server(say(b"welcome\r\n" * 110_000, BANNER)) as port:
        assert not (await ask(port)).proves


async def test_no_noise_breaks_the_look(ask) -> None:
    noise = random.Random(5)
    for length in (1, 5, 40, 300):
        for _ in range(10):
            async with server(say(BANNER + noise.randbytes(length), stay=False)) as port:
                assert not (await ask(port, seconds=0.5)).proves


async def test_every_descriptor_is_given_back(ask) -> None:
    async with server(stall) as stalling, server(reset) as resetting, server(say(BANNER)) as silent:
        for port in (stalling, resetting, silent) * 3:
            await ask(port, seconds=0.05)
        assert not _connected_to(stalling, resetting, silent)


def _connected_to(*ports: int) -> list[Path]:
    """This side's sockets that are connected to one of those servers."""
    return [fd for fd in Path("/proc/self/fd").iterdir() if _is_to(fd, ports)]


def _is_to(fd: Path, ports: tuple[int, ...]) -> bool:
    try:
        with socket.socket(fileno=int(fd.name)) as there:
            try:
                return there.getpeername()[1] in ports
            finally:
                there.detach()
    except (OSError, ValueError, IndexError):
        return False
