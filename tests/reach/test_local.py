"""Scripts on this machine."""

import asyncio
import gc
import os
import warnings

import pytest

from bot.reach import OUTPUT_LIMIT, Reach
from bot.reach.local import LocalReach
from tests.reach import ways
from tests.reach.ways import sh

pytestmark = pytest.mark.slow  # real processes, one after another


@pytest.fixture
def here() -> Reach:
    return LocalReach()


@pytest.mark.parametrize("language", ["sh", "bash"])
async def test_values_arrive_as_they_are(here, language):
    await ways.values_arrive_as_they_are(here, language)


async def test_children_see_the_values(here):
    await ways.children_see_the_values(here)


async def test_values_no_environment_can_hold_are_refused(here):
    await ways.values_no_environment_can_hold_are_refused(here)


async def test_a_failing_line_ends_the_script(here):
    await ways.a_failing_line_ends_the_script(here)


async def test_bash_minds_the_whole_pipe(here):
    await ways.bash_minds_the_whole_pipe(here)


async def test_both_streams_come_in_order(here):
    await ways.both_streams_come_in_order(here)


async def test_output_is_heard_while_the_script_runs(here):
    await ways.output_is_heard_while_the_script_runs(here)


@pytest.mark.slow
async def test_the_time_limit_ends_children_too(here):
    await ways.the_time_limit_ends_children_too(here)


@pytest.mark.slow
async def test_the_time_limit_ends_a_child_that_ignores_it(here):
    await ways.the_time_limit_ends_children_too(here, stubborn=True)


@pytest.mark.slow
async def test_cancelling_ends_the_script(here):
    await ways.cancelling_ends_the_script(here)


def test_a_script_that_is_given_up_at_once_has_ended_before_its_loop_closes(caplog):
    async def given_up() -> None:
        running = asyncio.create_task(sh(LocalReach(), "sleep 600"))
        await asyncio.sleep(0.01)  # at whatever point it is by then
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    gc.collect()  # what earlier tests left behind is theirs
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(3):
            asyncio.run(given_up())
        gc.collect()
    assert [str(one.message) for one in said if "unclosed" in str(one.message)] == []
    assert [one.message for one in caplog.records if one.name == "asyncio"] == []


async def test_a_daemon_left_behind_does_not_hold_the_script_up(here):
    await ways.a_daemon_left_behind_does_not_hold_the_script_up(here)


async def test_a_signal_is_no_exit_status(here):
    await ways.a_signal_is_no_exit_status(here)


async def test_the_bots_own_environment_stays_its_own(here, monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    done = await sh(here, "env")
    assert "xoxb-secret" not in done.output
    assert f"PATH={os.environ['PATH']}" in done.output


async def test_only_the_tail_of_much_output_is_kept(here):
    done = await sh(here, "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end")
    assert len(done.output) == OUTPUT_LIMIT
    assert done.output.endswith("x\nthe end\n")


async def test_a_listener_that_fails_ends_the_script(here):
    def listener(piece):
        raise ValueError(piece)

    child = ways.sleeper()
    with pytest.raises(ValueError, match="begun"):
        await here.run(
            ways.Script("sh", f"echo begun; {child}"), values={}, limit=ways.TEN_SECONDS, on_output=listener
        )
    assert not ways.alive(child)
