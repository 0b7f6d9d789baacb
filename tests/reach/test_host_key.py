"""What an SSH server's answer shows: against real sshd and dropbear, and servers that do as servers should not."""

import asyncio
import contextlib
import os
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from bot.names import Names
from bot.reach.host_key import KnownHosts, ssh_proof
from bot.reach.ssh_answer import Answer, Door, judge
from tests.environment import environment
from tests.reach.strangers import server
from tests.real.dropbear import running_dropbear
from tests.real.processes import installed
from tests.real.sshd import free_port, running_sshd

pytestmark = [pytest.mark.real]

DEADLINE = timedelta(seconds=5)
SOON = timedelta(seconds=0.3)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A server with two host keys, ed25519 and RSA, and their public lines by name."""
    folder = tmp_path_factory.mktemp("keys")
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    rsa.write_private_key(folder / "rsa")
    (folder / "rsa").chmod(0o600)
    with running_sshd(folder, extra=f"HostKey {folder}/rsa\n") as server:
        ed25519 = asyncssh.read_private_key(folder / "host_key")
        yield server, {"ed25519": public(ed25519), "rsa": public(rsa)}


def public(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


def stranger(kind: str = "ssh-ed25519", **more) -> str:
    """A key that nobody has."""
    return public(asyncssh.generate_private_key(kind, **more))


def known(tmp_path, port: int, *keys: str, name: str = "127.0.0.1", marker: str = ""):
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{marker}[{name}]:{port} {key}\n" for key in keys))
    return file


async def ask(door: Door, *, deadline: timedelta = DEADLINE):
    return await ssh_proof(door, deadline, Names(), KnownHosts())


async def test_a_server_with_the_known_host_key_proves_its_machine(sshd) -> None:
    answer = await ask(Door("127.0.0.1", sshd.port, sshd.known_hosts))
    assert (answer.answer, answer.proves, answer.is_ours) == (Answer.KNOWN_KEY, True, False)
    assert answer.banner.startswith("OpenSSH_")
    assert answer.why == f"its SSH server ({answer.banner}) answers with the host key known for it"


async def test_nobody_is_logged_in_and_the_server_logs_no_failed_login(sshd) -> None:
    await ask(Door("127.0.0.1", sshd.port, sshd.known_hosts))
    log = (sshd.folder / "log").read_text()
    assert not [word for word in ("Accepted", "Failed", "Invalid user", "Permission") if word in log]


async def test_no_ssh_config_of_the_bots_own_user_is_read(sshd, tmp_path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  KexAlgorithms no-such-exchange\n")
    with environment(HOME=tmp_path):
        assert (await ask(Door("127.0.0.1", sshd.port, sshd.known_hosts))).proves


async def test_another_key_is_another_system(sshd, tmp_path) -> None:
    door = Door("127.0.0.1", sshd.port, known(tmp_path, sshd.port, stranger()))
    answer = await ask(door)
    assert (answer.answer, answer.proves, answer.is_ours) == (Answer.OTHER_KEY, False, True)
    assert answer.why.endswith(" answers with another host key than the one known for 127.0.0.1")
    assert f"“ssh-keygen -R '[127.0.0.1]:{sshd.port}' -f {door.known_hosts}”" in answer.mend


async def test_a_banner_alone_proves_nothing_where_no_key_is_known(sshd, tmp_path) -> None:
    answer = await ask(Door("127.0.0.1", sshd.port, known(tmp_path, sshd.port)))
    assert (answer.answer, answer.proves, answer.is_ours) == (Answer.UNKNOWN_KEY, False, True)
    assert answer.why.endswith(" answers, but no host key is known for 127.0.0.1")
    assert f"“ssh -p {sshd.port} 127.0.0.1”" in answer.mend


@pytest.mark.parametrize("kinds", [["ed25519"], ["rsa"], ["ed25519", "rsa"]])
async def test_of_a_servers_keys_the_one_that_is_known_is_asked_for(keys, tmp_path, kinds) -> None:
    sshd, lines = keys
    file = known(tmp_path, sshd.port, *(lines[kind] for kind in kinds))
    assert (await ask(Door("127.0.0.1", sshd.port, file))).proves


async def test_a_server_without_a_key_of_the_known_kind_is_another_system(sshd, tmp_path) -> None:
    file = known(tmp_path, sshd.port, stranger("ecdsa-sha2-nistp256"))
    assert (await ask(Door("127.0.0.1", sshd.port, file))).answer is Answer.OTHER_KEY


async def test_a_revoked_key_proves_nothing(sshd, tmp_path) -> None:
    line = sshd.known_hosts.read_text().partition(" ")[2].strip()
    file = known(tmp_path, sshd.port, line)
    file.write_text(f"{file.read_text()}@revoked * {line}\n")
    answer = await ask(Door("127.0.0.1", sshd.port, file))
    assert not answer.proves


async def test_a_key_that_a_certificate_authority_vouches_for_is_not_known_by_that(sshd, tmp_path) -> None:
    file = known(tmp_path, sshd.port, stranger(), marker="@cert-authority ")
    assert (await ask(Door("127.0.0.1", sshd.port, file))).answer is Answer.UNKNOWN_KEY


async def test_hashed_names_comments_and_broken_lines_are_as_ssh_has_them(sshd) -> None:
    file = sshd.folder / "hashed"
    file.write_text(f"# mine\nbroken\n\xff\n@what is this\n{_hashed(sshd)}")
    assert "127.0.0.1" not in file.read_text()
    assert (await ask(Door("127.0.0.1", sshd.port, file))).proves


def _hashed(sshd) -> str:
    file = sshd.folder / "to hash"
    file.write_text(sshd.known_hosts.read_text())
    subprocess.run([installed("ssh-keygen"), "-q", "-H", "-f", file], check=True, capture_output=True)
    return file.read_text()


async def test_a_machine_is_known_by_the_name_it_is_asked_for_and_by_no_other(sshd, tmp_path) -> None:
    line = sshd.known_hosts.read_text().partition(" ")[2].strip()
    file = known(tmp_path, sshd.port, line)  # for its address, which another machine may have had
    assert (await ask(Door("127.0.0.1", sshd.port, file, known_as="web1"))).answer is Answer.UNKNOWN_KEY
    file = known(tmp_path, sshd.port, line, name="web1")
    assert (await ask(Door("127.0.0.1", sshd.port, file, known_as="web1"))).proves


async def test_a_key_that_another_machine_has_too_tells_the_two_not_apart(sshd, tmp_path) -> None:
    line = sshd.known_hosts.read_text().partition(" ")[2].strip()
    file = tmp_path / "known_hosts"
    file.write_text(f"web1 {line}\nweb2,10.0.0.2 {line}\n")
    answer = await ask(Door("127.0.0.1", sshd.port, file, known_as="web1", others=("db1", "web1", "web2")))
    assert (answer.answer, answer.proves) == (Answer.UNKNOWN_KEY, False)
    assert "is known for web2 too" in answer.why


async def test_known_hosts_that_cannot_be_read_are_our_own_trouble(sshd, tmp_path) -> None:
    answer = await ask(Door("127.0.0.1", sshd.port, tmp_path / "missing"))
    assert answer.answer is Answer.CANNOT_LOOK
    assert answer.why.endswith("because No such file or directory")


async def test_a_changed_file_is_read_again(sshd, tmp_path) -> None:
    known_hosts, file = KnownHosts(), known(tmp_path, sshd.port)
    door = Door("127.0.0.1", sshd.port, file)
    assert not (await ssh_proof(door, DEADLINE, Names(), known_hosts)).proves
    file.write_text(sshd.known_hosts.read_text())
    assert (await ssh_proof(door, DEADLINE, Names(), known_hosts)).proves


async def test_an_initramfs_that_waits_for_a_passphrase_has_another_key(sshd, tmp_path) -> None:
    with running_dropbear(tmp_path / "initramfs") as initramfs:
        answer = await ask(Door("127.0.0.1", initramfs.port, known(tmp_path, initramfs.port, stranger())))
        assert (answer.answer, answer.proves) == (Answer.OTHER_KEY, False)
        assert answer.why == f"another system answers ({answer.banner}): it may wait for its disk's passphrase"
        assert answer.banner.startswith("dropbear_")


async def test_an_initramfs_with_no_key_of_the_known_kind_is_another_system(tmp_path) -> None:
    with running_dropbear(tmp_path / "initramfs") as initramfs:
        rsa = stranger("ssh-rsa", key_size=2048)
        answer = await ask(Door("127.0.0.1", initramfs.port, known(tmp_path, initramfs.port, rsa)))
        assert answer.answer is Answer.OTHER_KEY
        assert "another system answers (dropbear_" in answer.why


async def test_an_initramfs_with_the_machines_own_key_does_not_prove_it(sshd, tmp_path) -> None:
    machine = asyncssh.read_private_key(sshd.folder / "host_key")
    with running_dropbear(tmp_path / "initramfs", key=machine) as initramfs:
        file = known(tmp_path, initramfs.port, initramfs.key.strip())
        answer = await ask(Door("127.0.0.1", initramfs.port, file))
        assert (answer.answer, answer.proves, answer.is_ours) == (Answer.MAYBE_INITRAMFS, False, True)
        assert "may wait for its disk's passphrase" in answer.why
        assert "“software: dropbear”" in answer.mend
        router = Door("127.0.0.1", initramfs.port, file, software="dropbear")
        assert (await ask(router)).proves, "its owner says that dropbear is its own server"


@pytest.mark.parametrize("banner", ["tinyssh_noversion", "TinySSH_20230101", "dropbear", "dropbear_2024.86"])
def test_the_servers_of_initramfs_are_known_by_their_banners(banner) -> None:
    door = Door("10.0.0.21", 22, Path(os.devnull))
    answer = judge(door, banner, known=True, fits=True, twin=None)
    assert (answer.answer, answer.proves) == (Answer.MAYBE_INITRAMFS, False)
    assert not judge(replace(door, software="OpenSSH"), banner, known=True, fits=True, twin=None).proves
    assert judge(replace(door, software=banner), banner, known=True, fits=True, twin=None).proves


async def test_a_server_that_shows_a_key_that_it_does_not_have_proves_nothing(sshd, tmp_path) -> None:
    """Public keys are public: whoever repeats what the machine said signs nothing for this conversation."""
    said = await _conversation(sshd.port)

    async def repeat(reader, writer):
        writer.write(said)
        await reader.read()

    async with server(repeat) as port:
        line = sshd.known_hosts.read_text().partition(" ")[2].strip()
        answer = await ask(Door("127.0.0.1", port, known(tmp_path, port, line)), deadline=SOON)
    assert not answer.proves


async def _conversation(port: int) -> bytes:
    """All that a server says to a client up to the end of the key exchange."""
    said = b""

    async def relay(reader, writer):
        nonlocal said
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def forth():
            while data := await reader.read(2**16):
                back.write(data)
            back.close()

        pouring = asyncio.create_task(forth())
        while data := await there.read(2**16):
            said += data
            writer.write(data)
        await pouring

    async with server(relay) as between:
        with contextlib.suppress(OSError, asyncssh.Error):
            await asyncssh.get_server_host_key("127.0.0.1", between, config=None)
    return said


async def test_a_machine_that_is_not_there_is_silent() -> None:
    port = free_port()
    answer = await ask(Door("127.0.0.1", port, Path(os.devnull)))
    assert answer.answer is Answer.SILENT
    assert answer.why == f"cannot connect to 127.0.0.1:{port}: because Connection refused"


async def test_a_name_that_cannot_be_looked_up_says_nothing() -> None:
    assert (await ask(Door("no..where", 22, Path(os.devnull)))).answer is Answer.CANNOT_LOOK
