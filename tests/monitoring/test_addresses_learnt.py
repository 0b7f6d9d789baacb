"""Names that nothing is asked by are looked up, too: two names of one address are one place."""

import pytest

from bot.config import Config, Guest, Host, SlackConfig
from bot.names import Names
from bot.rounds.addresses import learn

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
