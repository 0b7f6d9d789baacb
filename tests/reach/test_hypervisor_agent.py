"""What a hypervisor says of a guest's agent, in the words of reach."""

import pytest

from bot.hypervisor import Hypervisor
from bot.reach import Refused, Unreachable
from bot.reach.guest import GuestReach
from bot.reach.hypervisor_agent import agent_of
from tests.reach.ways import sh


@pytest.fixture
async def hypervisor_at():
    opened = []

    def make(uri: str) -> Hypervisor:
        opened.append(Hypervisor("atlas", uri, on_event=print))
        return opened[-1]

    yield make
    for hypervisor in opened:
        await hypervisor.close()


@pytest.mark.parametrize("guest", ["test", "nobody"])
async def test_a_guest_without_an_agent_refuses(hypervisor_at, guest):
    reach = GuestReach(guest, agent_of(hypervisor_at("test:///default"), guest))
    with pytest.raises(Refused, match=f"cannot ask the agent of '{guest}'"):
        await sh(reach, "true")


async def test_a_hypervisor_that_is_away_is_unreachable(hypervisor_at, tmp_path):
    away = hypervisor_at(f"qemu+unix:///session?socket={tmp_path}/nobody")
    with pytest.raises(Unreachable, match="on atlas"):
        await sh(GuestReach("web1", agent_of(away, "web1")), "true")
