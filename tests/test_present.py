"""Whoever acts on a target is told no more than can be seen of it: a network whose cables are pulled."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Check, Config, Guest, Host, Service, SlackConfig, Ssh, Timing, Witnesses
from bot.core.health import Health, TargetId
from bot.probes.tcp import Params
from tests.guests import URI, guest, owned_guests
from tests.monitoring.looking import looking
from tests.real.guest import running_host
from tests.real.network import lan, needs_networks
from tests.walking import PEOPLE

pytestmark = [pytest.mark.real, pytest.mark.slow, needs_networks]

SECOND = timedelta(seconds=1)
SELDOM = Timing(check_every=timedelta(hours=1), grace=timedelta())
NAS, ATLAS, GATEWAY, WEB1 = (
    TargetId("host:nas"),
    TargetId("host:atlas"),
    TargetId("service:gateway"),
    guest("web1"),
)
AFAR = "10.8.0.7"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def door(port: int) -> dict[str, Check]:
    return {"door": Check("door", "tcp", Params(port, timeout=SECOND))}


@pytest.fixture
def home():
    """A machine on the bot's link with a door at 22, a gateway with one at 53, and machines beyond it."""
    with ExitStack() as opened:
        home = opened.enter_context(lan())
        opened.enter_context(home.plug("nas", "10.9.0.10").listen(22))
        opened.enter_context(home.gateway.listen(53))
        opened.enter_context(home.here.inside())
        home.here.allow_pings()
        yield home


@pytest.fixture
def atlas():
    """A host with one guest that runs, `test`."""
    with running_host() as host:
        yield host


def lab(folder: Path, guest: Guest, behind: str | None = None, uri: str = URI, **more) -> Config:
    """Its rounds look once: what is found later is what whoever asks finds."""
    hosts = {
        "nas": Host("nas", "10.9.0.10", checks=door(22)),
        "atlas": Host("atlas", "127.0.0.1", hypervisor=uri, behind=behind, **more),
    }
    services = {"gateway": Service("gateway", "10.9.0.254", checks=door(53))}
    seldom = Witnesses(every=timedelta(hours=1))
    lab = {
        "hosts": hosts,
        "services": services,
        "guests": {guest.name: guest},
        "timing": SELDOM,
        "witnesses": seldom,
    }
    return Config(folder / "lab.yaml", SlackConfig("homelab"), PEOPLE, data=folder, **lab)


async def test_a_host_is_not_unwell_because_the_bots_own_cable_is_pulled(home, tmp_path) -> None:
    async with looking(lab(tmp_path, Guest("web1"))) as bot:
        await bot.all_are(Health.OK, NAS)
        home.pull("here")
        seen = await bot.rounds.present.unwell(NAS)
        assert (seen.ok, seen.known, "eth0 has no carrier" in seen.text) == (False, False, True), seen
        seen = await bot.rounds.present.healthy(NAS)
        assert (seen.ok, seen.known, "can't be seen: eth0 has no carrier" in seen.text) == (False, False, True)


async def test_a_host_that_is_silent_where_it_would_be_heard_is(home, tmp_path) -> None:
    async with looking(lab(tmp_path, Guest("web1"))) as bot:
        await bot.all_are(Health.OK, NAS)
        home.pull("nas")
        assert (await bot.rounds.present.unwell(NAS)).ok


@pytest.mark.parametrize("behind", [None, "gateway"])
async def test_a_guest_whose_check_is_beyond_a_gateway_that_is_gone_may_be_well(home, tmp_path, behind) -> None:
    web1 = Guest("web1", AFAR, checks=door(443))
    with owned_guests(None) as guests, home.beyond.listen(443):
        guests.add("web1")
        async with looking(lab(tmp_path, web1, behind)) as bot:
            await bot.all_are(Health.OK, GATEWAY)
            assert "it is well" in (await bot.rounds.present.unwell(WEB1)).text
            home.pull("gateway")
            seen = await bot.rounds.present.unwell(WEB1)
            assert (seen.ok, seen.known) == (False, False), seen
            assert ("gateway does not answer" if behind else "10.9.0.254") in seen.text


async def test_a_host_whose_guest_answers_has_power_though_its_libvirt_is_gone(home, atlas, tmp_path) -> None:
    web1 = Guest("test", "10.9.0.20", checks=door(443))
    with home.plug("web1", web1.address).listen(443):
        async with looking(lab(tmp_path, web1, uri=atlas.uri("test", "/default"))) as bot:
            await bot.all_are(Health.OK, NAS, ATLAS)
            assert (await bot.rounds.present.unwell(ATLAS)).text.startswith("it is well")
            atlas.cut_power()
            seen = await bot.rounds.present.unwell(ATLAS)
            assert (seen.ok, seen.text.partition(". ")[0]) == (False, "atlas is up: 10.9.0.20:443 answers")
            home.pull("web1")
            assert "is up" not in (await bot.rounds.present.unwell(ATLAS)).text


async def test_a_guest_that_is_heard_of_nowhere_is_unwell_where_it_would_be_heard(home, tmp_path) -> None:
    with owned_guests(None) as guests:
        guests.add("web1")
        async with looking(lab(tmp_path, Guest("web1", AFAR, checks=door(443)))) as bot:
            await bot.all_are(Health.OK, GATEWAY)
            assert (await bot.rounds.present.unwell(WEB1)).ok


async def test_a_guest_that_only_its_ssh_server_proves_may_be_well_while_that_cant_be_seen(home, tmp_path) -> None:
    known = tmp_path / "known"
    known.write_text(f"{AFAR} {KEY}\n")
    with owned_guests(None) as guests:
        guests.add("web1")
        ssh = Ssh(user="root", key=tmp_path / "key", known_hosts=known)
        async with looking(lab(tmp_path, Guest("web1", AFAR), ssh=ssh)) as bot:
            await bot.all_are(Health.OK, GATEWAY)
            seen = await bot.rounds.present.unwell(WEB1)
            assert (seen.ok, "is running, and not proven healthy" in seen.text) == (True, True), seen
            home.pull("gateway")
            seen = await bot.rounds.present.unwell(WEB1)
            assert (seen.ok, seen.known, "10.9.0.254" in seen.text) == (False, False, True), seen
