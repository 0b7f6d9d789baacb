"""A guest's boot disk is overwritten. One message says so, and its buttons lead to a guest that is proven well."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.demonstration import demonstration
from bot.workspace.records import ALEX, ROBIN, SAM
from tests.story.person import Person, buttons, words
from tests.story.stages import checksum, needs, slow_restic, small_stage
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real, needs("restic")]


TIMELINE = (
    "the firmware found nothing to boot",
    "acknowledged",
    "was started",
    "step 2: web1 was powered off",
    "step 3: $snapshot = ",
    "step 4: Run",
    "step 5: Run",
    "step 6: web1 was started",
)
"""What the incident's history tells, in this order."""

ENDINGS = (
    ("step 6: web1: it asks for a login", "done: its last step is done"),
    ("resolved: all proven healthy",),
)
"""What it tells after that. The step and the incident each wait for the guest: either may end first."""


@dataclass(frozen=True, slots=True)
class Home:
    """A lab that is well and backed up, a bot that watches it, and three people: owner, family, stranger."""

    lab: object
    alex: Person
    robin: Person
    sam: Person


@pytest.fixture
async def home(tmp_path, monkeypatch) -> AsyncIterator[Home]:
    monkeypatch.setenv("PATH", slow_restic(tmp_path, 1_000))  # so that there is progress to be seen
    stage = small_stage(tmp_path)
    async with demonstration(stage, tmp_path) as box:
        await until(lambda: box.sockets.connected)
        await stage.lab.backed_up()
        yield Home(stage.lab, Person(box, ALEX), Person(box, ROBIN), Person(box, SAM))


async def test_a_corrupt_boot_disk_is_noticed_restored_by_its_buttons_and_proven_mended(home):
    alex, disk = home.alex, home.lab.guests.disk("web1")
    intact = checksum(disk)

    await home.lab.corrupt("web1")
    incident = await alex.sees("web1 can't boot: disk damaged", seconds=5)
    assert f"<@{ALEX.id}>" in words(incident), "a phone stays silent where nobody is mentioned"
    assert "No bootable device" in words(incident)
    assert buttons(incident) == ["Acknowledge", "Start: Restore a guest's boot disk"]
    await alex.sees_in(incident, "The screen of web1")
    [picture] = alex.pictures(incident)
    assert picture.startswith(b"\x89PNG")

    await alex.press("Acknowledge")
    await alex.sees_change(incident, f"<@{ALEX.id}> is on it")
    await alex.press("Start: Restore")

    await alex.press("Run", on="Step 1 of 6 · Look before you leap")
    await alex.sees_in(incident, "Output of step 1", "restic")
    await alex.press("Run", on="Step 2 of 6 · Power the guest off", agreeing_to="This cuts the power of web1")
    await alex.press("Run", on="Step 3 of 6 · Choose the snapshot")
    await alex.press("Choose", on="Step 3 of 6 · Choose the snapshot")
    assert await alex.fills("Choose", snapshot="20") == {}  # the newest stands first

    await alex.press("Run", on="Step 4 of 6 · Restore it beside the damaged one")
    restoring = await alex.sees_in(incident, "Step 4 of 6", " %*")
    assert "Stop" in buttons(restoring)
    await alex.sees_change(restoring, "✅", "*Verified*")

    assert checksum(disk) != intact, "until now the damaged disk is not touched"
    await alex.press("Run", on="Step 5 of 6 · Put it in its place")
    assert await alex.fills("Are you sure?", Name="web2") == {"Name": "“web2” was typed; type web1 exactly"}
    assert await alex.fills("Are you sure?", Name="web1") == {}
    await alex.sees_in(incident, "✅", "Put it in its place")
    assert checksum(disk) == intact

    await alex.press("Run", on="Step 6 of 6 · Start it and see that it is well")
    await alex.sees_in(incident, "✅", "Start it and see that it is well", "asks for a login")
    await alex.sees_in(incident, "🟢 web1 is healthy again")
    await alex.sees_change(incident, "Resolved", "Restore a guest's boot disk*: done")
    assert "web1" in home.lab.running_guests()
    assert buttons(alex.now(incident)) == ["Reopen"]
    assert len(alex.own_messages()) == 1
    told = await alex.types("/lab incident 1")
    for ending in ENDINGS:
        assert re.search(".*".join(map(re.escape, TIMELINE + ending)), told, re.DOTALL), told


async def test_a_stranger_changes_nothing_and_hands_only_what_is_theirs_and_both_are_told(home):
    alex, robin, sam = home.alex, home.robin, home.sam
    await home.lab.corrupt("web1")
    incident = await sam.sees("web1 can't boot: disk damaged")
    shown = words(incident)

    for label in ("Acknowledge", "Start: Restore", "Resolve…", "Silence…"):
        await sam.press(label)
    told = await sam.whispered(4)
    assert all("Only alex" in one and "Nothing was changed." in one for one in told)
    for command in ("ack 1", "resolve 1 because", "silence web1 2h because", "run restore-boot-disk web1"):
        assert "Nothing was changed." in await sam.types(f"/lab {command}")
    assert words(alex.now(incident)) == shown
    assert "in no role: you may read" in await sam.types("/lab whoami")
    assert "1 open" in await sam.types("/lab incidents")

    await robin.press("Acknowledge")
    await robin.sees_change(incident, f"<@{ROBIN.id}> is on it")
    await robin.press("Start: Restore")
    assert await robin.is_told("Only alex can start a runbook.", "Nothing was changed.")

    await alex.press("Start: Restore")
    for person in (robin, sam):
        await person.press("Run", on="Step 1 of 6")
        assert await person.is_told("Only alex can press this step.", "Nothing was changed.")
    assert "Run" in buttons(await alex.sees("Step 1 of 6", "👉")), "it still waits to be run"


async def test_a_guest_that_someone_starts_in_the_middle_of_its_restore_keeps_its_disk(home):
    alex, guests, disk = home.alex, home.lab.guests, home.lab.guests.disk("web1")
    await home.lab.corrupt("web1")
    damaged = checksum(disk)
    incident = await alex.sees("web1 can't boot: disk damaged")
    await alex.press("Start: Restore")
    await alex.press("Run", on="Step 1 of 6")
    await alex.press("Run", on="Step 2 of 6", agreeing_to="This cuts the power of web1")
    await alex.press("Run", on="Step 3 of 6")
    await alex.press("Choose", on="Step 3 of 6")
    await alex.fills("Choose", snapshot="20")
    await alex.press("Run", on="Step 4 of 6")
    stale = await alex.look_for("Run", on="Step 5 of 6")

    await asyncio.to_thread(guests.start, "web1")
    await alex.sees_in(incident, "“Restore a guest's boot disk” is paused: web1 was started")
    await alex.press_again(stale)
    await alex.is_told("because the run has moved on", "Nothing was changed")
    await alex.press("Go on", on="Step 5 of 6")
    await alex.press("Run", on="Step 5 of 6")
    await alex.fills("Are you sure?", Name="web1")
    await alex.sees_in(incident, "Step 5 of 6", "Nothing was run", "web1 is not off: it is running")
    assert checksum(disk) == damaged, "the disk of a guest that runs is not exchanged"


async def walk_through_restore(person: Person) -> None:
    """All the runbook's steps by their buttons, without looking left or right."""
    await person.press("Start: Restore")
    await person.press("Run", on="Step 1 of 6")
    await person.press("Run", on="Step 2 of 6", agreeing_to="This cuts the power of web1")
    await person.press("Run", on="Step 3 of 6")
    await person.press("Choose", on="Step 3 of 6")
    await person.fills("Choose", snapshot="20")
    await person.press("Run", on="Step 4 of 6")
    await person.press("Run", on="Step 5 of 6")
    await person.fills("Are you sure?", Name="web1")
    await person.press("Run", on="Step 6 of 6")
