"""Scripts under a record, by several shells and ways. What they did is counted in a file, and is never two."""

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.reach import Finished, Lost, Reach, Refused, Script, Wrapped
from bot.reach.guest import GuestReach
from bot.reach.local import LocalReach
from bot.reach.records import TRUSTED, Record, Recorded
from tests.reach.ways import NASTY, sleeper
from tests.real.processes import alive, installed
from tests.real.qemu_ga import running_qemu_ga, speaker
from tests.real.stubborn import BECOMES_ROOT, stubborn_program
from tests.waiting import IN_TIME, until

pytestmark = [pytest.mark.real, pytest.mark.slow]

NUMBERS = iter(range(1_000_000))


class Through:
    """This machine, through a command that starts another: env, unshare, setpriv."""

    follows = True

    def __init__(self, *prefix: str | Path) -> None:
        self._prefix = shlex.join(map(str, prefix))

    async def speak(self, program: Wrapped, hear, patience, *, urgent=False) -> None:  # noqa: ARG002
        command = f"exec {self._prefix} sh -c {shlex.quote(program.command)}"
        await LocalReach().speak(replace(program, command=command), hear, patience)


class Place:
    """A machine of one sort, and the scripts on it. `home`: where its records are."""

    def __init__(self, reach: Reach, folder: Path) -> None:
        self.reach = reach
        self.home = folder / "home"
        self.done = folder / "done"
        self.heard: list[str] = []
        self.found: list[str] = []
        self._name = f"test{time.monotonic_ns()}x{os.getpid()}x"

    def script(self, *, limit: float = 20, age: timedelta = timedelta(), boot: str | None = None) -> Recorded:
        record = Record(f"{self._name}{next(NUMBERS)}", "nook", timedelta(seconds=limit), lambda: age, boot)
        return self.again(record)

    def again(self, record: Record | Recorded) -> Recorded:
        """The same script, as a bot that was started anew sees it."""
        known = record._record if isinstance(record, Recorded) else record
        return Recorded(lambda: self.reach, known, self.heard.append, self.found.append)

    async def run(self, text: str, **more) -> Finished:
        script = self.script(**more)
        finished = await script.begin(Script("sh", text), {"done": str(self.done)})
        await script.forget()
        return finished

    async def begins(self, text: str, **more) -> tuple[Recorded, "asyncio.Task[Finished]"]:
        """A script that has begun its work."""
        script = self.script(**more)
        text = f'echo once >>"$done"; {text}'
        running = asyncio.create_task(script.begin(Script("sh", text), {"done": str(self.done)}))
        await until(lambda: self.times() == 1, 10)
        return script, running

    def times(self) -> int:
        """How often the deed was done."""
        return self.done.read_text().count("once") if self.done.exists() else 0

    def records(self) -> list[Path]:
        places = (self.home / ".local/state/caretaker", Path("/var/tmp"), Path("/dev/shm"), Path("/tmp"))
        return [one for place in places for one in place.glob(f"*{self._name}*") if (one / "leader").is_symlink()]

    def record(self, script: Recorded) -> Path:
        (found,) = [one for one in self.records() if one.name.endswith(script._record.id)]
        return found


def shell(folder: Path, name: str) -> Place:
    """This machine where `sh` is that shell; with busybox it has nothing else."""
    tools = folder / "bin"
    tools.mkdir()
    path = f"{tools}:/usr/bin:/bin"
    if name == "busybox":
        subprocess.run([installed("busybox"), "--install", "-s", tools], check=True)
        path = str(tools)
    else:
        (tools / "sh").symlink_to(installed(name))
    (folder / "home").mkdir()
    return Place(Through("/usr/bin/env", f"PATH={path}", f"HOME={folder / 'home'}"), folder)


@pytest.fixture(params=["dash", "bash", "busybox", "agent"])
def there(request, tmp_path) -> Iterator[Place]:
    if request.param != "agent":
        yield shell(tmp_path, request.param)
        return
    with running_qemu_ga(tmp_path) as socket:
        place = Place(GuestReach("nook", speaker(socket)), tmp_path)
        place.home = Path.home()  # the agent's own
        yield place


@pytest.fixture
def here(tmp_path) -> Place:
    return shell(tmp_path, "dash")


@contextmanager
def home_with_room(place: Place) -> Iterator[Callable[[str], None]]:
    """Gives the place a home with so much room."""
    if os.geteuid():
        pytest.skip("only root can mount")

    def mount(options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place.home], check=True)

    yield mount
    subprocess.run(["umount", "-l", place.home], check=True)


# --- to its end --------------------------------------------------------------------------------------------------


async def test_it_ends_as_any_script_does_and_leaves_nothing_behind(there):
    values = {f"v_{name}": value for name, value in NASTY.items()}
    script = there.script()
    text = "".join(f"printf %s \"$v_{name}\" | od -An -v -tx1 | tr -d '\\n'; echo\n" for name in NASTY)
    done = await script.begin(Script("sh", f"{text}cat; echo $# >&2; exit 3"), values)
    *lines, last = done.output.splitlines()
    assert [bytes.fromhex(line).decode() for line in lines] == list(NASTY.values())
    assert (done.status, last, "".join(there.heard)) == (3, "0", done.output)
    folder = there.record(script)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not any(value in text for text in map(read, folder.iterdir()) for value in ("injection", "$v_"))
    await script.forget()
    assert there.records() == []


def read(file: Path) -> str:
    return str(file.readlink()) if file.is_symlink() else file.name


def said(record: Path, what: str) -> str:
    """What a record says there; "" where it says nothing."""
    return next((one.name.partition("=")[2] for one in record.glob(f"{what}=*")), "")


@pytest.mark.parametrize(
    ("text", "status"), [("true", 0), ("false; true", 1), ("kill -KILL $$", None), ("exit 255", 255)]
)
async def test_how_it_ended(here, text, status):
    assert (await here.run(text)).status == status


async def test_it_hears_signals_as_any_script_does(here):
    assert (await here.run("sh -c 'kill -INT $$; echo deaf'; :")).output == ""


async def test_a_language_nobody_speaks_is_refused_and_a_missing_shell_fails(tmp_path):
    there = shell(tmp_path, "busybox")
    with pytest.raises(Refused, match="powershell"):
        await there.script().begin(Script("powershell", "x"), {})
    assert (await there.script().begin(Script("bash", "x"), {})).status not in {0, None}


async def test_a_daemon_left_behind_lives_on_and_does_not_hold_it_up(here):
    child, began = sleeper(), time.monotonic()
    done = await here.run(f"(trap '' PIPE; {child} || echo late; echo once >>\"$done\") & echo done")
    assert (done.output, done.ok) == ("done\n", True)
    assert time.monotonic() - began < IN_TIME
    assert here.records() == []
    (pid,) = alive(child)
    os.kill(pid, signal.SIGTERM)
    await until(lambda: here.times() == 1)


# --- once --------------------------------------------------------------------------------------------------------


async def test_a_second_start_finds_the_first(there):
    script, running = await there.begins("sleep 1; echo end")
    again = await there.again(script).begin(Script("sh", 'echo once >>"$done"'), {"done": str(there.done)})
    assert (await running).output == again.output == "end\n"
    assert there.times() == 1
    await script.forget()


async def test_many_starts_at_once_are_one(here):
    script = Script("sh", 'echo once >>"$done"; echo end')
    one = here.script()
    made = (here.again(one).begin(script, {"done": str(here.done)}) for _ in range(6))
    assert {done.output for done in await asyncio.gather(*made)} == {"end\n"}
    assert here.times() == 1
    await one.forget()


async def test_what_was_found_not_started_can_not_be_started_any_more(there):
    script = there.script()
    assert (await script.join()).how == "it was never started on nook"
    await script.forget()
    late = await there.again(script).begin(Script("sh", 'echo once >>"$done"'), {"done": str(there.done)})
    assert (late.status, late.how, there.times()) == (None, "it was never started on nook", 0)
    for record in there.records():
        shutil.rmtree(record)


CAT = """#!/bin/sh
[ -e {folder}/first ] || {{ >{folder}/first; until [ -e {folder}/gate ]; do sleep 0.05; done; }}
exec /bin/cat
"""


async def test_a_start_that_hangs_on_the_way_does_nothing_once_it_was_looked_for_in_vain(here, tmp_path):
    """As with an sshd that was stopped when the start arrived, and goes on later."""
    slow = tmp_path / "bin/cat"
    slow.write_text(CAT.format(folder=tmp_path))
    slow.chmod(0o755)
    script = here.script()
    running = asyncio.create_task(script.begin(Script("sh", 'echo once >>"$done"'), {"done": str(here.done)}))
    await until((tmp_path / "first").exists)
    assert (await here.again(script).join()).how == "it was never started on nook"
    (tmp_path / "gate").touch()
    assert (await running).how == "it was never started on nook"
    assert here.times() == 0
    shutil.rmtree(here.record(script))


KILLS = """#!/bin/sh
at=$(($(cat {folder}/count 2>/dev/null || echo 0) + 1)); echo $at >{folder}/count
[ $at = {before} ] && kill -9 -- -$(ps -o pgid= -p $PPID | tr -d ' ') && sleep 1
/bin/{name} "$@"; status=$?
[ $at = {after} ] && kill -9 -- -$(ps -o pgid= -p $PPID | tr -d ' ') && sleep 1
exit $status
"""


@pytest.mark.parametrize("moment", [f"{when} {at}" for at in range(1, 7) for when in ("before", "after")])
async def test_killed_at_any_write_of_its_record_it_is_known_whether_it_was_done(here, tmp_path, moment):
    when, at = moment.split()
    wrappers = [tmp_path / "bin" / name for name in ("ln", "mv")]
    for one in wrappers:
        one.write_text(KILLS.format(folder=tmp_path, name=one.name, **{"before": 0, "after": 0, when: at}))
        one.chmod(0o755)
    script = here.script()
    values = {"done": str(here.done)}
    try:
        first = await asyncio.wait_for(
            script.begin(Script("sh", 'echo once >>"$done"; sleep 0.3; exit 4'), values), 15
        )
    except Lost:
        first = None
    for one in wrappers:
        one.unlink()
    found = await here.again(script).join()
    late = await here.again(script).begin(Script("sh", 'echo once >>"$done"'), values)
    assert here.times() <= 1, "never twice"
    assert late.how == found.how
    if "never started" in found.how:
        assert here.times() == 0
    elif found.status == 4:
        assert here.times() == 1
    else:
        assert not found.known
        assert "nobody knows how it ended" in found.how
    assert first is None or (first.status, first.how) == (found.status, found.how)
    for record in here.records():
        shutil.rmtree(record)


# --- lost and found ----------------------------------------------------------------------------------------------


async def test_it_goes_on_without_anybody_and_is_joined_where_it_was_lost(there, tmp_path):
    script, running = await there.begins(f"echo one; until [ -e {tmp_path}/gate ]; do sleep 0.05; done; echo two")
    await until(lambda: "".join(there.heard) == "one\n")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    joining = asyncio.create_task(script.join())
    await until(lambda: len(there.found) >= 2)
    (tmp_path / "gate").touch()
    done = await joining
    assert (done.output, "".join(there.heard), done.ok, there.times()) == ("one\ntwo\n", "one\ntwo\n", True, 1)
    assert (await there.again(script).join()).output == "one\ntwo\n", "a new bot hears all of it"
    await script.forget()


async def test_what_ended_meanwhile_has_its_status_and_output(here):
    script, running = await here.begins("sleep 0.3; echo end; exit 7")
    running.cancel()
    await asyncio.sleep(0)
    await until(lambda: said(here.record(script), "end"))
    done = await here.again(script).join()
    assert (done.status, done.output, here.times()) == (7, "end\n", 1)
    await script.forget()


async def test_its_supervisor_gone_it_runs_until_it_has_ended(here, tmp_path):
    script, running = await here.begins(f"until [ -e {tmp_path}/gate ]; do sleep 0.05; done; echo end")
    running.cancel()
    kill_supervisor(here.record(script))
    joining = asyncio.create_task(here.again(script).join())
    await until(lambda: len(here.found) == 2)
    assert not joining.done()
    (tmp_path / "gate").touch()
    done = await joining
    assert (done.output, here.times()) == ("end\n", 1)
    assert done.ok or not done.known
    await script.forget()


def kill_supervisor(record: Path, kill=os.kill) -> None:
    kill(int(str((record / "leader").readlink()).split()[1]), signal.SIGKILL)


async def test_of_what_was_killed_with_its_supervisor_nobody_knows_how_it_ended(here):
    script, running = await here.begins(sleeper())
    record = here.record(script)
    kill_supervisor(record, os.killpg)
    os.killpg(int(said(record, "run").split()[0]), signal.SIGKILL)
    done = await running
    how = "nobody knows how it ended: it no longer runs on nook, and no end of it was recorded"
    assert (done.status, done.how, done.known) == (None, how, False)
    await script.forget()


@pytest.fixture
def rebooting(here, tmp_path) -> Place:
    """A machine whose boot id a test can change."""
    here.reach = Through("/usr/bin/env", f"HOME={here.home}", f"HOST_PROC={tmp_path / 'proc'}")
    boots(tmp_path, "first", 100)
    return here


def boots(folder: Path, boot: str, uptime: float) -> None:
    (folder / "proc/sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (folder / "proc/sys/kernel/random/boot_id").write_text(f"{boot}\n")
    (folder / "proc/uptime").write_text(f"{uptime} 1.0\n")


async def test_a_machine_that_restarted_runs_it_no_more(rebooting, tmp_path):
    child = sleeper()
    script, running = await rebooting.begins(child)
    running.cancel()
    kill_supervisor(rebooting.record(script), os.killpg)
    for pid in alive(child):
        os.kill(pid, signal.SIGKILL)
    boots(tmp_path, "second", 1)
    done = await rebooting.again(script).join()
    assert (done.how, done.ok, rebooting.times()) == ("nook restarted while it ran", False, 1)
    await script.forget()


@pytest.mark.parametrize(
    ("age", "boot", "uptime", "how", "known"),
    [
        (50, None, 100, "it was never started on nook", True),
        (50, None, 10, "nook has no record of it, and may have restarted since", False),
        (TRUSTED.total_seconds(), None, 1e9, "nook has no record of it, and may have restarted since", False),
        (50, "first", 100, "it no longer runs, and its record is gone", False),
        (50, "zeroth", 100, "nook has restarted, or is another machine now, and its record is gone", False),
    ],
)
async def test_no_record_proves_only_what_it_can(rebooting, age, boot, uptime, how, known, tmp_path):
    boots(tmp_path, "first", int(uptime))
    script = rebooting.script(age=timedelta(seconds=age), boot=boot)
    done = await script.join()
    assert (done.how, done.known, done.ok) == (how, known, False)
    shutil.rmtree(rebooting.record(script))


async def test_a_record_that_is_gone_while_it_runs_is_no_proof_of_anything(here):
    child = sleeper()
    script, running = await here.begins(child)
    running.cancel()
    await until(lambda: alive(child))
    here.record(script).rename(here.home / "gone")
    with pytest.raises(Lost, match=r"it still runs on nook \(pid \d+"):
        await here.again(script).join()
    assert here.times() == 1
    assert (await here.again(script).stop()).how == "stopped"
    assert not alive(child)
    await script.forget()


async def test_its_limit_is_kept_without_a_record(here):
    child = sleeper()
    script, running = await here.begins(f"setsid {child} & {child}", limit=2)
    running.cancel()
    await until(lambda: len(alive(child)) >= 2)
    here.record(script).rename(here.home / "gone")
    await until(lambda: not alive(child), 15)


# --- ending it ---------------------------------------------------------------------------------------------------


async def test_its_limit_ends_all_of_it(there):
    ends = [sleeper() for _ in range(4)]
    text = (
        f"echo begun; setsid {ends[0]} & (trap '' TERM; {ends[1]}) & setsid sh -c '{ends[2]} & {ends[3]}' & wait"
    )
    began = time.monotonic()
    done = await there.run(text, limit=1)
    assert (done.timed_out, done.status, done.output, done.left) == (True, None, "begun\n", ())
    assert not any(alive(one) for one in ends)
    assert time.monotonic() - began < IN_TIME


async def test_it_is_stopped_with_all_of_it(there):
    ends = [sleeper() for _ in range(2)]
    script, running = await there.begins(f"setsid {ends[0]} & {ends[1]}")
    await until(lambda: all(alive(one) for one in ends))
    done = await there.again(script).stop()
    assert (done.how, done.left) == ("stopped", ())
    assert not any(alive(one) for one in ends)
    assert (await running).how == "stopped"
    await script.forget()


async def test_what_hides_from_everything_but_its_control_group_is_ended(here):
    child = sleeper()
    script, running = await here.begins(f"(env -i setsid {child} &) ; sleep 60")
    if not (here.record(script) / "group").is_symlink():
        pytest.skip("no control group can be made here")
    await until(lambda: alive(child))
    await script.stop()
    assert not alive(child)
    await running
    await script.forget()


async def test_what_can_not_be_ended_is_named_for_as_long_as_it_runs():
    with stubborn_program() as stubborn:
        plain = Place(Through(*stubborn.user), stubborn.home.parent)
        script, running = await plain.begins(f"{stubborn.program} -c '{BECOMES_ROOT}' & sleep 600")
        pid = await until(lambda: "".join(plain.heard).strip())
        for done in (await script.stop(), await running, await plain.again(script).join()):
            assert done.left == (f"pid {pid} `rooted`",)
        assert stubborn.running() == [int(pid)]
        stubborn.end()
        await until(lambda: not stubborn.running())
        for done in (await script.stop(), await plain.again(script).join()):
            assert (done.how, done.left) == ("stopped", ())
        await script.forget()


async def test_of_what_could_not_be_ended_nothing_runs_once_its_machine_has_restarted():
    with stubborn_program() as stubborn:
        plain = Place(Through(*stubborn.user), stubborn.home.parent)
        script, running = await plain.begins(f"{stubborn.program} -c '{BECOMES_ROOT}' & sleep 600")
        assert (await script.stop()).left
        await running
        leader = plain.record(script) / "leader"
        boot, *rest = str(leader.readlink()).split()
        leader.unlink()
        leader.symlink_to(" ".join(["another", *rest]))
        assert boot != "another"
        assert (await script.stop()).left == ()
        await script.forget()


async def test_what_is_stopped_before_it_began_never_begins(here):
    script = here.script()
    assert (await script.stop()).how == "it was never started on nook"
    late = await here.again(script).begin(Script("sh", 'echo once >>"$done"'), {"done": str(here.done)})
    assert (late.ok, here.times()) == (False, 0)
    shutil.rmtree(here.record(script))


# --- output ------------------------------------------------------------------------------------------------------


async def test_much_output_takes_little_room_there(here, tmp_path):
    gate, printed, most = tmp_path / "gate", tmp_path / "printed", 0
    text = f"head -c 60000000 /dev/zero | tr '\\0' x; >{printed}; until [ -e {gate} ]; do sleep 0.05; done"
    script, running = await here.begins(f"{text}; echo; echo end", limit=120)
    record = here.record(script)

    def is_printed() -> bool:
        nonlocal most
        most = max(most, sum(map(size, record.glob("o.*"))))
        return printed.exists()

    await until(is_printed, 100)
    gate.touch()
    done = await running
    assert done.output.endswith("x\nend\n")
    assert 2_000_000 < most <= 8_500_000
    late = await here.again(script).join()
    assert "bytes were dropped here]\nxxx" in "".join(here.heard)
    assert late.output.endswith("x\nend\n")
    await script.forget()


def size(file: Path) -> int:
    with suppress(FileNotFoundError):  # it was the oldest
        return file.stat().st_size
    return 0


@pytest.fixture
def small_home(here) -> Iterator[Callable[[str], None]]:
    with home_with_room(here) as give:
        yield give


async def test_output_without_room_is_lost_and_the_script_is_not(here, small_home):
    small_home("size=300k")
    done = await here.run("head -c 2000000 /dev/zero; echo end; exit 3")
    assert done.status == 3
    assert "[some output is lost: nook had no room for it]" in done.output


@pytest.mark.parametrize("options", ["size=32k", "size=1m,ro"])
async def test_where_home_is_full_or_read_only_the_record_is_elsewhere(here, small_home, options):
    small_home(options)
    script, running = await here.begins("sleep 0.5; echo end")
    assert here.record(script).parent == Path("/var/tmp")
    assert (await running).output == "end\n"
    assert (await here.again(script).join()).output == "end\n"
    await script.forget()
    assert here.records() == []


async def test_where_no_record_can_be_kept_nothing_is_run(here):
    if os.geteuid():
        pytest.skip("only root can mount")
    nowhere = "; ".join(f"mount -t tmpfs -o ro none {one}" for one in ("/var/tmp", "/dev/shm", "/tmp"))
    here.reach = Through(
        "unshare", "-m", "sh", "-c", f'{nowhere}; exec "$@"', "sh", "/usr/bin/env", "HOME=/nowhere"
    )
    with pytest.raises(Refused, match="because no record of it can be kept there"):
        await here.script().begin(Script("sh", "touch /var/lib/caretaker-was-here"), {})
    assert not os.path.exists("/var/lib/caretaker-was-here")  # noqa: ASYNC240, PTH110


async def test_a_place_that_another_user_has_prepared_is_not_used(here):
    script = here.script()
    here.home.rmdir()
    trap = Path("/var/tmp") / f"caretaker-script-{script._record.id}"
    trap.symlink_to("/etc")
    try:
        done = await script.begin(Script("sh", 'echo once >>"$done"'), {"done": str(here.done)})
        assert (done.ok, here.times()) == (True, 1)
        assert here.record(script).parent == Path("/dev/shm")
        await script.forget()
        assert trap.is_symlink()
    finally:
        trap.unlink()


async def test_old_records_are_swept_and_others_stay(here):
    old, young = (here.home / ".local/state/caretaker" / name for name in ("old", "young"))
    for one in (old, young):
        one.mkdir(parents=True)
    month = time.time() - 32 * 86_400
    os.utime(old, (month, month))
    await here.run("true")
    await until(lambda: not old.exists())
    assert young.exists()
