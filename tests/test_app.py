"""Starting and stopping the whole bot, where no story leads: what fails on the way, and what takes its time."""

import asyncio
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import Caretaker
from bot.config import Secrets, load
from bot.core.health import HYPERVISOR, Fingerprint, Health, Kind, Observation, TargetId
from bot.core.permit import NotAllowed
from bot.core.run import Button, IllegalMove, Press, State
from bot.sightings import believe
from bot.store import StoreFailed
from bot.vocabulary import probe_params
from tests.terminal.commands import write_lab
from tests.waiting import until
from tests.walking import stored

NOWHERE = Secrets("xoxb-1", "xapp-1", "http://127.0.0.1:9/api/")


ALEX = "U012AB3CD"  # of write_lab


def caretaker(folder: Path, hosts: str = '{atlas: {hypervisor: "test:///default"}}') -> Caretaker:
    path = write_lab(folder, f"hosts: {hosts}\n")
    return Caretaker(load(path, probes=probe_params(), env={}), NOWHERE)


def threads() -> set[str]:
    """What a bot's own threads are called."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if name.startswith(("core", "reader", "libvirt atlas"))}


async def test_what_fails_at_its_start_closes_what_was_open(tmp_path):
    (tmp_path / "data").write_text("a file where a folder should be")
    bot = caretaker(tmp_path)
    with pytest.raises(StoreFailed, match=r"cannot open the database .*caretaker\.db"):
        await bot.start()
    assert not threads()
    await bot.stop()  # of what never started, there is nothing to stop


@pytest.mark.slow
async def test_a_second_bot_is_refused_without_harm_to_the_first(tmp_path):
    first, second = caretaker(tmp_path), caretaker(tmp_path)
    await first.start()
    with pytest.raises(StoreFailed):
        await second.start()
    assert threads()
    await first.stop()
    assert not threads()


async def test_who_may_not_start_a_runbook_is_told_so_before_anything_is_looked_up(tmp_path):
    bot = caretaker(tmp_path)
    await bot.start()
    with pytest.raises(NotAllowed):
        await bot.start_run("no-such-runbook", "no-such-guest", None, "USTRANGER")
    await bot.stop()


async def test_it_can_be_stopped_the_moment_it_has_started(tmp_path):
    """While the line to Slack is just connecting, a cancellation gets lost in the library."""
    for _ in range(3):
        bot = caretaker(tmp_path)
        async with asyncio.timeout(10):
            await bot.start()
            await bot.stop()


LOOK = """\
# Look

## Look

```lab
is running $guest
```
"""


ABOUT_HOST = """\
# Wake it

- Use for: host-down

## Look
- Run on: $host

```sh
uptime
```
"""


@asynccontextmanager
async def living(bot: Caretaker):
    await bot.start()
    try:
        yield bot
    finally:
        await bot.stop()


async def knows_its_guest(bot: Caretaker) -> None:
    """Wait until it is on record that the guest of `test:///default` runs."""

    async def runs() -> bool:
        presences = await bot._writer.do(lambda store, _now: store.targets.presences())
        return any(one.running for one in presences.values())

    await until(runs, 20)


async def presses(bot: Caretaker, button: Button) -> None:
    run = await bot._writer.do(stored)
    await bot.move_run(run.id, Press(button, run.current, run.version, ""), ALEX)


async def test_a_run_whose_host_is_taken_out_of_lab_yaml_says_so_when_it_is_pressed(tmp_path):
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "look.md").write_text(LOOK)
    async with living(caretaker(tmp_path)) as bot:
        await knows_its_guest(bot)
        await bot.start_run("look", "test", None, ALEX)
    async with living(caretaker(tmp_path, "{borea: {address: 127.0.0.1}}")) as bot:
        run = await bot._writer.do(stored)
        assert run.pause == "test is no longer watched: lab.yaml has it, or its host, no more"
        await presses(bot, Button.GO_ON)
        await presses(bot, Button.RUN)

        async def failed() -> str:
            step = (await bot._writer.do(stored)).steps[0]
            return step.summary if step.state is State.FAILED else ""

        why = "because lab.yaml has no hosts.atlas.hypervisor; put it back and restart Caretaker, or stop this run"
        assert await until(failed, 20) == f"cannot reach 'test': {why}"


async def test_no_run_for_a_host_is_begun_that_lab_yaml_has_no_longer(tmp_path):
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "wake.md").write_text(ABOUT_HOST)
    async with living(caretaker(tmp_path)) as bot:
        await knows_its_guest(bot)
        check = Fingerprint(HYPERVISOR, TargetId("host:atlas"))
        down = Observation(check, Health.FAIL, bot._clock.now(), "no answer", Kind.HOST_DOWN)
        await bot._writer.do(believe, bot._config, [down], None)
    borea = f'{{borea: {{hypervisor: "test+unix:///default?socket={tmp_path}/none"}}}}'
    async with living(caretaker(tmp_path, borea)) as bot:
        with pytest.raises(IllegalMove, match=r"\$host is not known: lab.yaml has no hosts.atlas; put it back"):
            await bot.start_run("wake", None, 1, ALEX)
