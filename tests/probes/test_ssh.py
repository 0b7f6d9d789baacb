"""The SSH probe against real sshd and dropbear, and against servers that are none."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from bot.config import Host, Ssh
from bot.core.health import Evidence, Health, Kind
from bot.core.incidents.evidence import RULES
from bot.probes.ssh import Params, SshProbe
from bot.probes.tcp import Means
from tests.probes.parts import NOW, by_ssh, watched
from tests.reach.strangers import hang_up, server, stall
from tests.real.dropbear import running_dropbear
from tests.real.sshd import free_port, running_sshd

pytestmark = [pytest.mark.real]

NOTHING = Path("/dev/null")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    with running_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


async def look(params: Params, target: str = "host:atlas", host: Host | None = None, address: str = "127.0.0.1"):
    async with by_ssh(*([host] if host else [])) as given:
        probe = SshProbe(watched(target, address, "ssh"), params, given)
        seen, watching = await probe.look()
        await probe.close()
    assert (str(seen.fingerprint), str(watching.fingerprint)) == (f"ssh@{target}", f"watching ssh@{target}")
    assert (seen.at, watching.evidence) == (NOW, Evidence.NONE), "being let in proves nothing"
    return seen, watching


def proves(seen) -> bool:
    return seen.health is Health.OK and seen.evidence in RULES[watched(seen.target).target.kind].accepts


def entry(tmp_path, port: int, *keys: str):
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"[127.0.0.1]:{port} {key}\n" for key in keys))
    return file


def stranger() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


async def test_a_key_that_another_machine_has_too_proves_no_guest(sshd, tmp_path):
    key = sshd.known_hosts.read_text().split(" ", 1)[1].strip()
    file = tmp_path / "known_hosts"
    file.write_text(f"[web1]:{sshd.port} {key}\n[web2]:2299 {key}\n")
    params = Params(sshd.port, known_hosts=file, known_as="web1")
    async with by_ssh() as given:
        for others, health in ((["db1"], Health.OK), (["db1", "web2"], Health.UNKNOWN)):
            parts = replace(given, ssh=replace(given.ssh, others=lambda _guest, names=tuple(others): names))
            probe = SshProbe(watched("guest:6695eb01", "127.0.0.1", "ssh"), params, parts)
            seen, _ = await probe.look()
            assert seen.health is health


@pytest.mark.parametrize("target", ["host:atlas", "service:git", "guest:6695eb01"])
async def test_the_known_host_key_proves_the_machine_from_inside(sshd, target) -> None:
    seen, watching = await look(Params(sshd.port, known_hosts=sshd.known_hosts), target)
    assert proves(seen)
    assert seen.why.endswith("answers with the host key known for it")
    assert watching.health is Health.OK


async def test_port_and_known_hosts_are_the_hosts_own_where_nothing_else_is_said(sshd) -> None:
    host = Host("atlas", ssh=Ssh(port=sshd.port, known_hosts=sshd.known_hosts))
    seen, _ = await look(Params(), host=host)
    assert proves(seen)


async def test_a_banner_alone_proves_nothing(sshd) -> None:
    seen, watching = await look(Params(sshd.port, known_hosts=NOTHING))
    assert (seen.health, seen.kind, proves(seen)) == (Health.UNKNOWN, None, False)
    assert (watching.health, watching.kind) == (Health.FAIL, Kind.CANNOT_WATCH)
    assert watching.facts["refusal"] == "unknown-key"
    assert watching.why == f"{seen.why}. {watching.facts['mend']}"
    assert "log in once by hand" in watching.facts["mend"]


async def test_any_other_key_proves_nothing(sshd, tmp_path) -> None:
    file = entry(tmp_path, sshd.port, stranger(), stranger())
    seen, watching = await look(Params(sshd.port, known_hosts=file))
    assert (seen.health, seen.kind, proves(seen)) == (Health.UNKNOWN, None, False)
    assert (watching.health, watching.kind) == (Health.FAIL, Kind.CANNOT_WATCH)
    assert "answers with another host key" in watching.why


@pytest.mark.parametrize("whose", ["its own", "the machine's"])
async def test_an_initramfs_that_waits_for_a_passphrase_proves_nothing(sshd, tmp_path, whose) -> None:
    machine = asyncssh.read_private_key(sshd.folder / "host_key")
    with running_dropbear(tmp_path / "initramfs", key=machine if whose == "the machine's" else None) as initramfs:
        file = entry(tmp_path, initramfs.port, machine.export_public_key().decode().strip())
        seen, watching = await look(Params(initramfs.port, known_hosts=file))
        assert (seen.health, proves(seen)) == (Health.UNKNOWN, False)
        assert "dropbear_" in watching.why
        assert "may wait for its disk's passphrase" in watching.why
        own = Params(initramfs.port, known_hosts=file, software="dropbear")
        assert proves((await look(own))[0]) is (whose == "the machine's"), "a router's own dropbear"


async def test_an_open_port_proves_nothing(tmp_path) -> None:
    async with server(stall) as port:
        seen, watching = await look(
            Params(port, known_hosts=entry(tmp_path, port, stranger()), timeout=timedelta(seconds=0.2))
        )
    assert (seen.health, seen.kind, proves(seen)) == (Health.FAIL, Kind.SERVICE_DOWN, False), "no host is down"
    assert seen.is_there, "it takes connections"
    assert watching.health is Health.UNKNOWN
    async with server(hang_up) as port:
        seen, watching = await look(Params(port, known_hosts=entry(tmp_path, port, stranger())))
    assert (seen.health, proves(seen)) == (Health.UNKNOWN, False)
    assert (watching.health, watching.kind) == (Health.FAIL, Kind.CANNOT_WATCH)


@pytest.mark.parametrize(
    ("target", "means", "kind"),
    [
        ("host:atlas", None, Kind.HOST_DOWN),
        ("host:atlas", Means.SERVICE_DOWN, Kind.SERVICE_DOWN),
        ("guest:6695eb01", None, Kind.SERVICE_DOWN),
        ("service:gateway", Means.HOST_DOWN, Kind.HOST_DOWN),
    ],
)
async def test_what_silence_means_depends_on_what_is_watched_and_can_be_said(target, means, kind) -> None:
    seen, watching = await look(Params(free_port(), known_hosts=NOTHING, means=means), target)
    assert (seen.health, seen.kind, seen.evidence) == (Health.FAIL, kind, Evidence.NONE)
    assert not seen.is_there, "a port of this machine that refuses may lead to another one"
    assert watching.health is Health.UNKNOWN


async def test_what_keeps_this_machine_from_looking_says_nothing_of_the_other(sshd) -> None:
    for params in (
        Params(22, address="no..where", known_hosts=NOTHING),
        Params(sshd.port, known_hosts=Path("no")),
    ):
        seen, watching = await look(params)
        assert (seen.health, watching.health) == (Health.UNKNOWN, Health.UNKNOWN)


async def test_a_name_of_its_own_in_known_hosts_can_be_said(sshd, tmp_path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"web1 {sshd.known_hosts.read_text().partition(' ')[2]}")
    assert proves((await look(Params(sshd.port, known_hosts=file, known_as="web1")))[0])
    assert not proves((await look(Params(sshd.port, known_hosts=file)))[0])
