"""The bot's disk is full. Slack is up, so people are told; what happens meanwhile is told once there is room."""

import pytest

from bot.workspace.records import ALEX, HOMELAB
from tests.real.disk import needs_mounts, small_disk
from tests.story.living import a_world
from tests.story.person import Person
from tests.terminal.commands import caretaker
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real, needs_mounts]


async def test_a_crash_on_a_full_disk_is_told_past_the_outbox_and_recorded_once_there_is_room(tmp_path):
    with small_disk(tmp_path / "data", "3m") as disk:
        async with a_world(disk.folder) as world:
            alex = Person(world.box, ALEX)
            full = Filled(world, disk)
            await full.until_nothing_is_written()

            await world.lab.crash("web1")
            cry = await alex.sees("⛔ I cannot write my database since", f"<@{ALEX.id}>", seconds=40)
            await alex.sees_change(cry, "Noticed since, and not recorded yet", "web1", "crashed", seconds=40)
            assert len(alex.channel()) == 1
            status = await alex.types("/lab status")
            assert "⛔ I cannot write my database since" in status
            assert "What I say may be old." in status
            assert "As it was at " in status
            assert "*web1*: crashed" in status
            assert "✅" not in status
            assert "All is well" not in status
            refused = await alex.types("/lab silence db1 1h it is being moved")
            full_is = f"the file system of {disk.folder} is full"
            assert f"I cannot write my database, because {full_is}. Nothing was changed." in refused
            told = await caretaker("health", "--config", world.bot.config, folder=tmp_path)
            assert (told.code, "is full" in told.out) == (1, True), told.out

            disk.free()
            incident = await alex.sees("web1 down", "Crashed", seconds=40)
            await alex.sees_change(cry, "🟢 I can write my database again", seconds=40)
            await alex.sees_in(incident, "I could not write my database", "this may have begun then")
            told = await caretaker("health", "--config", world.bot.config, folder=tmp_path)
            assert told.code == 0, told.out


class Filled:
    """A disk that is filled until the bot notices."""

    def __init__(self, world, disk) -> None:
        self.world, self.disk = world, disk

    async def until_nothing_is_written(self) -> None:
        def noticed() -> bool:
            self.disk.fill()
            return "cannot write the database" in self.world.bot.log.read_text()

        await until(noticed, 60, every=0.2)


async def test_a_bot_that_can_not_start_for_a_full_disk_says_so_once(tmp_path):
    with small_disk(tmp_path / "data", "3m") as disk:
        async with a_world(disk.folder) as world:
            await world.kill_bot()
            disk.fill()
            for _ in range(2):
                world.bot.start()
                assert await world.bot.ended() == 1
            messages = [m["text"] for m in world.box.workspace.messages.history(HOMELAB.id)]
            assert [text.partition(":")[0] for text in messages] == ["⛔ I cannot start"]
