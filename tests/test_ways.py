"""The ways lab.yaml tells: to hosts, into guests, to the bot's own machine, and to the ends of files."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Config, Host, Runbooks, SlackConfig, Ssh
from bot.core.health import Target, TargetId
from bot.core.incidents.console_log import TAIL, LogEnd, Mark
from bot.core.jobs import Place, PlaceKind
from bot.hypervisor import GuestRefused, Hypervisor
from bot.hypervisor.machine import Machine
from bot.reach import Refused, Script
from bot.reach.guest import GuestReach
from bot.reach.local import LocalReach
from bot.ways import END, Ways
from tests.real.sshd import running_sshd
from tests.walking import PEOPLE

BOOT_ID = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
LIMIT = timedelta(seconds=10)
ATLAS, GUEST, BOT = Place(PlaceKind.HOST, "atlas"), Place(PlaceKind.GUEST, "web1"), Place(PlaceKind.BOT)


def machine(guest: str) -> Machine:
    if guest != "web1":
        raise GuestRefused(f"cannot find '{guest}': because nothing here is called that")
    return Machine(guest, "6695eb01", Hypervisor("atlas", "test:///default", on_event=lambda _: None))


def ways(*hosts: Host, run_on_bot=False) -> Ways:
    by_name = {host.name: host for host in hosts}
    books = Runbooks(run_on_bot=run_on_bot)
    config = Config(Path("lab.yaml"), SlackConfig("homelab"), PEOPLE, hosts=by_name, runbooks=books)
    return Ways(config)


@pytest.fixture
def log(tmp_path):
    """A console's log that is longer than what is read of it."""
    log = tmp_path / "it's a $log"
    log.write_text("x" * END + "\nweb1 login: ")
    return log


def whole(log: Path, upto: int = 0) -> LogEnd:
    content = log.read_bytes()
    there = content[max(0, upto - TAIL) : upto]
    return LogEnd(len(content), content[-END:], Mark(upto, there.hex()))


# --- to a place --------------------------------------------------------------------------------------------------


def test_the_bots_machine_is_reached_only_where_lab_yaml_allows_it() -> None:
    assert isinstance(ways(run_on_bot=True).to(BOT, machine).inner, LocalReach)
    with pytest.raises(Refused, match=r"because lab.yaml does not say runbooks.run_on_bot"):
        ways().to(BOT, machine)


@pytest.mark.parametrize(
    ("hosts", "do"), [((), "put it back and restart Caretaker, or stop this run"), ((Host("atlas"),), "")]
)
def test_a_host_that_lab_yaml_tells_no_way_to_is_refused(hosts, do) -> None:
    with pytest.raises(
        Refused, match=f"cannot run anything on 'atlas': because lab.yaml has no hosts.atlas.ssh.*{do}$"
    ):
        ways(*hosts).to(ATLAS, machine)


def test_a_guest_is_reached_through_its_hypervisor_if_it_has_one() -> None:
    assert isinstance(ways().to(GUEST, machine).inner, GuestReach)
    with pytest.raises(Refused, match="cannot find 'web2'"):
        ways().to(Place(PlaceKind.GUEST, "web2"), machine)


@pytest.mark.real
async def test_a_host_is_entered_once_and_kept(tmp_path, log) -> None:
    with running_sshd(tmp_path / "sshd") as server:
        ssh = Ssh(server.user, server.port, server.key, server.known_hosts)
        known = ways(Host("atlas", "127.0.0.1", ssh))
        try:
            assert (
                await known.to(ATLAS, machine).run(Script("sh", "echo here"), values={}, limit=LIMIT)
            ).output == "here\n"
            assert known.to(ATLAS, machine) is known.to(ATLAS, machine)
            assert await known.read_end("atlas", str(log)) == whole(log)
            (tmp_path / "short").write_bytes(b"\xff\x00web1 login: ")
            assert await known.read_end("atlas", str(tmp_path / "short")) == LogEnd(14, b"\xff\x00web1 login: ")
            (tmp_path / "none").touch()
            assert await known.read_end("atlas", str(tmp_path / "none")) == LogEnd(0, b"")
            for upto in (5, 100, log.stat().st_size, 10**6):
                assert await known.read_end("atlas", str(log), upto) == whole(log, upto)
            with pytest.raises(Refused, match=r"cannot read '/nowhere' on atlas: because .*No such file"):
                await known.read_end("atlas", "/nowhere")
            assert await known.process_of("atlas", "6695eb01") == ""
            assert await known.size_of("atlas", str(log)) == log.stat().st_size
            assert await known.size_of("atlas", "/nowhere") is None
        finally:
            await known.close()


# --- keys --------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path / ".ssh"


def test_without_a_key_nobody_knocks(home) -> None:
    with pytest.raises(Refused, match=f"cannot log in to atlas: because there is no key in {home}"):
        ways(Host("atlas", ssh=Ssh())).to(ATLAS, machine)


def test_without_known_host_keys_nobody_knocks(home) -> None:
    (home / "id_ed25519").touch()
    with pytest.raises(Refused, match=f"cannot log in to atlas: because '{home}/known_hosts' is not there"):
        ways(Host("atlas", ssh=Ssh())).to(ATLAS, machine)


def test_a_key_that_lab_yaml_names_must_be_there(home) -> None:
    with pytest.raises(Refused, match=f"cannot log in to atlas: because '{home}/other' is not there"):
        ways(Host("atlas", ssh=Ssh(key=home / "other"))).to(ATLAS, machine)


def test_the_users_own_key_is_used_where_none_is_named(home) -> None:
    for name in ("id_rsa", "id_ed25519", "known_hosts"):
        (home / name).touch()
    entered = ways(Host("atlas", "10.0.0.5", Ssh("admin", 2222))).to(ATLAS, machine).inner._host
    assert (entered.address, entered.port, entered.user) == ("10.0.0.5", 2222, "admin")
    assert (entered.key, entered.known_hosts) == (home / "id_ed25519", home / "known_hosts")


# --- files of this machine ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", ["test:///default", "qemu:///system", "qemu+unix:///session?socket=/run/x"])
async def test_where_libvirt_is_here_the_file_is_here(log, uri) -> None:
    known = ways(Host("atlas", hypervisor=uri))
    assert await known.read_end("atlas", str(log)) == whole(log)
    assert await known.read_end("atlas", str(log), 100) == whole(log, 100)
    with pytest.raises(Refused, match="cannot read '/nowhere': because No such file"):
        await known.read_end("atlas", "/nowhere")


@pytest.mark.parametrize("uri", ["qemu+tls://atlas/system", None])
async def test_another_machines_file_is_not_looked_for_here(log, uri) -> None:
    with pytest.raises(Refused, match=r"because lab.yaml has no hosts.atlas.ssh"):
        await ways(Host("atlas", hypervisor=uri)).read_end("atlas", str(log))


@pytest.mark.real
async def test_a_guests_process_is_told_from_every_other(tmp_path) -> None:
    qemu = tmp_path / "qemu-system-x86"
    qemu.write_text("#!/bin/sh\nread -r _\n")
    qemu.chmod(0o755)

    def run(uuid: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([qemu, "-uuid", uuid, "-S"], stdin=subprocess.PIPE)

    here = ways(Host("atlas", hypervisor="test:///default"))
    with run("6695eb01") as first, run("6695eb02") as other:
        found = await here.process_of("atlas", "6695eb01")
        assert found.split()[:2] == [BOOT_ID, str(first.pid)]
        assert await here.process_of("atlas", "6695eb01") == found
        assert await here.process_of("atlas", "6695eb02") != found
        assert await here.process_of("atlas", "6695eb") == ""
        with run("6695eb01") as twice:
            assert await here.process_of("atlas", "6695eb01") == "", "which of the two?"
            twice.communicate()
        first.communicate()
        assert await here.process_of("atlas", "6695eb01") == ""
        other.communicate()


# --- where SSH servers are ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "port", "known_hosts"),
    [
        (Target(TargetId("host:atlas")), 2222, "of-atlas"),
        (Target(TargetId("guest:6695eb01"), runs_on=TargetId("host:atlas")), 22, "of-atlas"),
        (Target(TargetId("guest:6695eb01")), 22, "known_hosts"),
        (Target(TargetId("host:nas")), 22, "known_hosts"),
        (Target(TargetId("service:git")), 22, "known_hosts"),
    ],
)
def test_an_ssh_server_is_where_its_host_says_and_known_where_that_is(home, target, port, known_hosts) -> None:
    atlas = Host("atlas", ssh=Ssh(port=2222, known_hosts=home / "of-atlas"))
    door = ways(atlas, Host("nas")).door(target, "10.0.0.9")
    assert (door.address, door.port, door.known_hosts, door.name) == (
        "10.0.0.9",
        port,
        home / known_hosts,
        "10.0.0.9",
    )


async def test_a_host_key_is_known_or_not(home) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKgBZ4mBUXUUmn2V3GrUBzKO0PGcMfzuS8mU0DLbTfKk"
    door = ways().door(Target(TargetId("service:git")), "10.0.0.9")
    assert not await ways().knows(door), "there is no file"
    door.known_hosts.write_text(f"10.0.0.8 {key}\n")
    assert not await ways().knows(door)
    door.known_hosts.write_text(f"10.0.0.9 {key}\n")
    assert await ways().knows(door)
