"""Names that nothing is asked by are looked up, too: two names of one address are one place."""

from dataclasses import replace

import pytest

from bot.config import Check, Config, Guest, Host, SlackConfig
from bot.names import HERE, Names
from bot.probes.tcp import Params
from bot.rounds.addresses import learn
from tests.real.network import needs_networks, network

HOSTS = {
    "atlas": Host("atlas", "localhost"),
    "borea": Host("borea", hypervisor="qemu+ssh://nowhere.invalid/system"),
}


@pytest.fixture
def lab(tmp_path):
    guest = Guest("web1", "127.0.0.1")
    return Config(tmp_path / "lab.yaml", SlackConfig("homelab"), (), hosts=HOSTS, guests={"web1": guest})


async def test_a_host_is_known_by_its_address_though_nothing_asks_it_by_that_name(lab):
    names = Names()
    await learn(names, lab)
    assert {"127.0.0.1", "::1"} & set(names.known("localhost"))


async def test_a_name_that_there_is_none_of_is_no_trouble_and_told_to_nobody(lab):
    names = Names()
    await learn(names, lab)
    assert not names.known("nowhere.invalid")
    assert not names.failing


@needs_networks
async def test_an_address_of_this_machine_is_known_for_its_own_on_whatever_interface_it_is(lab):
    away = {"web1": Guest("web1", "10.0.0.7", checks={"web": Check("web", "tcp", Params(80, address="10.9.9.2"))})}
    with network() as here, here.inside():
        here.ip("address", "add", "10.9.9.1/24", "dev", "lo")
        here.ip("address", "add", "10.9.9.2/24", "dev", "lo")
        names = Names()
        await learn(names, replace(lab, guests=away))
    assert (names.own - {"127.0.0.1", "::1"}, names.known("10.9.9.2")) == ({"10.9.9.2"}, (HERE,))
    assert names.known("10.0.0.7") == ()


@needs_networks
async def test_of_the_addresses_at_which_hosts_are_looked_at_this_machines_own_are_known(lab):
    hosts = {"nas": Host("nas", "10.9.9.1", checks={"web": Check("web", "tcp", Params(80, address="10.9.9.2"))})}
    with network() as here, here.inside():
        here.ip("address", "add", "10.9.9.1/24", "dev", "lo")
        here.ip("address", "add", "10.9.9.2/24", "dev", "lo")
        names = Names()
        await learn(names, replace(lab, hosts=hosts, guests={}))
    assert names.own == {"10.9.9.1", "10.9.9.2"}
