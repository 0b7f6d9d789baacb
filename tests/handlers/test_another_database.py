"""A card of what is in the database no more: whatever is clicked on it, nothing is done, and it is told."""

import shutil

import pytest

from bot.core.incident import Status
from bot.workspace.records import ALEX, HOMELAB
from tests.handlers.rig import labels, rig_in, workspace
from tests.waiting import until

TOLD = "This card belongs to an earlier database of mine; `/lab incidents` tells what there is now"


async def begun(rig) -> tuple[dict, dict]:
    """web1 has crashed, and a run for it has begun: the cards of the two."""
    await rig.web1_crashes()
    await rig.press(ALEX.id, await rig.card("incident:1"), "Start: Mend a guest")
    step = await rig.card("run:1:step:0")
    return await rig.card("incident:1", "ready when you are"), step


async def nothing_counts(rig, cards: tuple[dict, dict], view: dict) -> None:
    """Whatever is clicked on these cards or submitted, it is told that they are old, and nothing changes."""
    await begun(rig)
    for message in cards:
        for label in labels(message):
            assert TOLD in await rig.refused(ALEX.id, message, label), label
    before = len(rig.whispers(ALEX.id))
    assert await rig.submit(ALEX.id, view, reason="it was me") == {}
    await until(lambda: len(rig.whispers(ALEX.id)) > before)
    assert TOLD in rig.whispers(ALEX.id)[-1]
    assert (await rig.incident()).status is Status.OPEN
    assert (await rig.incident()).acknowledged_by is None
    assert (await rig.run()).version == 1


async def test_no_button_of_an_old_database_does_anything_to_the_new_one(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    async with workspace() as box:
        async with rig_in(tmp_path / "old", box) as old:
            cards = await begun(old)
            view = await old.modal(ALEX.id, cards[0], "Resolve…")
        async with rig_in(tmp_path / "new", box) as new:
            await nothing_counts(new, cards, view)


async def test_no_button_does_anything_to_what_got_its_number_after_a_restore(tmp_path):
    lab, backup = tmp_path / "lab", tmp_path / "backup"
    lab.mkdir()
    async with workspace() as box:
        async with rig_in(lab, box):
            pass
        shutil.rmtree(lab / "runbooks")  # the rig brings its own
        shutil.copytree(lab, backup)
        async with rig_in(lab, box) as before:
            cards = await begun(before)
            view = await before.modal(ALEX.id, cards[0], "Resolve…")
        shutil.rmtree(lab)
        shutil.copytree(backup, lab)
        async with rig_in(lab, box) as after:
            await nothing_counts(after, cards, view)


async def test_a_bot_that_starts_again_on_its_database_knows_its_cards(tmp_path):
    async with workspace() as box:
        async with rig_in(tmp_path, box) as first:
            await first.web1_crashes()
            card = await first.card("incident:1")
        shutil.rmtree(tmp_path / "runbooks")  # the rig brings its own
        async with rig_in(tmp_path, box) as second:
            await second.press(ALEX.id, card, "Acknowledge")
            await second.card("incident:1", f"<@{ALEX.id}> is on it")


@pytest.mark.parametrize("value", ["no JSON", "[1]", '"x"'])
async def test_a_button_that_is_none_of_its_own_does_nothing_and_is_answered(tmp_path, value):
    async with workspace() as box, rig_in(tmp_path, box) as rig:
        await rig.web1_crashes()
        card = await rig.card("incident:1")
        (stored,) = [one for one in box.workspace.messages.history(HOMELAB.id) if one["ts"] == card["ts"]]
        button = next(one for block in stored["blocks"] for one in block.get("elements", []) if "value" in one)
        button["value"] = value
        assert TOLD in await rig.refused(ALEX.id, card, button["text"]["text"])
        assert (await rig.incident()).acknowledged_by is None
