"""What a guest's SSH server shows: where lab.yaml has its address, and where its host has heard of one."""

from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from bot.config import Config, Guest, Host, SlackConfig, Ssh
from bot.core.health import Target, TargetId, guest_id
from bot.hypervisor import Hypervisor
from bot.names import HERE
from bot.reach.ssh_answer import Answer
from bot.rounds.found_at import FoundAt
from bot.rounds.guest_ssh import GuestSsh
from bot.terminal.spots import strangers
from tests.probes.parts import by_ssh
from tests.real.dropbear import running_dropbear
from tests.real.network import needs_networks, network
from tests.real.sshd import running_sshd

pytestmark = [pytest.mark.real]

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"  # of the guest that libvirt's test hypervisor has
WEB1 = Target(guest_id(UUID), TargetId("host:atlas"), name="web1")
TWIN = Target(guest_id(UUID.replace("6", "7")), TargetId("host:borea"), name="web1")
DB1 = Target(guest_id(UUID.replace("6", "8")), TargetId("host:atlas"), name="db1")
SAID = "192.0.2.21"  # as lab.yaml says of web1; what is said to be there is on this machine
LEASED = "192.168.122.3"  # as the test hypervisor says of it


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    with running_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def line(sshd) -> str:
    return sshd.known_hosts.read_text().partition(" ")[2].strip()


@asynccontextmanager
async def asking(
    known_hosts: Path,
    *said: Guest,
    port: int,
    known=(WEB1, DB1),
    uri="test:///default",
    host="atlas",
    asked="atlas",
    here=SAID,
):
    """What asks guests of a lab, whose SSH servers are on that port. `asked`: where lab.yaml says libvirt is.

    `here`: the address that is on this machine.
    """
    atlas_host = Host("atlas", host, ssh=Ssh(known_hosts=known_hosts), hypervisor=f"qemu+ssh://{asked}/system")
    config = Config(
        Path("lab.yaml"),
        SlackConfig("homelab"),
        (),
        hosts={"atlas": atlas_host},
        guests={one.name: one for one in said},
    )
    atlas = Hypervisor("atlas", uri, on_event=lambda _event: None)
    try:
        async with by_ssh(atlas_host) as given:

            def door(target: Target, address: str):
                made = replace(given.ssh.door(target, address), port=port)
                return replace(made, address=HERE, known_as=here) if address == here else made

            parts = replace(given, hypervisors={"atlas": atlas}, ssh=replace(given.ssh, door=door))
            yield GuestSsh(config, parts, FoundAt(parts.hypervisors, parts.names, lambda: known))
    finally:
        await atlas.close()


@pytest.mark.parametrize("name", ["web1", SAID])
async def test_a_guest_with_an_address_is_known_by_its_name_or_by_that(sshd, tmp_path, name) -> None:
    (tmp_path / "known").write_text(f"{name} {line(sshd)}\n")
    async with asking(tmp_path / "known", Guest("web1", SAID), port=sshd.port) as ask:
        answer = await ask(WEB1)
    assert answer is not None
    assert answer.proves


async def test_a_key_that_is_known_for_its_hosts_address_does_not_prove_a_guest_that_is_said_to_have_it_too(
    sshd, tmp_path
) -> None:
    (tmp_path / "known").write_text(f"{SAID} {line(sshd)}\n")
    for host, said in ((SAID, ()), ("atlas", (Guest("db1", SAID),))):
        web1 = Guest("web1", SAID)
        async with asking(tmp_path / "known", web1, *said, port=sshd.port, host=host) as ask:
            assert await ask(WEB1) is None
            assert not await ask.could_prove(WEB1, running=True)


async def test_a_key_that_is_known_for_where_its_hypervisor_is_asked_does_not_prove_a_guest(
    sshd, tmp_path
) -> None:
    (tmp_path / "known").write_text(f"{SAID} {line(sshd)}\n")
    async with asking(tmp_path / "known", Guest("web1", SAID), port=sshd.port, asked=SAID) as ask:
        assert await ask(WEB1) is None
    async with asking(tmp_path / "known", Guest("web1", SAID), port=sshd.port, asked="10.9.0.1") as ask:
        assert (await ask(WEB1)).answer is Answer.KNOWN_KEY


async def test_a_key_that_is_known_for_the_bots_own_machine_does_not_prove_a_guest_and_one_of_its_own_name_does(
    sshd, tmp_path
) -> None:
    known = tmp_path / "known"
    known.write_text(f"{HERE} {line(sshd)}\n")
    async with asking(known, Guest("web1", HERE), port=sshd.port) as ask:
        assert await ask(WEB1) is None
        known.write_text(f"web1 {line(sshd)}\n")
        assert (await ask(WEB1)).answer is Answer.KNOWN_KEY


async def test_who_answers_in_a_guests_place_is_told_with_what_to_do(sshd, tmp_path) -> None:
    known = tmp_path / "known"
    known.write_text(f"web1 {stranger()}\n")
    async with asking(known, Guest("web1", SAID), port=sshd.port) as ask:
        [(what, how)] = await strangers([WEB1, DB1], ask)
        assert what.startswith("web1: its SSH server (OpenSSH")
        assert what.endswith("another host key than the one known for web1")
        assert "ssh-keygen -R" in how
        assert await strangers([replace(WEB1, ephemeral=True)], ask) == []
        known.write_text(f"web1 {line(sshd)}\n")
        assert await strangers([WEB1], ask) == []


async def test_a_guest_of_which_no_key_is_known_is_not_asked(sshd, tmp_path) -> None:
    (tmp_path / "known").write_text(f"db1 {line(sshd)}\n")
    async with asking(tmp_path / "known", Guest("web1", SAID), port=sshd.port) as ask:
        assert await ask(WEB1) is None


async def test_a_guest_could_prove_itself_by_ssh_where_it_is_found_and_its_key_is_known(tmp_path) -> None:
    key, known = stranger(), tmp_path / "known"
    async with asking(known, port=1) as ask:
        assert not await ask.could_prove(WEB1, running=False), "no key is known"
        known.write_text(f"web1 {key}\ndb1 {key}\n")
        assert await ask.could_prove(DB1, running=False), "it is found once it runs"
        assert not await ask.could_prove(DB1, running=True), "nobody knows where it is"
    async with asking(known, Guest("web1", SAID), port=1) as ask:
        assert await ask.could_prove(WEB1, running=True)
    async with asking(known, port=1, known=(WEB1, TWIN)) as ask:
        assert not await ask.could_prove(WEB1, running=False), "the key may be its twin's"


async def test_a_guest_that_waits_for_its_passphrase_says_what_answers_instead(sshd, tmp_path) -> None:
    (tmp_path / "known").write_text(f"web1 {line(sshd)}\n")
    with running_dropbear(tmp_path / "initramfs") as initramfs:
        async with asking(tmp_path / "known", Guest("web1", SAID), port=initramfs.port) as ask:
            answer = await ask(WEB1)
    assert answer is not None
    assert (answer.answer, answer.proves) == (Answer.OTHER_KEY, False)
    assert "it may wait for its disk's passphrase" in answer.why


async def test_a_copied_host_key_proves_neither_of_two_guests(sshd, tmp_path) -> None:
    (tmp_path / "known").write_text(f"web1 {line(sshd)}\ndb1 {line(sshd)}\n")
    async with asking(tmp_path / "known", Guest("web1", SAID), port=sshd.port) as ask:
        assert await ask(WEB1) is None


async def test_what_its_hypervisor_finds_at_an_address_is_not_the_guest_that_is_said_to_be_there(
    sshd, tmp_path
) -> None:
    """libvirt says that web1's clone, which has its keys, is at the address that lab.yaml has for web1."""
    clone, web1 = replace(WEB1, name="web1-clone"), replace(DB1, name="web1")
    (tmp_path / "known").write_text(f"web1 {line(sshd)}\n{LEASED} {line(sshd)}\n")
    async with asking(
        tmp_path / "known", Guest("web1", LEASED), port=sshd.port, known=(web1, clone), here=LEASED
    ) as ask:
        answer = await ask(web1)
    assert answer is not None
    assert (answer.answer, answer.said_at) == (Answer.OTHER_KEY, LEASED)
    assert answer.why.endswith("but its hypervisor finds web1-clone at 192.168.122.3")


async def test_of_two_guests_with_one_name_lab_yaml_has_to_say_which_is_meant(sshd, tmp_path) -> None:
    (tmp_path / "known").write_text(f"{SAID} {line(sshd)}\n")
    both, said = (WEB1, TWIN), Guest("web1", SAID)
    async with asking(tmp_path / "known", said, port=sshd.port, known=both) as ask:
        assert await ask(WEB1) is None
    async with asking(tmp_path / "known", replace(said, host="atlas"), port=sshd.port, known=both) as ask:
        answer = await ask(WEB1)
        assert answer is not None
        assert answer.proves
        assert await ask(TWIN) is None


@needs_networks
async def test_an_address_that_its_host_has_heard_of_serves_with_the_key_of_the_guests_own_name(tmp_path) -> None:
    with network() as there, there.inside():
        there.ip("address", "add", f"{LEASED}/32", "dev", "lo")
        with running_sshd(tmp_path / "sshd", extra=f"ListenAddress {LEASED}\n") as sshd:
            known = tmp_path / "known"
            async with asking(known, port=sshd.port) as ask:
                known.write_text(f"{LEASED} {line(sshd)}\n")
                assert await ask(WEB1) is None, "that address may have been another machine's"
                known.write_text(f"web1 {line(sshd)}\n")
                answer = await ask(WEB1)
                assert answer is not None
                assert answer.proves
                known.write_text(f"web1 {stranger()}\n")
                answer = await ask(WEB1)
                assert answer is not None
                assert answer.answer is Answer.OTHER_KEY


def stranger() -> str:
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


async def test_a_guest_whose_host_is_away_or_unknown_is_not_asked(tmp_path) -> None:
    (tmp_path / "known").write_text(f"web1 {stranger()}\n")
    away = f"test:///{tmp_path}/none.xml"
    async with asking(tmp_path / "known", port=22, uri=away) as ask:
        assert await ask(WEB1) is None
    async with asking(tmp_path / "known", port=22) as ask:
        assert await ask(replace(WEB1, runs_on=TargetId("host:nowhere"))) is None
        assert await ask(replace(WEB1, runs_on=None)) is None


async def test_addresses_are_told_for_a_guest_that_runs_and_none_for_one_that_is_off() -> None:
    atlas = Hypervisor("atlas", "test:///default", on_event=lambda _event: None)
    try:
        assert await atlas.addresses(UUID) == (LEASED,)
        await atlas.power_off(UUID)
        try:
            assert await atlas.addresses(UUID) == ()
        finally:
            await atlas.start_guest(UUID)
    finally:
        await atlas.close()
