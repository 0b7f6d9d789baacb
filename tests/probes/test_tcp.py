"""The TCP probe against sockets of this machine."""

import asyncio
import resource
import socket
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest

from bot.config import Host, Ssh
from bot.core.health import Evidence, Health, Kind
from bot.probes.tcp import Means, Params, TcpProbe
from tests.probes.parts import NOW, by_ssh, parts, watched
from tests.real.dropbear import running_dropbear
from tests.real.sshd import free_port, running_sshd
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
    assert (seen.is_silence, seen.is_there) == (True, False), "a port of this machine may lead to another one"


async def test_silence_fails_after_the_timeout() -> None:
    with mute_server() as port:
        seen = await look(Params(port, timeout=timedelta(seconds=0.2)))
    assert (seen.health, seen.why) == (Health.FAIL, f"no answer from 127.0.0.1:{port} within 0.2 s")
    assert not seen.is_there


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


# --- the SSH port, where the host key is asked for --------------------------------------------------------------


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    with running_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


async def look_at_ssh(port: int, known_hosts, target: str = "host:atlas"):
    host = Host("atlas", "127.0.0.1", ssh=Ssh(port=port, known_hosts=known_hosts))
    async with by_ssh(host) as given:
        (seen,) = await TcpProbe(watched(target), Params(port, timeout=timedelta(seconds=2)), given).look()
    return seen


def known_as(name: str, key: str, file):
    file.write_text(f"{name} {key}\n")
    return file


@pytest.mark.real
async def test_a_known_host_key_proves_what_an_open_ssh_port_does_not(sshd, tmp_path) -> None:
    proven = await look_at_ssh(sshd.port, sshd.known_hosts)
    assert (proven.health, proven.evidence) == (Health.OK, Evidence.INSIDE)
    assert proven.why.endswith("answers with the host key known for it")
    reached = await look_at_ssh(sshd.port, tmp_path / "none")
    assert (reached.health, reached.evidence) == (Health.OK, Evidence.OUTSIDE)
    assert reached.why.endswith("answers, as that of an initramfs does; no host key is known for it")
    service = await look_at_ssh(sshd.port, tmp_path / "none", "service:git")
    assert (service.health, service.evidence) == (Health.OK, Evidence.INSIDE), "its check is what a service is"


@pytest.mark.real
async def test_its_key_may_be_known_by_the_machines_name(sshd, tmp_path) -> None:
    key = sshd.known_hosts.read_text().partition(" ")[2].strip()
    seen = await look_at_ssh(sshd.port, known_as(f"[atlas]:{sshd.port}", key, tmp_path / "known"))
    assert seen.evidence is Evidence.INSIDE


@pytest.mark.real
async def test_an_initramfs_with_a_key_of_its_own_is_reached_and_proves_nothing(sshd, tmp_path) -> None:
    key = sshd.known_hosts.read_text().partition(" ")[2].strip()
    with running_dropbear(tmp_path / "initramfs") as initramfs:
        known = known_as(f"[127.0.0.1]:{initramfs.port}", key, tmp_path / "known")
        seen = await look_at_ssh(initramfs.port, known)
    assert (seen.health, seen.evidence) == (Health.OK, Evidence.OUTSIDE)
    assert "answers, but another system answers (dropbear_" in seen.why


@pytest.mark.real
async def test_with_a_known_key_too_silence_fails_and_what_fails_here_says_nothing(sshd, tmp_path) -> None:
    key, port = sshd.known_hosts.read_text().partition(" ")[2].strip(), free_port()
    seen = await look_at_ssh(port, known_as(f"[127.0.0.1]:{port}", key, tmp_path / "known"))
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.HOST_DOWN)
    assert seen.why == f"cannot connect to 127.0.0.1:{port}: because Connection refused"
    async with by_ssh(Host("atlas", ssh=Ssh(known_hosts=known_as("no..where", key, tmp_path / "known")))) as given:
        (unseen,) = await TcpProbe(watched("host:atlas", "no..where"), Params(22), given).look()
    assert (unseen.health, unseen.kind) == (Health.UNKNOWN, None)
