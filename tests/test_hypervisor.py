"""The hypervisor adapter against libvirt's own test hypervisor: in this process, and behind a real daemon."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import libvirt
import pytest

from bot.core.guest import GuestEvent, GuestEventKind, GuestInfo, Power, Reason
from bot.hypervisor import CannotWatch, GuestRefused, Hypervisor, HypervisorUnreachable, Unsupported, guest_info
from bot.hypervisor.console_ocr.reading import text_of
from bot.hypervisor.events import guest_state, lifecycle_event, run_event_loop, unwatch, watch
from bot.hypervisor.obstacles import What
from tests.guests import uuid
from tests.real.guest import running_host
from tests.waiting import IN_TIME, until

SECOND = timedelta(seconds=1)
KEPT = GuestEventKind


@pytest.fixture
def lab() -> Iterator[libvirt.virConnect]:
    """Another hand on `test:///default`, whose guests last as long as one connection of the process does."""
    run_event_loop()
    connection = libvirt.open("test:///default")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def daemon():
    with running_host() as host:
        yield host


@pytest.fixture
async def running(daemon):
    """The daemon, up at the test's start whatever the last one did to it."""
    if not daemon.socket.exists():
        await daemon.start()
    return daemon


@asynccontextmanager
async def connected(uri, *, deadline=2 * SECOND, start=True):
    events: list[GuestEvent] = []
    hypervisor = Hypervisor("atlas", uri, on_event=events.append, deadline=deadline)
    if start:
        await hypervisor.start()
        await until(lambda: hypervisor.connected)
    try:
        yield hypervisor, events
    finally:
        await hypervisor.close()


async def test_a_libvirt_that_refuses_a_question_of_all_guests_says_nothing_of_its_host():
    async with connected("test:///default") as (hypervisor, _):
        with pytest.raises(CannotWatch, match="cannot list the guests on atlas") as refused:
            await hypervisor._ask_all("list the guests", lambda connection: connection.lookupByName("nobody"))
    assert refused.value.what is What.OTHER


def told(events, *whats) -> bool:
    return [event.what for event in events if event.what in whats] == list(whats)


# --- in this process ---------------------------------------------------------------------------------------------


NODE_STATES = {1: Power.RUNNING, 2: Power.RUNNING, 3: Power.PAUSED, 4: Power.SHUTTING_DOWN, 5: Power.OFF}


@pytest.fixture
def fifty(tmp_path) -> Path:
    """A node of the test hypervisor with fifty guests in assorted states."""
    guests = "".join(
        f"<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>vm{i:02}</name><uuid>{uuid(f'vm{i:02}')}</uuid>"
        f"<memory>1024</memory><os><type>hvm</type></os><test:runstate>{1 + i % 5}</test:runstate></domain>"
        for i in range(50)
    )
    (tmp_path / "node.xml").write_text(f"<node>{guests}</node>")
    return tmp_path / "node.xml"


async def test_the_states_of_fifty_guests_come_in_one_call(fifty) -> None:
    async with connected(f"test://{fifty}") as (hypervisor, _):
        states = await hypervisor.states()
        assert {state.name: state.power for state in states.values()} == {
            f"vm{i:02}": NODE_STATES[1 + i % 5] for i in range(50)
        }
        assert {guest.uuid for guest in await hypervisor.guests()} == states.keys()


async def test_what_is_done_to_a_guest_of_a_node_file_shows_in_its_state(fifty) -> None:
    async with connected(f"test://{fifty}") as (hypervisor, _):
        await hypervisor.power_off(uuid("vm00"))
        assert (await hypervisor.states())[uuid("vm00")].reason is Reason.DESTROYED


async def test_a_crash_is_told_at_once_and_stays_in_the_state(lab) -> None:
    async with connected("test:///default") as (hypervisor, events):
        lab.lookupByName("test").coreDump("/dev/null", libvirt.VIR_DUMP_CRASH)
        await until(lambda: GuestEvent("atlas", "test", KEPT.CRASHED, Reason.CRASHED, uuid=uuid("test")) in events)
        state = (await hypervisor.states())[uuid("test")]
        assert (state.power, state.reason) == (Power.OFF, Reason.CRASHED)


async def test_every_move_of_a_guest_is_told_in_order(lab) -> None:
    async with connected("test:///default") as (hypervisor, events):
        guest = lab.lookupByName("test")
        guest.suspend()
        await hypervisor.resume(uuid("test"))
        await hypervisor.shut_down(uuid("test"))
        await hypervisor.start_guest(uuid("test"))
        await hypervisor.power_off(uuid("test"))
        moves = [KEPT.CONNECTED, KEPT.PAUSED, KEPT.RESUMED, KEPT.STOPPED, KEPT.STARTED, KEPT.STOPPED]
        await until(lambda: [event.what for event in events] == moves)
        assert [event.reason for event in events if event.what is KEPT.STOPPED] == [
            Reason.SHUTDOWN,
            Reason.DESTROYED,
        ]


async def test_guests_that_come_and_go_are_told(lab) -> None:
    async with connected("test:///default") as (hypervisor, events):
        lab.defineXML(
            "<domain type='test'><name>new</name>"
            f"<uuid>{uuid('new')}</uuid><memory>1</memory><os><type>hvm</type></os></domain>"
        )
        assert uuid("new") in await hypervisor.states()
        lab.lookupByName("new").undefine()
        await until(lambda: told(events, KEPT.DEFINED, KEPT.UNDEFINED))
        assert uuid("new") not in await hypervisor.states()


async def test_starting_a_running_guest_is_refused_and_says_so(lab) -> None:
    async with connected("test:///default") as (hypervisor, _):
        await hypervisor.states()  # which tells what it is called
        with pytest.raises(GuestRefused, match=r"cannot start 'test' on atlas: because .*already running"):
            await hypervisor.start_guest(uuid("test"))


async def test_an_unknown_guest_is_refused_by_its_uuid(lab) -> None:
    async with connected("test:///default") as (hypervisor, _):
        nope = uuid("nope")
        for ask in (hypervisor.start_guest, hypervisor.power_off, hypervisor.reset, hypervisor.screenshot):
            with pytest.raises(GuestRefused, match=f"'{nope}' on atlas: because there is no such guest"):
                await ask(nope)


async def test_a_driver_without_agents_has_no_answer_rather_than_a_no(lab) -> None:
    async with connected("test:///default") as (hypervisor, _):
        assert await hypervisor.agent_answers(uuid("test"), SECOND) is None
        with pytest.raises(Unsupported):
            await hypervisor.agent(uuid("test"), {"execute": "guest-ping"}, SECOND)


async def test_the_canned_picture_of_the_test_hypervisor_has_no_text(lab) -> None:
    async with connected("test:///default") as (hypervisor, _):
        assert text_of(await hypervisor.screenshot(uuid("test"))) == ""


async def test_a_listener_that_fails_is_logged_and_silences_nobody(lab, caplog) -> None:
    heard = []

    def listen(event: GuestEvent) -> None:
        heard.append(event.what)
        raise ValueError("a mistake in the listener")

    hypervisor = Hypervisor("atlas", "test:///default", on_event=listen)
    await hypervisor.start()
    await until(lambda: hypervisor.connected)
    await hypervisor.power_off(uuid("test"))
    await until(lambda: heard == [KEPT.CONNECTED, KEPT.STOPPED])
    assert "a mistake in the listener" in caplog.text
    await hypervisor.close()


async def test_a_mistake_in_a_callback_of_libvirt_is_logged(lab, caplog) -> None:
    def hear(_event: GuestEvent) -> None:
        raise ValueError("a mistake in the callback")

    ids = watch(lab, "atlas", hear)
    lab.lookupByName("test").suspend()
    await until(lambda: "a mistake in the callback" in caplog.text)
    unwatch(lab, ids)


async def test_the_event_loop_runs_once_a_process() -> None:
    assert run_event_loop() is run_event_loop()
    assert [t.name for t in threading.enumerate()].count("libvirt events") == 1


# --- libvirt's numbers and XML -----------------------------------------------------------------------------------


def test_a_state_this_code_does_not_know_is_unknown() -> None:
    assert guest_state("web1", 99, 0).power is Power.UNKNOWN


def test_the_same_number_means_another_reason_in_another_state() -> None:
    assert guest_state("web1", libvirt.VIR_DOMAIN_PAUSED, 5).reason is Reason.IO_ERROR
    post_copy = libvirt.VIR_DOMAIN_PAUSED_POSTCOPY
    assert guest_state("web1", libvirt.VIR_DOMAIN_PAUSED, post_copy).reason is Reason.IN_HAND
    assert guest_state("web1", libvirt.VIR_DOMAIN_SHUTOFF, 5).reason is Reason.SAVED
    postcopy = guest_state("web1", libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_POSTCOPY)
    assert postcopy.reason is Reason.IN_HAND
    assert guest_state("web1", libvirt.VIR_DOMAIN_RUNNING, 5).reason is Reason.NONE
    assert guest_state("web1", libvirt.VIR_DOMAIN_CRASHED, 1).reason is Reason.PANICKED


def test_what_left_for_another_host_was_neither_shut_down_nor_has_it_crashed() -> None:
    stopped, migrated = libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_MIGRATED
    event = lifecycle_event("atlas", "web1", stopped, migrated)
    assert (event.what, event.reason) == (KEPT.STOPPED, Reason.MIGRATED)
    off = guest_state("web1", libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED)
    assert (off.power, off.reason) == (Power.OFF, Reason.MIGRATED)


@pytest.mark.parametrize("how", ["BOOTED", "MIGRATED", "RESTORED", "FROM_SNAPSHOT", "WAKEUP"])
def test_what_goes_on_from_where_it_was_saved_does_not_boot(how) -> None:
    detail = getattr(libvirt, f"VIR_DOMAIN_EVENT_STARTED_{how}")
    event = lifecycle_event("atlas", "web1", libvirt.VIR_DOMAIN_EVENT_STARTED, detail)
    assert (event.what, event.reason is Reason.GOES_ON) == (KEPT.STARTED, how != "BOOTED")


def test_a_dead_qemu_is_a_crash_and_a_panic_is_a_panic() -> None:
    stopped, failed = libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_FAILED
    assert lifecycle_event("atlas", "web1", stopped, failed).what is KEPT.CRASHED
    assert lifecycle_event("atlas", "web1", libvirt.VIR_DOMAIN_EVENT_CRASHED, 0).what is KEPT.PANICKED
    assert lifecycle_event("atlas", "web1", 99, 0) is None


XML = """<domain type='kvm'><name>web1</name><uuid>f00</uuid><devices>
  <disk type='file' device='cdrom'><source file='/iso/debian.iso'/><boot order='3'/></disk>
  <disk type='file' device='disk'><source file='/vm/data.qcow2'/></disk>
  <disk type='block' device='disk'><source dev='/dev/vg/web1'/><boot order='1'/></disk>
  <disk type='network' device='disk'><source protocol='nbd' name='x'/></disk>
  <disk type='file' device='disk'/>
  <serial type='pty'><log file='/log/web1.log'/></serial>
  <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>"""


def test_the_inventory_has_the_boot_disk_first_and_what_can_be_looked_into() -> None:
    assert guest_info(XML, autostart=True, persistent=True) == GuestInfo(
        name="web1",
        uuid="f00",
        autostart=True,
        persistent=True,
        has_agent=True,
        disks=("/dev/vg/web1", "/vm/data.qcow2", "nbd x"),
        console_log="/log/web1.log",
        boot_order=("hd", "cdrom"),
    )


@pytest.mark.parametrize(
    ("first", "disk"),
    [
        ("type='volume'><source pool='vms' volume='web1.img'/>", "/pool/web1.img"),
        ("type='volume'><source pool='gone' volume='web1.img'/>", "volume web1.img of pool gone"),
        ("type='network'><source protocol='rbd' name='vms/web1'/>", "rbd vms/web1"),
        ("type='nvme'><source type='pci' namespace='1'/>", "nvme"),
        ("type='dir'><source dir='/boot'/>", "dir /boot"),
    ],
)
def test_a_disk_that_is_no_file_keeps_its_place_before_the_next(first, disk) -> None:
    devices = f"<devices><disk {first}</disk><disk type='file'><source file='/vm/data.img'/></disk></devices>"
    paths = {("vms", "web1.img"): "/pool/web1.img"}
    info = guest_info(
        BARE.format(devices), autostart=False, persistent=True, volume_path=lambda *which: paths.get(which)
    )
    assert info.disks == (disk, "/vm/data.img")


def boots_from(xml: str) -> tuple[str, ...]:
    return guest_info(xml, autostart=False, persistent=True).boot_order


def test_what_a_guest_tries_to_boot_from_is_known_and_no_medium_that_lies_in_a_drive() -> None:
    assert boots_from("<domain><os><boot dev='cdrom'/><boot dev='hd'/></os></domain>") == ("cdrom", "hd")
    assert boots_from("<domain><os><kernel>/k</kernel><boot dev='hd'/></os></domain>") == ("the kernel /k",)
    card = "<interface type='network'><boot order='1'/></interface>"
    floppy = "<disk device='floppy'><boot order='2'/></disk><disk/>"
    assert boots_from(f"<domain><devices>{floppy}{card}</devices></domain>") == ("network", "fd")


def test_a_guest_without_agent_log_and_disks_is_one_too() -> None:
    info = guest_info(BARE.format(""), autostart=False, persistent=False)
    assert (info.has_agent, info.console_log, info.disks) == (False, None, ())


# --- behind a daemon that dies, freezes and comes back -----------------------------------------------------------


def default(daemon) -> str:
    return daemon.uri("test", "/default")


async def test_a_killed_daemon_is_lost_with_a_reason_and_found_again(running) -> None:
    async with connected(default(running)) as (hypervisor, events):
        running.cut_power()
        await until(lambda: told(events, KEPT.CONNECTED, KEPT.LOST))
        assert not hypervisor.connected
        with pytest.raises(
            HypervisorUnreachable,
            match=r"because the libvirt of atlas, on this machine, does not run \(.*-sock: No such file",
        ):
            await hypervisor.states()
        await running.start()
        await until(lambda: told(events, KEPT.CONNECTED, KEPT.LOST, KEPT.CONNECTED), seconds=10)
        assert uuid("test") in await hypervisor.states()
        await hypervisor.power_off(uuid("test"))
        await until(lambda: events[-1].what is KEPT.STOPPED)


async def test_a_question_asked_at_the_moment_of_the_loss_is_answered_at_once(running) -> None:
    async with connected(default(running), deadline=60 * SECOND, start=False) as (hypervisor, _):
        await hypervisor.states()
        running.cut_power()
        began = time.monotonic()
        with pytest.raises(HypervisorUnreachable):
            await hypervisor.states()
        assert time.monotonic() - began < IN_TIME


async def test_a_host_that_is_away_at_the_start_is_tried_until_it_comes(running) -> None:
    running.cut_power()
    hypervisor = Hypervisor("atlas", default(running), on_event=lambda _event: None, deadline=SECOND)
    await hypervisor.start()
    with pytest.raises(HypervisorUnreachable):
        await hypervisor.states()
    await running.start()
    await until(lambda: hypervisor.connected, seconds=10)
    await hypervisor.close()


@pytest.fixture
async def frozen(running):
    """A function that freezes the daemon; it thaws at the end."""
    yield lambda: os.kill(running.daemon_pid, signal.SIGSTOP)
    os.kill(running.daemon_pid, signal.SIGCONT)


async def test_a_frozen_daemon_costs_the_deadline_and_no_more(running, frozen) -> None:
    async with connected(default(running), deadline=SECOND / 4) as (hypervisor, events):
        frozen()
        began = time.monotonic()
        with pytest.raises(
            HypervisorUnreachable, match="because the libvirt of atlas, on this machine, does not answer"
        ):
            await hypervisor.states()
        assert 0.2 < time.monotonic() - began < IN_TIME
        await until(lambda: told(events, KEPT.CONNECTED, KEPT.LOST))
        os.kill(running.daemon_pid, signal.SIGCONT)
        await until(lambda: hypervisor.connected, seconds=10)
        assert uuid("test") in await hypervisor.states()


async def test_a_daemon_that_stays_frozen_hangs_one_thread_however_often_it_is_asked(running, frozen) -> None:
    async with connected(default(running), deadline=SECOND / 20) as (hypervisor, _):
        frozen()
        for _ in range(2):
            with pytest.raises(HypervisorUnreachable):
                await hypervisor.states()
        for _ in range(20):
            with pytest.raises(HypervisorUnreachable, match=r"does not answer|it takes too long"):
                await hypervisor.states()
        asking = [thread for thread in threading.enumerate() if thread.name.startswith("libvirt atlas")]
        assert len(asking) <= 2, "the one that hangs, and one that asks whether it still does"


async def test_closing_does_not_wait_for_a_frozen_daemon(running, frozen) -> None:
    async with connected(default(running), deadline=SECOND / 4):
        frozen()
        began = time.monotonic()
    assert time.monotonic() - began < IN_TIME


@pytest.mark.slow
async def test_fifty_losses_leak_no_descriptors_and_no_threads(running) -> None:
    async with connected(default(running), start=False) as (hypervisor, _):
        await hypervisor.states()
        held, threads = len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208
        for _ in range(50):
            running.cut_power()
            with pytest.raises(HypervisorUnreachable):
                await hypervisor.states()
            await running.start()
            await hypervisor.states()
        await until(lambda: threading.active_count() <= threads)
        assert len(os.listdir("/proc/self/fd")) <= held + 2  # noqa: PTH208


# --- far away ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["qemu+tcp", "qemu+tls", "qemu+ssh", "qemu"])
async def test_a_host_that_takes_no_connection_is_told_at_once(scheme, unused_tcp_port) -> None:
    async with connected(f"{scheme}://127.0.0.1:{unused_tcp_port}/system", start=False) as (hypervisor, _):
        with pytest.raises(HypervisorUnreachable, match=f"atlas .*port {unused_tcp_port}"):
            await hypervisor.states()


BARE = "<domain><name>bare</name>{}</domain>"


@pytest.mark.parametrize(
    ("serial", "log", "appended"),
    [
        ("<serial type='pty'><log file='/a' append='on'/></serial>", "/a", True),
        ("<serial type='pty'><log file='/a' append='off'/></serial>", "/a", False),
        ("<serial type='file'><source path='/b' append='on'/></serial>", "/b", True),
        ("<serial type='file'><source path='/b'/></serial>", "/b", False),
        ("<serial type='file'><source path='/b'/><log file='/a' append='on'/></serial>", "/a", True),
        ("<serial type='unix'><source mode='bind' path='/c'/></serial>", None, False),
    ],
)
def test_where_a_console_is_written_to_and_whether_a_start_goes_on_there(serial, log, appended) -> None:
    info = guest_info(BARE.format(f"<devices>{serial}</devices>"), autostart=False, persistent=True)
    assert (info.console_log, info.console_appended) == (log, appended)
