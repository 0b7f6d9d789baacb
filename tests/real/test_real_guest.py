"""Real guests: they boot, lose their boot sector and their power, hang, and are told apart."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import libvirt
import pytest

from bot.core.guest import GuestEvent, GuestEventKind, Power, Reason, judge
from bot.core.health import Evidence, Health, Kind, Observation, Target, guest_id
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.boot_signs import Part, Stage
from bot.demo.real import RealGuest, RealHost
from bot.hypervisor import AgentSilent, GuestRefused, Hypervisor, HypervisorUnreachable, Unsupported
from bot.hypervisor.console_ocr.reading import text_of
from bot.monitoring.boots import Boots
from bot.monitoring.console import render
from bot.probes.guest import Agent, GuestProbe
from tests.guests import read_all
from tests.probes.parts import parts
from tests.real.guest import running_host
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.long]

SECOND = timedelta(seconds=1)
OS_RELEASE = b'ID=tiny\nNAME="Tiny guest"\n'
RESCUE = b'ID=tool\nNAME="Rescue kit"\n'
BOOTS_WITHIN = 90.0  # seconds, on a machine that is busy with other tests too; at rest 5


@pytest.fixture(scope="module")
def host() -> Iterator[RealHost]:
    with running_host() as host:
        yield host


@asynccontextmanager
async def watched(host):
    events: list[GuestEvent] = []
    hypervisor = Hypervisor("atlas", host.uri(), on_event=events.append)
    await hypervisor.start()
    await until(lambda: hypervisor.connected)
    try:
        yield hypervisor, events
    finally:
        await hypervisor.close()


@pytest.fixture(scope="module")
def web1(host) -> RealGuest:
    """A healthy guest, up and answering."""

    async def boot() -> None:
        async with watched(host) as (hypervisor, _):
            await hypervisor.start_guest(host.uuid("web1"))
            await answers(hypervisor, "web1")

    guest = host.add_guest("web1")
    asyncio.run(boot())
    return guest


async def called(hypervisor, name) -> str:
    """The UUID of the guest of that name."""
    return next(uuid for uuid, state in (await hypervisor.states()).items() if state.name == name)


async def answers(hypervisor, name) -> None:
    uuid = await called(hypervisor, name)
    await until(lambda: hypervisor.agent_answers(uuid, SECOND), BOOTS_WITHIN, every=0.2)


def standing(text) -> Stage | Part:
    """Where a guest stands that shows this; of a failure, which part failed."""
    reading = read_screen(render(text))
    return reading.part or reading.stage


async def on_console(guest, text) -> str:
    """What a guest's console log says, once it has `text`."""
    await until(lambda: text in guest.console_log.read_text(errors="replace"), BOOTS_WITHIN)
    return guest.console_log.read_text(errors="replace")


async def on_screen(hypervisor, name, text) -> str:
    """What a guest's screen shows, once it shows `text`."""
    shown = ""

    async def there() -> bool:
        nonlocal shown
        shown = text_of(await hypervisor.screenshot(await called(hypervisor, name)))
        return text in shown

    await until(there, BOOTS_WITHIN, every=0.2)
    return shown


@contextmanager
def frozen(host, guest):
    """A guest whose QEMU hangs."""
    pid = int((host.folder / "run/libvirt/qemu/run" / f"{guest.name}.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_guest_boots_from_its_disk_and_its_agent_answers(host, web1) -> None:
    async with watched(host) as (hypervisor, _):
        info = (await read_all(hypervisor))["web1"]
        assert (info.has_agent, info.disks, info.console_log) == (True, (str(web1.disk),), str(web1.console_log))
        system = await hypervisor.agent(host.uuid("web1"), {"execute": "guest-get-osinfo"}, 20 * SECOND)
        assert system["pretty-name"] == "Tiny guest"
        assert standing(await on_screen(hypervisor, "web1", "tiny login:")) is Stage.UP


async def test_an_agent_answers_while_file_systems_are_frozen_and_tells_that_they_are(host, web1) -> None:
    async with watched(host) as (hypervisor, _):
        info = (await read_all(hypervisor))["web1"]
        probe = GuestProbe(Target(guest_id(info.uuid)), "atlas", info, parts({"atlas": hypervisor}))
        assert await probe.agent() is Agent.ANSWERS
        await hypervisor.agent(info.uuid, {"execute": "guest-fsfreeze-freeze"}, 20 * SECOND)
        try:
            assert await hypervisor.agent_answers(info.uuid, 20 * SECOND)
            assert await probe.agent() is Agent.FROZEN
        finally:
            await hypervisor.agent(info.uuid, {"execute": "guest-fsfreeze-thaw"}, 20 * SECOND)
        assert await probe.agent() is Agent.ANSWERS


async def test_the_agent_of_another_system_that_boots_in_a_guest_proves_nothing(host) -> None:
    guest = host.add_guest("shop", console_log=False)
    boots = Boots(lambda: datetime.now(UTC), timedelta(minutes=9))
    async with watched(host) as (hypervisor, _):
        info = (await read_all(hypervisor))["shop"]
        probe = GuestProbe(Target(guest_id(info.uuid)), "atlas", info, parts({"atlas": hypervisor}))

        async def started() -> Observation:
            """What it shows once its agent has answered after a start. Before that, a login proves nothing."""
            await hypervisor.start_guest(info.uuid)
            boots.polled(probe.guest.id, running=True)
            shown: list[Observation | None] = []

            async def answered() -> bool:
                shown.append(await boots.look(probe))
                return shown[-1] is not None and "its agent answers" in shown[-1].why

            await until(answered, BOOTS_WITHIN, every=0.2)
            assert shown[-1] is not None
            return shown[-1]

        assert (await started()).evidence is Evidence.INSIDE
        await hypervisor.power_off(info.uuid)
        boots.polled(probe.guest.id, running=False)
        image = guest.disk.read_bytes()
        assert len(RESCUE) == len(OS_RELEASE)
        guest.disk.write_bytes(image.replace(OS_RELEASE, RESCUE))
        seen = await started()
        assert seen.health is Health.UNKNOWN
        assert seen.why.endswith("another system, “tiny” (Rescue kit); it was “tiny” (Tiny guest) before")
        await hypervisor.power_off(info.uuid)


async def test_what_the_agent_refuses_is_no_silence(host, web1) -> None:
    async with watched(host) as (hypervisor, _):
        with pytest.raises(GuestRefused, match="guest-nonsense has not been found"):
            await hypervisor.agent(host.uuid("web1"), {"execute": "guest-nonsense"}, 20 * SECOND)


async def test_a_guest_that_hangs_hides_no_other(host, web1) -> None:
    async with watched(host) as (hypervisor, events):
        with frozen(host, web1):
            ping = hypervisor.agent(host.uuid("web1"), {"execute": "guest-ping"}, 6 * SECOND)
            asking = asyncio.create_task(ping)
            await asyncio.sleep(0)
            assert (await hypervisor.states())[host.uuid("web1")].power is Power.RUNNING
            assert not asking.done()
            with pytest.raises(
                AgentSilent, match="cannot ask the agent of 'web1' on atlas: because it does not answer"
            ):
                await asking
            with pytest.raises(HypervisorUnreachable, match="cannot take a picture of 'web1'"):
                await hypervisor.screenshot(host.uuid("web1"))
        await answers(hypervisor, "web1")
        assert text_of(await hypervisor.screenshot(host.uuid("web1")))
        assert [event.what for event in events] == [GuestEventKind.CONNECTED]


async def test_a_zeroed_boot_sector_and_a_power_cut_are_told_by_the_console(host) -> None:
    guest = host.add_guest("mail")
    whole = shutil.copy(guest.disk, host.folder / "mail.backup")
    async with watched(host) as (hypervisor, events):
        await hypervisor.start_guest(host.uuid("mail"))
        await answers(hypervisor, "mail")

        guest.zero_boot_sector()
        host.cut_guest("mail")
        crash = GuestEvent("atlas", "mail", GuestEventKind.CRASHED, Reason.CRASHED, uuid=host.uuid("mail"))
        await until(lambda: crash in events, BOOTS_WITHIN)
        assert (await hypervisor.states())[host.uuid("mail")].reason is Reason.CRASHED
        assert await hypervisor.agent_answers(host.uuid("mail"), SECOND) is False

        await hypervisor.start_guest(host.uuid("mail"))
        said = await on_console(guest, "No bootable device.")
        assert standing(said) is Part.NOTHING
        assert (await hypervisor.states())[host.uuid("mail")].power is Power.RUNNING
        assert await hypervisor.agent_answers(host.uuid("mail"), SECOND) is False

        await hypervisor.power_off(host.uuid("mail"))
        shutil.copyfile(whole, guest.disk)
        await hypervisor.start_guest(host.uuid("mail"))
        await answers(hypervisor, "mail")
        await until(lambda: standing(guest.console_log.read_text(errors="replace")) is Stage.UP, BOOTS_WITHIN)
        await hypervisor.power_off(host.uuid("mail"))


async def test_a_guest_that_keeps_no_console_log_is_told_by_its_screen(host) -> None:
    host.add_guest("wiki", console_log=False).zero_boot_sector()
    async with watched(host) as (hypervisor, _):
        await hypervisor.start_guest(host.uuid("wiki"))
        shown = await on_screen(hypervisor, "wiki", "No bootable device.")
        assert standing(shown) is Part.NOTHING
        assert "Boot failed: not a bootable disk" in shown
        assert await hypervisor.agent_answers(host.uuid("wiki"), SECOND) is False
        await hypervisor.power_off(host.uuid("wiki"))


async def test_a_damaged_boot_partition_is_another_trouble(host) -> None:
    host.add_guest("git", console_log=False).damage_boot_partition()
    async with watched(host) as (hypervisor, _):
        await hypervisor.start_guest(host.uuid("git"))
        shown = await on_screen(hypervisor, "git", "Missing operating system.")
        assert standing(shown) is Part.PARTITION
        await hypervisor.power_off(host.uuid("git"))


async def test_after_a_power_cut_of_the_host_what_has_autostart_comes_back(host) -> None:
    host.add_guest("door", autostart=True)
    async with watched(host) as (hypervisor, events):
        await hypervisor.start_guest(host.uuid("door"))
        host.cut_power()
        await until(lambda: not hypervisor.connected)
        await host.start()
        await until(lambda: hypervisor.connected, BOOTS_WITHIN)
        await until(lambda: GuestEventKind.LOST in {event.what for event in events})
        await answers(hypervisor, "door")
        states = await hypervisor.states()
        assert (states[host.uuid("web1")].power, states[host.uuid("door")].power) == (Power.OFF, Power.RUNNING)


async def test_a_reset_is_told_and_the_guest_boots_again(host) -> None:
    host.add_guest("print")
    async with watched(host) as (hypervisor, events):
        await hypervisor.start_guest(host.uuid("print"))
        await answers(hypervisor, "print")
        await hypervisor.reset(host.uuid("print"))
        await until(
            lambda: GuestEvent("atlas", "print", GuestEventKind.REBOOTED, uuid=host.uuid("print")) in events,
            BOOTS_WITHIN,
        )
        await answers(hypervisor, "print")
        await hypervisor.power_off(host.uuid("print"))


@contextmanager
def faulty_disk(host, guest):
    """The guest's disk moves behind a real block server; while the file given back exists, reads of it fail."""
    door, fault, overlay = (host.folder / f"{guest.name}.{suffix}" for suffix in ("nbd", "fault", "qcow2"))
    nbdkit = ["nbdkit", "-f", "-U", door, "--filter=error", "file", guest.disk]
    with subprocess.Popen([*nbdkit, "error-pread-rate=100%", f"error-file={fault}"]) as server:
        while not door.exists():
            assert server.poll() is None
        create = [
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            f"nbd+unix:///?socket={door}",
            overlay,
        ]
        subprocess.run(create, check=True)
        for file in (door, overlay):
            file.chmod(0o666)
        connection = libvirt.open(host.uri())
        xml = connection.lookupByName(guest.name).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        policy = "type='qcow2' error_policy='stop' rerror_policy='stop'/>"
        connection.defineXML(xml.replace("type='raw'/>", policy).replace(str(guest.disk), str(overlay)))
        connection.close()
        try:
            yield fault, overlay
        finally:
            server.kill()  # asked kindly, it would wait for the guest


async def test_a_guest_whose_disk_fails_is_paused_and_goes_on_when_it_is_mended(host) -> None:
    guest = host.add_guest("photos")
    # A moment later, so that the agent can still say that it started this before the guest stands still.
    read = {"path": "/bin/sh", "arg": ["-c", "sleep 0.3; dd if=/dev/vda1 of=/dev/null count=1 iflag=direct"]}
    async with watched(host) as (hypervisor, events):
        with faulty_disk(host, guest) as (fault, overlay):
            await hypervisor.start_guest(host.uuid("photos"))
            await answers(hypervisor, "photos")
            fault.touch()
            with suppress(AgentSilent):  # it stood still before it could say so
                await hypervisor.agent(
                    host.uuid("photos"), {"execute": "guest-exec", "arguments": read}, 20 * SECOND
                )
            paused = GuestEvent(
                "atlas", "photos", GuestEventKind.PAUSED, Reason.IO_ERROR, uuid=host.uuid("photos")
            )
            await until(lambda: paused in events, BOOTS_WITHIN)
            error = await until(lambda: [event for event in events if event.what is GuestEventKind.IO_ERROR])
            assert error[0].detail.startswith(str(overlay))
            state = (await hypervisor.states())[host.uuid("photos")]
            assert judge(state, wanted=True).kind is Kind.GUEST_DAMAGED
            fault.unlink()
            await hypervisor.resume(host.uuid("photos"))
            await answers(hypervisor, "photos")
            await hypervisor.power_off(host.uuid("photos"))


async def test_a_guest_made_without_an_agent_channel_has_no_answer(host) -> None:
    guest = host.add_guest("old", agent=False)
    async with watched(host) as (hypervisor, _):
        await hypervisor.start_guest(host.uuid(guest.name))
        assert await hypervisor.agent_answers(host.uuid("old"), SECOND) is None
        with pytest.raises(Unsupported, match="cannot ask the agent of 'old' on atlas: because it has no means"):
            await hypervisor.agent(host.uuid("old"), {"execute": "guest-ping"}, SECOND)
