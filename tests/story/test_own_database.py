"""The database is deleted, and later replaced, under the bot. It says so, and its next start knows all."""

import sqlite3

import pytest

from bot.workspace.records import ALEX
from tests.story.living import a_world
from tests.story.person import Person, words
from tests.terminal.commands import caretaker

pytestmark = [pytest.mark.slow, pytest.mark.long]


async def test_a_database_whose_files_are_deleted_in_an_incident_is_written_anew_and_known_to_the_next_start(
    tmp_path,
):
    data = tmp_path / "data"
    async with a_world(data) as world:
        alex = Person(world.box, ALEX)
        await world.lab.crash("web1")
        card = await alex.sees("web1 down", seconds=30)
        for file in data.iterdir():
            file.unlink()
        await alex.sees("were deleted while I used them", "nothing is lost", seconds=30)
        told = await caretaker("health", "--config", world.bot.config, folder=tmp_path)
        assert told.code == 0, told.out

        await world.kill_bot()
        await world.start_bot()
        assert "web1" in await alex.types("/lab incident 1")
        assert len([one for one in alex.channel() if "web1 down" in words(one)]) == 1, words(card)


async def test_another_file_in_its_place_is_told_and_all_is_kept_beside_it(tmp_path):
    data = tmp_path / "data"
    async with a_world(data) as world:
        alex = Person(world.box, ALEX)
        (file,) = data.glob("*.db")
        aside = file.with_name("aside")
        aside.hardlink_to(file)  # so that at no moment there is none in its place
        with sqlite3.connect(data / "other") as other:
            other.execute("create table another (one)")
        (data / "other").rename(file)
        cry = await alex.sees("⛔ My database is not safe", "All I know is kept in", f"<@{ALEX.id}>", seconds=40)
        aside.rename(file)
        await alex.sees_change(cry, "🟢 My database is safe again", seconds=40)


async def test_a_database_that_is_gone_at_a_start_is_missed(tmp_path):
    data = tmp_path / "data"
    async with a_world(data) as world:
        alex = Person(world.box, ALEX)
        await world.lab.crash("web1")
        await alex.sees("web1 down", seconds=30)
        await world.kill_bot()
        (file,) = data.glob("*.db")
        file.write_bytes(b"")
        for beside in data.glob("*.db-*"):
            beside.unlink()
        await world.start_bot()
        await alex.sees("is not the one that I used last", "stop me, put it in its place", seconds=30)
        await world.kill_bot()
        await world.start_bot()
        assert len([one for one in alex.channel() if "not the one that I used" in words(one)]) == 1
