"""Scripts inside a guest, through a real qemu-ga."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.reach import Reach, Refused, Unreachable
from bot.reach.guest import GuestReach
from tests.reach import ways
from tests.reach.ways import sh
from tests.real.qemu_ga import running_qemu_ga, speaker

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def socket(tmp_path_factory) -> Iterator[Path]:
    with running_qemu_ga(tmp_path_factory.mktemp("ga")) as socket:
        yield socket


@pytest.fixture
def web1(socket) -> Reach:
    return GuestReach("web1", speaker(socket))


@pytest.mark.parametrize("language", ["sh", "bash"])
async def test_values_arrive_as_they_are(web1, language):
    await ways.values_arrive_as_they_are(web1, language)


async def test_children_see_the_values(web1):
    await ways.children_see_the_values(web1)


async def test_values_no_environment_can_hold_are_refused(web1):
    await ways.values_no_environment_can_hold_are_refused(web1)


async def test_a_failing_line_ends_the_script(web1):
    await ways.a_failing_line_ends_the_script(web1)


async def test_bash_minds_the_whole_pipe(web1):
    await ways.bash_minds_the_whole_pipe(web1)


async def test_both_streams_come_in_order(web1):
    await ways.both_streams_come_in_order(web1)


async def test_output_is_heard_in_one_piece_at_the_end(web1):
    heard: list[str] = []
    script = ways.Script("sh", r"printf 'a\303'; printf '\244 \377\n'")
    done = await web1.run(script, values={}, limit=ways.TEN_SECONDS, on_output=heard.append)
    assert heard == [done.output] == ["aä �\n"]


@pytest.mark.slow
@pytest.mark.parametrize("stubborn", [False, True])
async def test_the_time_limit_ends_children_too(web1, stubborn):
    await ways.the_time_limit_ends_children_too(web1, stubborn=stubborn)


@pytest.mark.slow
async def test_cancelling_ends_the_script(web1):
    await ways.cancelling_ends_the_script(web1)


async def test_a_signal_is_no_exit_status(web1):
    await ways.a_signal_is_no_exit_status(web1)


async def test_several_scripts_at_once(web1):
    done = await asyncio.gather(*(sh(web1, "echo $n", n=str(n)) for n in range(10)))
    assert [one.output for one in done] == [f"{n}\n" for n in range(10)]


async def test_a_short_script_is_asked_for_a_few_times_only(socket):
    commands: list[str] = []
    await sh(GuestReach("web1", speaker(socket, commands)), "sleep 0.5")
    assert commands.count("guest-exec") == 1
    assert 1 < commands.count("guest-exec-status") < 8


async def test_a_silent_agent_is_unreachable(tmp_path):
    with pytest.raises(Unreachable):
        await sh(GuestReach("web1", speaker(tmp_path / "nobody")), "true")


async def test_an_agent_that_may_run_nothing_refuses(tmp_path):
    with running_qemu_ga(tmp_path, "--block-rpcs=guest-exec") as socket, pytest.raises(Refused, match="disabled"):
        await sh(GuestReach("web1", speaker(socket)), "true")
