"""A run's script whose connection breaks, or whose bot dies: real sshd, real networks, real kills. Done once."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot import runs
from bot.core.health import TargetId
from bot.core.run import Button, IllegalMove, Run, RunStatus, State, Stop
from bot.reach.ssh import SshHost, SshReach
from bot.store import Store
from bot.usecases import script_records
from tests.reach.test_records import Through
from tests.real.network import Lan, lan
from tests.real.processes import alive
from tests.real.sshd import Sshd, running_sshd
from tests.real.stubborn import BECOMES_ROOT, stubborn_program
from tests.test_performing import ASKS, HEAD, Bot, living, sleeper, step
from tests.waiting import until
from tests.walking import ALEX, clock, runbook, stored

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.long]

GOES_ON = 'echo begun; echo once >>"$disk"; until [ -e "$host" ]; do sleep 0.05; done; echo end'


@dataclass
class Atlas:
    """A host, the way there, and what was done on it."""

    sshd: Sshd
    reach: SshReach
    folder: Path

    @property
    def values(self) -> dict[str, str]:
        return {"disk": str(self.folder / "done"), "host": str(self.folder / "gate")}

    def go_on(self) -> None:
        (self.folder / "gate").touch()

    def times(self) -> int:
        file = self.folder / "done"
        return file.read_text().count("once") if file.exists() else 0

    def records(self) -> list[Path]:
        return list((self.sshd.folder / ".local/state/caretaker").glob("*"))


def way(sshd: Sshd, address: str, known_hosts: Path) -> SshReach:
    short = timedelta(seconds=1)
    host = SshHost("atlas", address, sshd.user, sshd.key, known_hosts, sshd.port, connect_timeout=short)
    return SshReach(host)


@pytest.fixture
def atlas(tmp_path) -> Iterator[Atlas]:
    with running_sshd(tmp_path / "atlas", environment={"HOST_PROC": str(tmp_path / "proc")}) as sshd:
        boots(tmp_path, "first")
        yield Atlas(sshd, way(sshd, "127.0.0.1", sshd.known_hosts), tmp_path)


def boots(folder: Path, boot: str) -> None:
    (folder / "proc/sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (folder / "proc/sys/kernel/random/boot_id").write_text(f"{boot}\n")
    (folder / "proc/uptime").write_text("1000.0 1.0\n")


@asynccontextmanager
async def bot_for(atlas: Atlas):
    async with living(atlas.folder, reaches=lambda _run, _place: atlas.reach) as bot:
        yield bot
    await atlas.reach.close()


async def begun(bot: Bot, atlas: Atlas, script: str = GOES_ON, *settings: str) -> None:
    await bot.start(step(script, *settings), **atlas.values)
    await bot.press(Button.RUN)
    await until(lambda: atlas.times() == 1, 10)


def end_sessions(sshd: Sshd) -> None:
    """Kill sshd's sessions, and all that runs in them."""
    for session in sshd._family()[1:]:
        children = Path(f"/proc/{session}/task/{session}/children")
        shells = [int(child) for child in children.read_text().split()] if children.exists() else []
        for pid in [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]:
            with suppress(ProcessLookupError):
                if os.getsid(pid) in shells and pid not in sshd._family():
                    os.kill(pid, signal.SIGKILL)
    sshd.drop()


@pytest.mark.parametrize("how", ["its sessions are killed", "its sessions are killed with what they run"])
async def test_a_script_whose_sshd_session_is_killed_goes_on_and_is_joined(atlas, how):
    async with bot_for(atlas) as bot:
        await begun(bot, atlas)
        for _ in ("lost", "lost again"):
            before = await bot.run()
            atlas.sshd.drop() if how == "its sessions are killed" else end_sessions(atlas.sshd)

            async def lost_and_found(before: Run = before) -> bool:
                run = await bot.run()
                return run.version >= before.version + 2 and run.state is State.RUNNING

            await until(lost_and_found, 15)
        atlas.go_on()
        run = await bot.comes_to(*ASKS, seconds=15)
        assert (run.status, run.steps[0].attempt, run.steps[0].summary) == (RunStatus.DONE, 1, "end")
        assert "Output of step 1:\n\fbegun\nend" in await bot.lines()
        assert atlas.times() == 1
        await until(lambda: atlas.records() == [])


async def test_a_script_that_ends_while_its_sshd_is_frozen_has_ended_well(atlas):
    async with bot_for(atlas) as bot:
        await begun(bot, atlas)
        atlas.sshd.freeze()
        run = await bot.comes_to(State.SEEKING, seconds=15)
        assert "lost atlas" in run.steps[0].summary
        atlas.go_on()
        await until(lambda: any(one.glob("end=*") for one in atlas.records()), 10)
        atlas.sshd.thaw()
        run = await bot.comes_to(*ASKS, seconds=30)
        assert (run.status, run.steps[0].summary, atlas.times()) == (RunStatus.DONE, "end", 1)


async def test_a_start_that_a_frozen_sshd_never_took_is_a_failure_and_nothing_was_done(atlas):
    async with bot_for(atlas) as bot:
        await bot.start(step("true", heading="Look") + step(GOES_ON), **atlas.values)
        await bot.pressed(Button.RUN)
        atlas.sshd.freeze()
        run = await bot.pressed(Button.RUN, seconds=20)
        assert run.state is State.FAILED
        atlas.sshd.thaw()
        assert (await bot.press(Button.RETRY)) is None
        await until(lambda: atlas.times() == 1, 10)
        atlas.go_on()
        assert (await bot.comes_to(*ASKS, seconds=15)).status is RunStatus.DONE
        assert atlas.times() == 1


async def test_a_host_that_restarted_has_not_finished_it(atlas):
    child = sleeper()
    async with bot_for(atlas) as bot:
        await begun(bot, atlas, f'echo once >>"$disk"; {child}')
        (record,) = atlas.records()
        atlas.sshd.freeze()
        boots(atlas.folder, "second")
        os.killpg(int(str((record / "leader").readlink()).split()[1]), signal.SIGKILL)
        os.kill(alive(child)[-1], signal.SIGKILL)
        await bot.comes_to(State.SEEKING, seconds=15)
        atlas.sshd.thaw()
        run = await bot.comes_to(*ASKS, seconds=30)
        assert (run.state, run.steps[0].summary) == (State.FAILED, "the bot's machine restarted while it ran")
        assert atlas.times() == 1


async def test_what_is_out_of_reach_too_long_waits_for_a_person_and_offers_nothing_else(atlas):
    async with bot_for(atlas) as bot:
        await begun(bot, atlas, 'echo once >>"$disk"; sleep 0.5; echo end', "Time limit: 1 second")
        atlas.sshd.freeze()
        run = await bot.comes_to(State.LOST, seconds=60)
        assert await bot.offered() == (Button.LOOK_AGAIN, Button.STOP)
        atlas.sshd.thaw()
        run = await bot.pressed(Button.LOOK_AGAIN, seconds=30)
        assert (run.status, run.steps[0].summary, atlas.times()) == (RunStatus.DONE, "end", 1)


async def test_what_is_called_off_while_out_of_reach_is_ended_as_soon_as_it_can_be(atlas):
    child = sleeper()
    async with bot_for(atlas) as bot:
        await begun(bot, atlas, f'echo once >>"$disk"; setsid {child} & sleep 600')
        atlas.sshd.freeze()
        await bot.comes_to(State.SEEKING, seconds=15)
        assert await bot.offered() == (Button.STOP,)
        await bot.move(Stop("", "enough"))
        run = await bot.run()
        assert run.steps[0].summary == "called off while out of reach: it may still run on the bot's machine"
        await until(lambda: bot.told("It may still run on"), 15)
        assert alive(child)
        atlas.sshd.thaw()
        await until(lambda: not alive(child), 20)
        await until(lambda: bot.told("It does not run on the bot's machine any more: I have ended it."), 10)
        await until(lambda: atlas.records() == [], 10)


async def test_what_was_called_off_out_of_reach_is_ended_by_the_next_bot(atlas):
    child = sleeper()
    async with bot_for(atlas) as bot:
        await begun(bot, atlas, f'echo once >>"$disk"; {child}')
        atlas.sshd.freeze()
        await bot.comes_to(State.SEEKING, seconds=15)
        await bot.move(Stop("", "enough"))
    atlas.sshd.thaw()
    assert alive(child)
    async with bot_for(atlas) as bot:
        await bot.take_up()
        await until(lambda: not alive(child), 20)
        await until(lambda: atlas.records() == [], 10)
        assert atlas.times() == 1


@pytest.mark.parametrize("how", ["I have ended it", "it ended by itself, exit status 0"])
async def test_who_was_told_that_it_may_still_run_is_told_its_end_once_also_after_restarts(atlas, how):
    async with bot_for(atlas) as bot:
        await begun(bot, atlas)
        atlas.sshd.freeze()
        await bot.comes_to(State.SEEKING, seconds=15)
        await bot.move(Stop("", "enough"))
        await until(lambda: bot.told("It may still run on"), 15)
    if "by itself" in how:
        atlas.go_on()
        await until(lambda: any(one.glob("end=*") for one in atlas.records()), 10)
    async with bot_for(atlas) as bot:
        await bot.take_up()
        atlas.sshd.thaw()
        await until(lambda: bot.told("It does not run on"), 20)
        await until(lambda: atlas.records() == [], 10)
    async with bot_for(atlas) as bot:
        await bot.take_up()
        said = [line for line in await bot.lines() if line.startswith("It ")]
        assert said[1:] == [f"It does not run on the bot's machine any more: {how}."]


# --- what can't be ended -----------------------------------------------------------------------------------------


@asynccontextmanager
async def writes_for_ever(folder: Path, *settings: str):
    """A bot whose script has started what its user can't end, that program, and what it writes on."""
    with stubborn_program() as stubborn:
        disk = stubborn.home / "disk"
        disk.touch(mode=0o666)
        disk.chmod(0o666)
        writes = f"open(os.environ['disk'], 'a').write('once '); {BECOMES_ROOT}"
        script = step(f'{stubborn.program} -c "import os; {writes}" & sleep 600', *settings)
        async with living(folder, reaches=lambda _run, _place: Through(*stubborn.user)) as bot:
            await bot.start(script, guest="web1", disk=str(disk))
            await bot.press(Button.RUN)
            await until(stubborn.running, 20)
            yield bot, stubborn, disk


async def test_what_its_time_limit_can_not_end_is_not_run_a_second_time_while_it_runs(tmp_path):
    async with writes_for_ever(tmp_path, "Time limit: 2 seconds") as (bot, stubborn, disk):
        for button in (Button.LOOK_AGAIN, Button.STOP):
            run = await bot.comes_to(State.UNENDED, seconds=60)
            (pid,) = stubborn.running()
            assert f"pid {pid} `rooted`, although its time limit of 2 s is over" in run.steps[0].summary
            assert await bot.offered() == (Button.LOOK_AGAIN, Button.STOP)
            if button is Button.LOOK_AGAIN:
                await bot.press(button)
        stubborn.end()
        assert (await bot.pressed(Button.LOOK_AGAIN, seconds=20)).state is State.FAILED
        assert await bot.offered() == (Button.RETRY, Button.SKIP, Button.STOP)
        assert disk.read_text().split() == ["once"]


async def test_while_what_was_stopped_can_not_be_ended_no_other_run_begins_on_its_machine(tmp_path):
    async with writes_for_ever(tmp_path) as (bot, stubborn, disk):
        again = (
            runs.start,
            bot.house,
            runbook(HEAD + step("true")),
            {"guest": "web1", "disk": str(disk)},
            runs.Aim(TargetId("guest:web1"), None),
            ALEX,
        )
        await bot.move(Stop("", "enough"))
        for times in (1, 2):

            async def told(times: int = times) -> bool:
                return "".join(await bot.lines()).count("it could not be ended.") == times

            await until(told, 40)
            with pytest.raises(IllegalMove, match=r"a script of run 1 .* may still be running on"):
                await bot.do(*again)
            if times == 1:
                await bot.crash().close()
                await bot.take_up()
        stubborn.end()
        await until(lambda: bot.told("It does not run on the bot's machine any more: I have ended it."), 40)

        async def settled() -> bool:
            return await bot.do(script_records.left_over) == []

        await until(settled, 20)
        assert (await bot.do(*again)).run.id == 2


# --- the line ----------------------------------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Lan]:
    if os.geteuid():
        pytest.skip("only root can make a network")
    with lan() as made:
        yield made


@pytest.fixture
def far(home, tmp_path) -> Iterator[Atlas]:
    """A host at the other end of a cable; the test itself is at this end."""
    with ExitStack() as opened:
        there = home.plug("atlas", "10.9.0.5")
        with there.inside():
            extra = "ListenAddress 10.9.0.5\n"
            sshd = opened.enter_context(running_sshd(tmp_path / "atlas", extra=extra))
        known = tmp_path / "known"
        known.write_text(sshd.known_hosts.read_text().replace("127.0.0.1", "10.9.0.5"))
        opened.enter_context(home.here.inside())
        yield Atlas(sshd, way(sshd, "10.9.0.5", known), tmp_path)


@pytest.mark.parametrize("ends", ["after", "while"])
async def test_a_cable_pulled_in_the_middle_of_a_script(far, home, ends):
    async with bot_for(far) as bot:
        await begun(bot, far)
        home.pull("atlas")
        await bot.comes_to(State.SEEKING, seconds=15)
        assert await bot.offered() == (Button.STOP,)
        if ends == "while":
            far.go_on()
            await until(lambda: any(one.glob("end=*") for one in far.records()), 10)
        home.put_back("atlas")
        if ends == "after":
            await bot.comes_to(State.RUNNING, seconds=30)
            far.go_on()
        run = await bot.comes_to(*ASKS, seconds=30)
        assert (run.status, run.steps[0].attempt, far.times()) == (RunStatus.DONE, 1, 1)
        assert "Output of step 1:\n\fbegun\nend" in await bot.lines()


# --- the bot -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("writes", [*range(1, 8), *range(-7, 0)])
async def test_a_bot_killed_at_any_of_its_writes_does_it_once(tmp_path, writes):
    """A process of its own, which kills itself after so many transactions, and another that goes on."""

    def lives(until_write: int) -> int:
        command = [sys.executable, "-m", "tests.performing_process", str(tmp_path), str(until_write)]
        return subprocess.run(command, timeout=60, check=False).returncode

    assert await asyncio.to_thread(lives, writes) in {0, -signal.SIGKILL}
    done = tmp_path / "done"
    assert await asyncio.to_thread(lives, 0) == 0
    times = done.read_text().count("once")
    store = Store(tmp_path / "caretaker.db")
    run = stored(store, clock())
    waiting = store.script_records.all()
    store.close()
    assert (run.status, times) == (RunStatus.DONE, 1)
    assert waiting == []
