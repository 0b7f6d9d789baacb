"""A card drawn from a database that is gone: whatever is clicked on it, nothing is done, and it is told."""

import shutil

from bot.core.incident import Status
from bot.workspace.records import ALEX
from tests.handlers.rig import labels, rig_in, workspace
from tests.waiting import until

TOLD = "This card belongs to an earlier database of mine; `/lab incidents` tells what there is now"


async def test_no_button_of_an_old_database_does_anything_to_the_new_one(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    async with workspace() as box:
        async with rig_in(tmp_path / "old", box) as old:
            await old.web1_crashes()
            incident = await old.card("incident:1")
            await old.press(ALEX.id, incident, "Start: Mend a guest")
            step = await old.card("run:1:step:0")
            incident = await old.card("incident:1", "ready when you are")
            view = await old.modal(ALEX.id, incident, "Resolve…")
        async with rig_in(tmp_path / "new", box) as new:
            await new.web1_crashes()
            await new.press(ALEX.id, await new.card("incident:1"), "Start: Mend a guest")
            await new.card("run:1:step:0")
            for message in (incident, step):
                for label in labels(message):
                    assert TOLD in await new.refused(ALEX.id, message, label), label
            before = len(new.whispers(ALEX.id))
            assert await new.submit(ALEX.id, view, reason="it was me") == {}
            await until(lambda: len(new.whispers(ALEX.id)) > before)
            assert TOLD in new.whispers(ALEX.id)[-1]
            assert (await new.incident()).status is Status.OPEN
            assert (await new.incident()).acknowledged_by is None
            assert (await new.run()).version == 1


async def test_a_bot_that_starts_again_on_its_database_knows_its_cards(tmp_path):
    async with workspace() as box:
        async with rig_in(tmp_path, box) as first:
            await first.web1_crashes()
            card = await first.card("incident:1")
        shutil.rmtree(tmp_path / "runbooks")  # the rig brings its own
        async with rig_in(tmp_path, box) as second:
            await second.press(ALEX.id, card, "Acknowledge")
            await second.card("incident:1", f"<@{ALEX.id}> is on it")
