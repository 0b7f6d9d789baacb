"""The power fails for longer than the UPS lasts. Fifty guests, three hosts: one message, and none is forgotten."""

from datetime import UTC, datetime

import pytest

from bot.demo.disks import wipe_start
from bot.demonstration import TestStage as Stage
from bot.demonstration import demonstration
from bot.workspace.records import ALEX, ROBIN
from tests.story.person import Person, buttons, words
from tests.story.stages import checksum
from tests.story.test_boot_disk import walk_through_restore
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real]

ACCEPTABLE = 5
"""What may appear in the channel for all of it: two incidents, what is missing after the grace, and two ends."""


async def test_a_power_failure_is_one_message_that_waits_until_every_machine_is_proven_well(tmp_path):
    stage = Stage(tmp_path, datetime.now(UTC))
    lab = stage.lab
    async with demonstration(stage, tmp_path) as box:
        alex, robin = Person(box, ALEX), Person(box, ROBIN)
        await until(lambda: box.sockets.connected)
        await lab.backed_up()
        web1 = lab.guests.disk("web1")
        intact = checksum(web1)

        async def all_well() -> bool:  # ephemeral ones don't count
            status = await alex.types("/lab status")
            return "🟢 All is well" in status and "guests: 32 of 42 well, 10 off" in status

        await until(all_well, 40, every=0.3)

        await lab.fail_power()
        power = await alex.sees("Power failure (rack)", f"<@{ALEX.id}>", "On battery")
        await alex.sees_change(power, "*0 of 36* well", "failing: atlas, nook, vault")
        assert len(alex.channel()) == 1, "three hosts and fifty guests, and one message"
        assert buttons(power) == ["Acknowledge", "Start: Bring everything back after a power failure"]
        await alex.press("Acknowledge")
        await alex.sees_change(power, f"<@{ALEX.id}> is on it")

        wipe_start(web1)  # what a power surge may do
        await lab.bring_back()
        web1_incident = await alex.sees("web1 can't boot: disk damaged")
        back = ("*34 of 36* back", "still off, and it ran before: dev2", "failing: web1")
        await alex.sees_change(power, "Recovering", *back, seconds=40)

        await walk_through_restore(alex)
        await alex.sees_change(web1_incident, "🟢 *Resolved*", seconds=30)
        assert checksum(web1) == intact
        await alex.sees_change(power, "Recovering", "*35 of 36* back", "still off, and it ran before: dev2")
        await alex.sees_in(power, "the power has been back for", "Still off: dev2", seconds=30)
        assert "dev2" not in lab.running_guests()

        await alex.press("Start: Bring everything back")
        await robin.tick("See that the power is here to stay")
        await robin.press("Done", on="See that the power is here to stay")
        await alex.press("Done", on="Wait for the hosts")
        await alex.press("Run", on="Start what has not come back", agreeing_to="This starts every machine")
        await alex.sees_in(power, "✅", "Start what has not come back", seconds=30)
        assert "dev2" in lab.running_guests()
        await alex.sees_change(
            power, "🟢 *Resolved*", "*36 of 36* well", "Resolved: all proven healthy", seconds=40
        )

        await alex.press("Skip", on="Look around")
        await alex.sees_in(power, "“Bring everything back after a power failure” is done")
        assert "🟢 All is well" in await alex.types("/lab status")
        assert len(alex.channel()) <= ACCEPTABLE, "\n---\n".join(map(words, alex.channel()))
