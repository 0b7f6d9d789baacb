"""Scripts that fill the disk their record is on, or remove it: how they ended is known, or known to be unknown."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator

import pytest

from bot.reach import Lost
from tests.reach.test_records import Place, home_with_room, kill_supervisor, said, shell
from tests.reach.ways import sleeper
from tests.real.processes import alive
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.slow]

FULL_OF_FILES, FULL_OF_BYTES = "size=4m,nr_inodes=60", "size=600k"
FILLS = {
    FULL_OF_FILES: 'i=0; while (: >"$HOME/f$i"); do i=$((i+1)); [ $i -lt 200 ] || exit 9; done 2>/dev/null',
    FULL_OF_BYTES: 'head -c 2000000 /dev/zero >"$HOME/f0" 2>/dev/null && exit 9',
}


@pytest.fixture(params=["dash", "bash", "busybox"])
def place(request, tmp_path) -> Place:
    return shell(tmp_path, request.param)


@pytest.fixture
def small_home(place) -> Iterator[Callable[[str], None]]:
    with home_with_room(place) as give:
        yield give


@pytest.mark.parametrize("room", FILLS)
@pytest.mark.parametrize("status", [0, 3])
async def test_a_script_that_fills_the_disk_of_its_record_has_ended_as_it_did(place, small_home, room, status):
    small_home(room)
    script, running = await place.begins(f"{FILLS[room]}; echo end; exit {status}")
    done = await running
    assert (done.status, done.how, done.known) == (status, "", True)
    assert "end" in done.output or "[some output is lost: nook had no room for it]" in done.output
    assert (await place.again(script).join()).status == status
    assert (await place.again(script).stop()).status == status
    for file in place.home.glob("f*"):
        file.unlink()
    assert (await place.again(script).join()).status == status
    await script.forget()
    assert place.records() == []


@pytest.mark.parametrize("room", FILLS)
async def test_it_is_stopped_and_its_limit_kept_on_a_full_disk(place, small_home, room):
    small_home(room)
    child = sleeper()
    script, running = await place.begins(f"{FILLS[room]}; {child}")
    await until(lambda: alive(child))
    assert (await place.again(script).stop()).how == "stopped"
    assert (await running).how == "stopped"
    await script.forget()
    for file in place.home.glob("f*"):
        file.unlink()
    assert (await place.run(f"{FILLS[room]}; {child}", limit=2)).timed_out
    assert not alive(child)


async def test_a_script_whose_end_nobody_could_write_was_not_killed_as_far_as_is_known(place, small_home):
    small_home(FULL_OF_FILES)
    child = sleeper()
    script, running = await place.begins(f"{FILLS[FULL_OF_FILES]}; {child}")
    await until(lambda: alive(child))
    record = place.record(script)
    for spare in (record / ".end", record / ".status"):  # the disk refuses even that they are renamed
        spare.unlink()
    (record / "room").unlink()
    fill_up(place)
    os.killpg(int(said(record, "run").split()[0]), signal.SIGTERM)
    unknown = "nobody knows how it ended: it no longer runs on nook, and no end of it was recorded"
    for asked in (lambda: running, place.again(script).join, place.again(script).stop):
        done = await asked()
        assert (done.status, done.known, done.ok) == (None, False, False)
        assert done.how == f"{unknown}; its disk is full: {record}: No space left on device"
    for file in place.home.glob("f*"):
        file.unlink()
    assert (await place.again(script).join()).how == unknown
    await script.forget()


def fill_up(place: Place) -> None:
    """What was freed is taken by others."""
    try:
        for number in range(200):
            (place.home / f"fresh{number}").touch()
    except OSError:
        return
    raise AssertionError("that does not fill it")


async def test_much_output_where_no_file_can_be_made_is_read_to_its_end(place, small_home):
    small_home("size=40m,nr_inodes=60")
    text = "head -c 30000000 /dev/zero | tr '\\0' x"
    done = await place.run(f"{FILLS[FULL_OF_FILES]}; {text}; rm $HOME/f1; echo; echo end; exit 3", limit=60)
    assert done.status == 3


async def test_a_record_that_is_removed_while_it_is_followed_is_said_to_be(place):
    child = sleeper()
    script, running = await place.begins(child)
    record = place.record(script)
    shutil.rmtree(record)
    with pytest.raises(Lost, match=r"^lost sight of it on nook: because someone has removed its record there$"):
        await running
    with pytest.raises(Lost, match=r"it still runs on nook \(pid \d+"):
        await place.again(script).join()
    for pid in alive(child):
        os.kill(pid, signal.SIGTERM)
    await until(lambda: not alive(child))

    async def ended() -> bool:
        try:
            done = await script.join()
        except Lost:
            return False
        assert (done.how, done.known) == ("it no longer runs, and its record is gone", False)
        return True

    await until(ended)
    for one in place.records():
        shutil.rmtree(one)


async def test_a_supervisor_that_is_gone_on_a_full_disk_has_left_the_status(place, small_home):
    small_home(FULL_OF_FILES)
    gate = place.home / "gate"
    script, running = await place.begins(
        f"{FILLS[FULL_OF_FILES]}; until [ -e {gate} ]; do sleep 0.05; done; exit 0"
    )
    record = place.record(script)
    await until(lambda: len(list(place.home.glob("f*"))) > 10)
    kill_supervisor(record)
    (place.home / "f0").rename(gate)
    done = await asyncio.wait_for(running, 30)
    assert done.ok or not done.known
    await script.forget()
