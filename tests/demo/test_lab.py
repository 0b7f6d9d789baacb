"""The lab and each way to break it, seen from outside by real clients of libvirt, SSH, NUT and restic."""

import asyncio
import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import aionut
import pytest

from bot.core.guest import GuestEventKind, Power, Reason
from bot.core.incidents.boot_screen import read_screen
from bot.core.incidents.boot_signs import Part, Stage
from bot.demo.lab import Lab, LabRefused
from bot.demo.roster import ROSTER, Habit, LabGuest
from bot.hypervisor import Hypervisor
from bot.monitoring.console import render
from bot.reach import Unreachable
from bot.reach.ssh import SshHost, SshReach
from tests.guests import read_all
from tests.reach.ways import sh
from tests.waiting import until

pytestmark = pytest.mark.slow  # real processes, one after another

NOW = datetime(2024, 5, 17, 9, 0, tzinfo=UTC)
FEW = (
    LabGuest("web1", data=8),
    LabGuest("db1"),
    LabGuest("dev2", Habit.FORGOTTEN),
    LabGuest("ci-1", Habit.EPHEMERAL),
    LabGuest("dc-old", Habit.OFF),
)


@pytest.fixture
async def lab(tmp_path):
    lab = Lab(tmp_path / "lab", now=NOW, roster=FEW, between_boots=timedelta(milliseconds=5))
    await lab.start()
    yield lab
    await lab.close()


@pytest.fixture
async def events():
    return []


@pytest.fixture
async def atlas(lab, events):
    hypervisor = Hypervisor("atlas", lab.uri, on_event=events.append)
    await hypervisor.start()
    await until(lambda: hypervisor.connected)
    yield hypervisor
    await hypervisor.close()


@pytest.fixture
async def rack(lab):
    client = aionut.AIONUTClient("127.0.0.1", lab.ups.port)
    yield client
    client.shutdown()


@pytest.fixture
async def reach(lab):
    """A way to each host, by its name."""
    ways = {
        name: SshReach(SshHost(name, "127.0.0.1", "root", lab.key, lab.known_hosts, host.port))
        for name, host in lab.hosts.items()
    }
    yield ways
    for way in ways.values():
        await way.close()


def console(lab: Lab, guest: str) -> str:
    return lab.guests.console_log(guest).read_text()


def standing(lab, name):
    """Where a guest stands at its boot, by its console."""
    return read_screen(render(console(lab, name)))


async def called(atlas, name) -> str:
    """The UUID of the guest of that name."""
    return next(uuid for uuid, state in (await atlas.states()).items() if state.name == name)


async def web1(atlas):
    """How web1 is."""
    state = (await atlas.states())[await called(atlas, "web1")]
    return state.power, state.reason


async def running(atlas: Hypervisor) -> set[str]:
    return {state.name for state in (await atlas.states()).values() if state.power is Power.RUNNING}


def test_the_roster_is_a_homelab_of_fifty():
    assert len({guest.name for guest in ROSTER}) == len(ROSTER) == 50
    habits = Counter(guest.habit for guest in ROSTER)
    assert habits == {Habit.AUTOSTART: 31, Habit.FORGOTTEN: 1, Habit.EPHEMERAL: 8, Habit.OFF: 10}


async def test_the_whole_lab_starts(tmp_path):
    lab = Lab(tmp_path, now=NOW)
    try:
        await lab.start()
        assert lab.note() == "UPS OL at 100 % · 3 of 3 hosts on · 40 of 50 guests running"
        assert lab.running_guests()[:2] == ["web1", "db1"]
    finally:
        await lab.close()


async def test_a_hypervisor_shows_the_guests_as_they_were_made(lab, atlas):
    guests = await read_all(atlas)
    assert set(guests) == {"web1", "db1", "dev2", "ci-1", "dc-old"}
    assert {name for name, guest in guests.items() if guest.autostart} == {"web1", "db1"}
    assert {name for name, guest in guests.items() if not guest.persistent} == {"ci-1"}
    assert guests["web1"].disks == (str(lab.guests.disk("web1")),)
    assert guests["web1"].console_log == str(lab.guests.console_log("web1"))
    assert await running(atlas) == {"web1", "db1", "dev2", "ci-1"}
    await until(lambda: console(lab, "web1").endswith("web1 login: "))


async def test_a_power_failure_takes_hosts_and_guests(lab, atlas, events, rack, reach):
    assert (await rack.list_vars("rack"))["ups.status"] == "OL"
    assert (await sh(reach["vault"], "echo up")).output == "up\n"
    failing = asyncio.ensure_future(lab.fail_power())
    await until(lambda: not lab.ups.mains)
    assert (await rack.list_vars("rack"))["ups.status"] == "OB DISCHRG"
    assert await failing == "The power failed, and the UPS did not last: 3 hosts and 4 guests are off."
    told = await rack.list_vars("rack")
    assert told["ups.status"] == "OB DISCHRG LB"
    assert float(told["battery.charge"]) <= 20
    for way in reach.values():
        with pytest.raises(Unreachable):
            await sh(way, "true")
    assert (await web1(atlas)) == (Power.OFF, Reason.DESTROYED)
    assert await running(atlas) == set()
    await until(lambda: len(events) > 4)
    stopped = [event.guest for event in events if event.what is GuestEventKind.STOPPED]
    assert sorted(stopped) == ["ci-1", "db1", "dev2", "web1"]
    with pytest.raises(LabRefused, match="off already"):
        await lab.fail_power()


async def test_what_starts_by_itself_comes_back_with_the_power(lab, atlas, rack, reach):
    ports = {name: host.port for name, host in lab.hosts.items()}
    await lab.fail_power()
    assert await lab.bring_back() == "The power is back: 3 hosts are on, and 3 guests started by themselves."
    assert (await rack.list_vars("rack"))["ups.status"] == "OL CHRG"
    assert {name: host.port for name, host in lab.hosts.items()} == ports
    for name, way in reach.items():
        assert (await sh(way, "pwd")).output == f"{lab.folder / name}\n"
    assert await running(atlas) == {"web1", "db1", "ci-1"}
    assert console(lab, "web1").count("SeaBIOS") == 2
    with pytest.raises(LabRefused, match="it is on"):
        await lab.bring_back()


async def test_autostart_is_the_hypervisors_own_flag(lab):
    await lab.fail_power()
    lab.guests._connection.lookupByName("dev2").setAutostart(1)
    await lab.bring_back()
    assert "dev2" in lab.running_guests()


async def test_a_crashed_guest_is_seen_as_crashed(lab, atlas, events):
    assert await lab.crash("web1") == "web1 crashed."
    await until(lambda: [event for event in events if event.what is GuestEventKind.CRASHED])
    assert (await web1(atlas)) == (Power.OFF, Reason.CRASHED)
    assert "web1" not in lab.running_guests()
    for breaking in (lab.crash, lab.corrupt):
        with pytest.raises(LabRefused, match="'web1': because no such guest runs"):
            await breaking("web1")


async def test_a_guest_that_the_bot_starts_runs_its_firmware(lab, atlas):
    await until(lambda: console(lab, "web1").count("web1 login:") == 1)
    await lab.crash("web1")
    await atlas.start_guest(await called(atlas, "web1"))
    await until(lambda: console(lab, "web1").count("web1 login:") == 2)


@pytest.mark.real
@pytest.mark.slow
async def test_a_corrupt_boot_disk_shows_on_the_console_and_is_restored_over_ssh(lab, atlas, reach):
    disk = lab.guests.disk("web1")
    before = await asyncio.to_thread(checksum, disk)
    await until(lambda: standing(lab, "web1").stage is Stage.UP)

    assert "boot disk" in await lab.corrupt("web1")
    await until(lambda: standing(lab, "web1").part is Part.NOTHING)
    assert (await web1(atlas))[0] is Power.RUNNING
    assert lab.note().endswith("damaged: web1")
    assert await asyncio.to_thread(checksum, disk) != before
    await lab.fail_power()
    await lab.bring_back()
    await until(lambda: standing(lab, "web1").part is Part.NOTHING)

    await atlas.power_off(await called(atlas, "web1"))
    snapshots = await snapshots_of(disk, reach["atlas"])
    times = [datetime.fromisoformat(snapshot["time"]) for snapshot in snapshots]
    assert times == [NOW.replace(day=16, hour=2, minute=30), NOW.replace(day=17, hour=2, minute=30)]
    assert snapshots[-1]["paths"] == [str(disk)]
    others = await snapshots_of(lab.guests.disk("db1"), reach["vault"])
    assert [len(snapshot["paths"]) for snapshot in others] == [5, 4]
    restored = await sh(
        reach["atlas"],
        'restic restore "$snapshot" --target restored --include "$disk" --verify; mv "restored$disk" "$disk"',
        disk=str(disk),
        snapshot=snapshots[-1]["short_id"],
    )
    assert restored.ok, restored.output
    assert await asyncio.to_thread(checksum, disk) == before
    assert "damaged" not in lab.note()
    await atlas.start_guest(await called(atlas, "web1"))
    await until(lambda: standing(lab, "web1").stage is Stage.UP)


@pytest.mark.slow
async def test_healing_makes_everything_as_it_was(lab):
    at_first = lab.note().partition("·")[2]
    await lab.corrupt("web1")
    await lab.crash("db1")
    await lab.fail_power()
    assert await lab.heal() == "Everything is as it was at the start."
    await until(lambda: console(lab, "web1").endswith("web1 login: "))
    assert lab.ups.mains
    assert lab.note().partition("·")[2] == at_first


async def test_a_new_lab_clears_what_an_old_one_left(lab, tmp_path):
    other = Lab(tmp_path / "other", now=NOW, roster=(LabGuest("solo"),))
    await other.start()
    assert other.running_guests() == ["solo"]
    assert lab.running_guests() == []
    await other.close()


async def snapshots_of(disk, host: SshReach):
    found = await sh(host, 'restic snapshots --json --path "$disk"', disk=str(disk))
    return json.loads(found.output)


def checksum(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
