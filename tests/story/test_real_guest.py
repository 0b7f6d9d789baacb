"""A real guest under QEMU loses its boot sector and its power, and nothing in this story is played.

Its disk is restored by restic over SSH, it boots from it, and the agent inside it says that it is well.
"""

from datetime import UTC, datetime, timedelta

import pytest

from bot.demo.real_lab import GUEST, HOST, RealLab
from bot.demo.tiny_guest import tiny_guest
from bot.demonstration import RealStage, demonstration
from bot.hypervisor import Hypervisor
from bot.hypervisor.console_ocr.reading import text_of
from bot.workspace.records import ALEX, Json
from tests.story.person import Person, buttons, words
from tests.story.stages import checksum, needs, slow_restic
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real, needs("libvirtd", "qemu-system-x86_64", "restic")]


async def test_a_real_guest_that_lost_its_boot_sector_is_restored_by_buttons_and_boots(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", slow_restic(tmp_path, 5_000))  # so that there is progress to be seen
    stage = RealStage(tmp_path, datetime.now(UTC))
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await booted(stage.lab)

        await stage.lab.corrupt()
        incident = await alex.sees("Open: web1 can't boot: disk damaged", "No bootable device", seconds=20)
        await shows_its_screen(alex, incident)
        await alex.press("Acknowledge", on="web1 can't boot")

        await alex.press("Start: Restore")
        await alex.press("Run", on="Step 1 of 6")
        await alex.press("Run", on="Step 2 of 6", agreeing_to="This cuts the power of web1")
        await alex.press("Run", on="Step 3 of 6")
        await alex.press("Choose", on="Step 3 of 6")
        await alex.fills("Choose", snapshot="20")
        await alex.press("Run", on="Step 4 of 6")
        await alex.sees_in(incident, "Step 4 of 6", "▰▱", "%")  # it is somewhere between nothing and all
        assert "%" not in words(await alex.sees_in(incident, "Output of step 4")), "the bar is no output"
        await alex.press("Run", on="Step 5 of 6")
        await alex.fills("Are you sure?", Name="web1")
        await alex.sees_in(incident, "✅", "Step 5 of 6")
        assert checksum(stage.lab.guest.disk) == checksum(tiny_guest()), "before it boots, and writes to it"

        await alex.press("Run", on="Step 6 of 6")
        await alex.sees_in(incident, "✅", "Step 6 of 6", "check passed: web1: it", seconds=30)
        await alex.sees_change(incident, "🟢 *Resolved*", "all proven healthy")
        assert buttons(alex.now(incident)) == ["Reopen"]
        assert len(alex.own_messages()) == 1, "that it crashed, and then in the same message what that left behind"


async def test_without_a_console_log_it_is_recognised_off_the_picture_of_its_screen(tmp_path):
    """virt-manager makes guests so."""
    stage = RealStage(tmp_path, datetime.now(UTC), console_log=False)
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await booted(stage.lab)

        await stage.lab.corrupt()
        incident = await alex.sees("Open: web1 can't boot: disk damaged", "No bootable device", seconds=20)
        await shows_its_screen(alex, incident)


async def shows_its_screen(person: Person, incident: Json) -> None:
    """The picture in the incident's thread shows what the firmware said."""
    await person.sees_in(incident, "The screen of web1")
    [picture] = person.pictures(incident)
    assert "No bootable device" in text_of(picture)


async def booted(lab: RealLab) -> None:
    """Wait until the agent in the guest answers."""
    hypervisor = Hypervisor(HOST, lab.host.uri(), on_event=lambda _event: None)
    await hypervisor.start()
    await until(lambda: hypervisor.connected)
    try:
        await until(lambda: hypervisor.agent_answers(lab.host.uuid(GUEST), timedelta(seconds=1)), 30, every=0.2)
    finally:
        await hypervisor.close()
