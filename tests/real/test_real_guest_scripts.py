"""A recorded script inside a real guest, through its agent: followed, ended, and cut off by a power cut."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.demo.real import RealHost
from bot.reach import Lost, Script
from bot.reach.guest import GuestReach
from bot.reach.hypervisor_agent import agent_of
from bot.reach.records import Record, Recorded
from tests.real.guest import running_host
from tests.real.test_real_guest import answers, watched
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def host() -> Iterator[RealHost]:
    with running_host() as host:
        yield host


async def test_a_script_inside_a_guest_is_followed_and_known_to_be_cut_off_when_its_power_is(host):
    host.add_guest("web1")
    async with watched(host) as (hypervisor, _):
        uuid = host.uuid("web1")
        await hypervisor.start_guest(uuid)
        await answers(hypervisor, "web1")
        reach = GuestReach("web1", agent_of(hypervisor, uuid))
        heard: list[str] = []

        def script(name: str, **more) -> Recorded:
            record = Record(name, "web1", timedelta(minutes=1), timedelta, **more)
            return Recorded(lambda: reach, record, heard.append)

        whole = script("whole")
        done = await whole.begin(Script("sh", 'echo "$word"; sleep 1; echo end; exit 3'), {"word": "one"})
        assert (done.status, done.output) == (3, "one\nend\n")
        await whole.forget()

        endless = script("endless")
        running = asyncio.create_task(endless.begin(Script("sh", "echo begun; sleep 600"), {}))
        await until(lambda: "begun\n" in "".join(heard), 20)
        running.cancel()
        assert (await script("endless").stop()).how == "stopped"

        cut = script("cut")
        running = asyncio.create_task(cut.begin(Script("sh", "echo here; sync; sleep 600"), {}))
        await until(lambda: "here\n" in "".join(heard), 20)
        await hypervisor.power_off(uuid)
        with pytest.raises(Lost):
            await running
        await hypervisor.start_guest(uuid)
        await answers(hypervisor, "web1")
        again = script("cut", boot=cut._boot)
        done = await again.join()
        assert not done.ok
        assert "restarted" in done.how
