"""A guest's screen is read by a process of its own, once for each picture that is new."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.hypervisor.pictures import UnreadablePicture
from bot.hypervisor.screen_text import AT_ONCE, KEPT, ScreenReader
from tests.hypervisor.test_console_ocr import SCREENS
from tests.waiting import until

pytestmark = pytest.mark.asyncio
PICTURE = (SCREENS / "seabios.png").read_bytes()


def program(folder: Path, code: str) -> Path:
    path = folder / "reader.py"
    path.write_text(f"import os, signal, sys\npicture = sys.stdin.buffer.read()\n{code}\n")
    return path


def counting(folder: Path) -> tuple[ScreenReader, Path]:
    """A reader whose program notes each picture that it reads."""
    notes = folder / "notes"
    return ScreenReader(
        program(folder, f"open({str(notes)!r}, 'ab').write(picture + b'\\n'); print('read')")
    ), notes


async def test_the_text_of_a_screen() -> None:
    assert (await ScreenReader().text_of(PICTURE)).endswith("No bootable device.")


async def test_a_screen_that_stands_still_is_read_once(tmp_path) -> None:
    reader, notes = counting(tmp_path)
    for _ in range(3):
        assert await reader.text_of(b"one") == "read\n"
    assert notes.read_bytes() == b"one\n"


async def test_a_cursor_that_blinks_costs_nothing(tmp_path) -> None:
    reader, notes = counting(tmp_path)
    for picture in (b"with", b"without", b"with", b"without", b"with"):
        await reader.text_of(picture)
    assert notes.read_bytes() == b"with\nwithout\n"


async def test_only_the_last_few_pictures_are_remembered(tmp_path) -> None:
    reader, notes = counting(tmp_path)
    pictures = [str(number).encode() for number in range(KEPT + 1)]
    for picture in (*pictures, pictures[-1], pictures[0]):
        await reader.text_of(picture)
    assert notes.read_bytes().split() == [*pictures, pictures[0]]


async def test_the_program_gets_no_environment(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    reader = ScreenReader(program(tmp_path, "print(sorted(os.environ.values()))"))
    assert "secret" not in await reader.text_of(PICTURE)


async def test_what_cannot_be_read_is_told_in_the_programs_words() -> None:
    with pytest.raises(UnreadablePicture, match="cannot read a picture: because it starts with b'GIF89a'"):
        await ScreenReader().text_of(b"GIF89a")


async def test_a_program_that_dies_of_a_picture_is_told_too(tmp_path) -> None:
    reader = ScreenReader(program(tmp_path, "os.kill(os.getpid(), 11)"))
    with pytest.raises(UnreadablePicture, match="because its reader ended with -11 and said nothing"):
        await reader.text_of(PICTURE)


async def test_a_program_that_never_ends_is_ended(tmp_path) -> None:
    reader = ScreenReader(program(tmp_path, "signal.pause()"), deadline=timedelta(seconds=1))
    with pytest.raises(UnreadablePicture, match="because it was not read within 1 s"):
        await reader.text_of(PICTURE)


async def test_who_waits_no_longer_leaves_no_process(tmp_path) -> None:
    pid = tmp_path / "pid"
    reader = ScreenReader(program(tmp_path, f"open({str(pid)!r}, 'w').write(str(os.getpid())); signal.pause()"))
    waiting = asyncio.create_task(reader.text_of(PICTURE))
    await until(lambda: pid.exists() and pid.read_text())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_of_screens_that_change_at_once_only_a_few_are_read_at_the_same_time(tmp_path) -> None:
    under_way, go = tmp_path / "under way", tmp_path / "go"
    under_way.mkdir()
    os.mkfifo(go)
    code = f"""
mine = {str(under_way)!r} + f"/{{os.getpid()}}"
open(mine, "w").close()
open({str(go)!r}).close()  # waits until someone writes there
print(len(os.listdir({str(under_way)!r})))
os.remove(mine)
"""
    slots = asyncio.Semaphore(AT_ONCE)
    readers = [ScreenReader(program(tmp_path, code), slots=slots) for _ in range(10)]
    reading = asyncio.gather(*(reader.text_of(PICTURE) for reader in readers))
    await until(lambda: len(list(under_way.iterdir())) >= AT_ONCE)
    with go.open("w"):
        assert max(map(int, await reading)) == AT_ONCE


async def test_a_screen_whose_turn_has_not_come_has_not_been_looked_at() -> None:
    slots = asyncio.Semaphore(0)
    reader = ScreenReader(slots=slots)
    waiting = asyncio.create_task(reader.text_of(PICTURE))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    slots.release()
    assert (await waiting).endswith("No bootable device.")
