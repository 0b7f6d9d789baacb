"""Whether a guest has come up, by what shows of it; on libvirt's test hypervisor, which has no agent."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.core.guest import GuestInfo
from bot.core.health import Health, Kind, Target, TargetId
from bot.hypervisor import GuestRefused, Hypervisor
from bot.probes.guest import GuestProbe
from bot.reach import Refused, Unreachable
from tests.guests import URI, owned_guests
from tests.hypervisor.drawn import vga_screen
from tests.probes.parts import NOW, parts
from tests.waiting import until

WEB1 = Target(TargetId("guest:web1"))
PATIENCE = timedelta(minutes=3)
JUST_NOW, LONG_AGO = NOW - timedelta(seconds=5), NOW - timedelta(minutes=4)
BIOS = "SeaBIOS (version 1.16.2)\n\nBooting from Hard Disk...\n"


class Furnished(Hypervisor):
    """The test hypervisor, furnished with what its guests lack: an agent, and a screen of their own."""

    answers: bool | None = None
    picture: bytes | None = None

    async def agent_answers(self, name: str, deadline: timedelta) -> bool | None:
        return self.answers if self.answers is not None else await super().agent_answers(name, deadline)

    async def screenshot(self, name: str) -> bytes:
        return self.picture or await super().screenshot(name)


@dataclass
class Console:
    """A console's log, and how it is asked for."""

    text: str = ""
    trouble: Exception | None = None
    asked: list[timedelta | None] = field(default_factory=list)

    async def read_end(self, _host: str, _path: str, within: timedelta | None) -> str:
        self.asked.append(within)
        if self.trouble:
            raise self.trouble
        return self.text


@asynccontextmanager
async def probing(*, console: Console | None = None, agent=False, answers=None, uri=URI, name="web1"):
    info = GuestInfo(
        name, "f00", autostart=True, persistent=True, has_agent=agent, console_log="/log" if console else None
    )
    with owned_guests() as guests:
        guests.add("web1")
        hypervisor = Furnished("atlas", uri, on_event=lambda _: None)
        hypervisor.answers = answers
        await hypervisor.start()
        given = parts({"atlas": hypervisor}, **({"read_end": console.read_end} if console else {}))
        try:
            yield GuestProbe(WEB1, "atlas", info, PATIENCE, given), hypervisor
        finally:
            await hypervisor.close()


async def look(started: datetime | None = JUST_NOW, **how):
    async with probing(**how) as (probe, _):
        return await probe.look(started)


async def test_an_agent_that_answers_is_proof_enough() -> None:
    console = Console("No bootable device.")
    seen = await look(agent=True, answers=True, console=console)
    assert (str(seen.fingerprint), seen.health, seen.why) == ("boot@guest:web1", Health.OK, "its agent answers")
    assert console.asked == []


async def test_a_console_says_why_the_guest_did_not_boot() -> None:
    seen = await look(console=Console(f"{BIOS}No bootable device.\n"), agent=True, answers=False)
    assert (seen.health, seen.kind, seen.running) == (Health.FAIL, Kind.BOOT_DISK, True)
    assert seen.why == "the firmware found nothing to boot: “No bootable device.”"
    assert not seen.stated, "one look at a boot under way may catch a line that it gets over"


async def test_a_login_prompt_on_the_console_is_well() -> None:
    seen = await look(console=Console(f"{BIOS}Debian GNU/Linux 12 web1 ttyS0\n\nweb1 login: "))
    assert (seen.health, seen.why) == (Health.OK, "it asks for a login")


@pytest.mark.slow
async def test_only_what_the_console_said_since_the_start_is_asked_for() -> None:
    console = Console()
    await look(JUST_NOW, console=console)
    await look(None, console=console)
    assert console.asked == [timedelta(seconds=7), None]


async def test_a_boot_that_was_noticed_late_may_have_told_before() -> None:
    console = Console()
    async with probing(console=console) as (probe, _):
        seen = await probe.look(JUST_NOW, JUST_NOW - timedelta(minutes=10))
    assert console.asked == [timedelta(minutes=10, seconds=7)]
    assert seen.why == "it is starting and shows nothing yet"


async def test_a_screen_tells_where_there_is_no_console_log() -> None:
    async with probing() as (probe, hypervisor):
        hypervisor.picture = vga_screen(["Booting from Hard Disk...", "Missing operating system."])
        seen = await probe.look(JUST_NOW)
    assert (seen.health, seen.kind) == (Health.FAIL, Kind.BOOT_DISK)
    assert seen.why == "the partition to boot from is damaged: “Missing operating system.”"


@pytest.mark.parametrize(
    "console",
    [
        Console("kernel: random noise\n"),
        Console(trouble=Refused("cannot read '/log'")),
        Console(trouble=Unreachable("cannot reach atlas")),
    ],
    ids=["says nothing", "can't be read", "can't be reached"],
)
async def test_a_screen_tells_where_the_console_does_not(console) -> None:
    async with probing(console=console) as (probe, hypervisor):
        hypervisor.picture = vga_screen(["No bootable device."])
        assert (await probe.look(JUST_NOW)).kind is Kind.BOOT_DISK


@pytest.mark.slow
async def test_a_guest_that_shows_nothing_yet_is_given_time() -> None:
    seen = await look(JUST_NOW)
    assert (seen.health, seen.why) == (Health.UNKNOWN, "it is starting and shows nothing yet")


@pytest.mark.slow
@pytest.mark.parametrize("started", [LONG_AGO, None])
async def test_a_guest_that_shows_nothing_after_that_is_taken_for_well(started) -> None:
    seen = await look(started)
    assert (seen.health, seen.why) == (Health.OK, "no sign of a failed boot")


async def test_an_agent_that_should_be_there_and_is_silent_is_mentioned() -> None:
    seen = await look(LONG_AGO, agent=True, answers=False)
    assert (seen.health, seen.why) == (Health.OK, "no sign of a failed boot, but its agent is silent")


async def test_a_picture_that_nobody_can_read_shows_nothing() -> None:
    async with probing() as (probe, hypervisor):
        hypervisor.picture = b"GIF89a"
        assert (await probe.look(LONG_AGO)).health is Health.OK


async def test_a_guest_without_a_screen_shows_nothing() -> None:
    async with probing(name="nope") as (probe, hypervisor):
        await until(lambda: hypervisor.connected)
        with pytest.raises(GuestRefused):
            await hypervisor.screenshot("nope")
        assert (await probe.look(JUST_NOW)).health is Health.UNKNOWN
        assert (await probe.look(LONG_AGO)).health is Health.OK


async def test_an_agent_that_may_not_be_asked_is_as_good_as_silent() -> None:
    async with probing(name="nope", agent=True) as (probe, hypervisor):
        await until(lambda: hypervisor.connected)
        with pytest.raises(GuestRefused):
            await hypervisor.agent_answers("nope", timedelta(seconds=1))
        assert (await probe.look(LONG_AGO)).why == "no sign of a failed boot, but its agent is silent"


async def test_behind_a_hypervisor_that_is_away_nothing_is_known(tmp_path) -> None:
    seen = await look(LONG_AGO, uri=f"qemu+unix:///session?socket={tmp_path}/none")
    assert seen.health is Health.UNKNOWN
    assert seen.why.startswith("cannot take a picture of 'f00' on atlas: because")
