"""The TCP probe against sockets of this machine."""

import asyncio
import resource
import socket
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest

from bot.core.health import Health, Kind
from bot.probes.tcp import Means, Params, TcpProbe
from tests.probes.parts import NOW, parts, watched
from tests.real.sshd import free_port
from tests.waiting import until


async def look(params: Params, target: str = "host:atlas", address: str = "127.0.0.1"):
    probe = TcpProbe(watched(target, address), params, parts())
    (seen,) = await probe.look()
    await probe.close()
    return seen


@asynccontextmanager
async def server(host="127.0.0.1"):
    accepted: list[bytes] = []

    async def serve(reader, writer):
        accepted.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, host, 0) as listening:
        yield listening.sockets[0].getsockname()[1], accepted


@contextmanager
def mute_server():
    """A port whose queue of connections is full: nobody is refused, and nobody accepted."""
    with socket.socket() as mute, socket.socket() as first, socket.socket() as second:
        mute.bind(("127.0.0.1", 0))
        mute.listen(0)
        port = mute.getsockname()[1]
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield port


async def test_a_port_that_answers_is_well_and_hears_nothing() -> None:
    async with server() as (port, accepted):
        seen = await look(Params(port))
        assert (seen.health, seen.why, seen.at, seen.kind) == (
            Health.OK,
            f"127.0.0.1:{port} answers",
            NOW,
            None,
        )
        assert str(seen.fingerprint) == "look@host:atlas"
        assert await until(lambda: accepted) == [b""]


async def test_a_port_where_nobody_listens_fails_in_the_systems_words() -> None:
    port = free_port()
    seen = await look(Params(port))
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.HOST_DOWN)
    assert seen.why == f"cannot connect to 127.0.0.1:{port}: because Connection refused"


async def test_silence_fails_after_the_timeout() -> None:
    with mute_server() as port:
        seen = await look(Params(port, timeout=timedelta(seconds=0.2)))
    assert (seen.health, seen.why) == (Health.FAIL, f"no answer from 127.0.0.1:{port} within 0.2 s")


@pytest.mark.parametrize("name", ["nowhere.invalid", "no..where", "a" * 64])
async def test_a_name_that_nobody_has_says_nothing_of_the_machine(name) -> None:
    seen = await look(Params(22), address=name)
    assert (seen.health, seen.kind) == (Health.UNKNOWN, None)
    assert seen.why.startswith(f"cannot look up {name}: because ")


async def test_a_name_with_two_addresses_says_each_trouble_once() -> None:
    seen = await look(Params(free_port()), address="localhost")
    assert seen.why.endswith(": because Connection refused")


async def test_what_fails_here_says_nothing_of_the_target() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = TcpProbe(watched("host:atlas"), Params(free_port()), parts())
    with socket.socket() as highest:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest.fileno() + 1, hard))
    try:
        with socket.socket():  # the last descriptor there is
            (seen,) = await probe.look()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (seen.health, seen.kind) == (Health.UNKNOWN, None)
    assert seen.why.endswith(": because Too many open files")


@pytest.mark.parametrize(
    ("target", "means", "kind"),
    [
        ("host:atlas", None, Kind.HOST_DOWN),
        ("host:atlas", Means.SERVICE_DOWN, Kind.SERVICE_DOWN),
        ("service:web", None, Kind.SERVICE_DOWN),
        ("guest:web1", None, Kind.SERVICE_DOWN),
        ("service:gateway", Means.HOST_DOWN, Kind.HOST_DOWN),
    ],
)
async def test_what_a_failure_means_depends_on_what_is_watched_and_can_be_said(target, means, kind) -> None:
    assert (await look(Params(free_port(), means=means), target)).kind is kind


async def test_another_address_can_be_given() -> None:
    async with server("127.0.0.2") as (port, _):
        assert (await look(Params(port))).health is Health.FAIL
        assert (await look(Params(port, address="127.0.0.2"))).health is Health.OK
