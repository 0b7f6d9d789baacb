"""Which guests there are comes at once, what they are made of little by little; what a host has is one value."""

import time
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import libvirt
import pytest

from bot.core.guest import GuestEvent, GuestEventKind, GuestInfo
from bot.core.incidents.inventory import DiskFacts, GuestFacts, ThingFacts, ThingKind
from bot.hypervisor import GuestRefused, Hypervisor, HypervisorUnreachable
from bot.hypervisor.inventory import Definitions, Inventory
from tests.guests import URI, owned_guests, read_all, uuid
from tests.real.guest import running_host
from tests.real.line import line_to
from tests.waiting import until

SECOND = timedelta(seconds=1)


# --- whose definition is to be read ------------------------------------------------------------------------------


def listed(name: str, *, autostart=False) -> GuestInfo:
    return GuestInfo(name, name, autostart=autostart, persistent=True, has_agent=False, known=False)


def read(name: str) -> GuestInfo:
    return GuestInfo(name, name, autostart=False, persistent=False, has_agent=True, disks=(f"/vm/{name}",))


def event(what: GuestEventKind, name: str = "") -> GuestEvent:
    return GuestEvent("atlas", name, what, uuid=name)


@pytest.fixture
def definitions():
    """Of two guests, of which `web1` was read."""
    definitions = Definitions()
    definitions.listed([listed("web1"), listed("db1")])
    definitions.learn("web1", read("web1"))
    return definitions


def test_a_guest_that_was_never_read_is_known_by_name_only(definitions):
    db1, web1 = definitions.listed([listed("web1", autostart=True), listed("db1")])
    assert (db1.known, db1.disks) == (False, ())
    assert (web1.known, web1.disks, web1.autostart, web1.persistent) == (True, ("/vm/web1",), True, True)
    assert definitions.due == ["db1"]
    assert not definitions.whole


@pytest.mark.parametrize("what", [GuestEventKind.DEFINED, GuestEventKind.STARTED, GuestEventKind.STOPPED])
def test_what_may_have_changed_is_read_again_after_what_was_never_read(definitions, what):
    definitions.heard(event(what, "web1"))
    assert definitions.due == ["db1", "web1"]
    definitions.learn("db1", read("db1"))
    definitions.learn("web1", read("web1"))
    assert definitions.due == []
    assert definitions.whole


def test_an_event_that_changes_no_definition_asks_for_nothing(definitions):
    definitions.heard(event(GuestEventKind.PAUSED, "web1"))
    assert definitions.due == ["db1"]


def test_after_a_lost_connection_anything_may_have_changed_and_is_still_known_meanwhile(definitions):
    definitions.heard(event(GuestEventKind.CONNECTED))
    assert definitions.due == ["db1", "web1"]
    assert [info.known for info in definitions.listed([listed("web1")])] == [True]


async def test_what_could_not_be_read_is_read_again_after_a_while_without_a_new_list():
    definitions = Definitions(again=timedelta(milliseconds=20))
    definitions.listed([listed("db1")])
    definitions.put_off("db1")
    assert await until(lambda: definitions.due, 5) == ["db1"]


def test_what_could_not_be_read_waits_for_the_next_list(definitions):
    definitions.put_off("db1")
    assert definitions.due == []
    assert not definitions.whole
    definitions.listed([listed("web1"), listed("db1")])
    assert definitions.due == ["db1"]


def test_a_guest_that_is_gone_is_forgotten(definitions):
    assert definitions.learn("db1", None) is None
    assert definitions.due == []
    definitions.listed([])
    assert definitions.whole
    assert not definitions.listed([listed("web1")])[0].known, "one of its name and UUID made anew is another"


# --- from a hypervisor -------------------------------------------------------------------------------------------


@pytest.fixture
def guests():
    with owned_guests() as guests:
        yield guests


@asynccontextmanager
async def watching(uri, *, deadline=5 * SECOND):
    events: list[GuestEvent] = []
    hypervisor = Hypervisor("atlas", uri, on_event=events.append, deadline=deadline)
    await hypervisor.start()
    await until(lambda: hypervisor.connected, 30)
    try:
        yield hypervisor, events
    finally:
        await hypervisor.close()


async def test_names_come_first_and_definitions_after(guests, tmp_path):
    guests.add("web1", disk=tmp_path / "web1.img", agent=True)
    guests.add("db1", autostart=False, start=False)
    async with watching(URI) as (hypervisor, _):
        assert [
            (info.name, info.autostart, info.persistent, info.known) for info in await hypervisor.guests()
        ] == [
            ("db1", False, True, False),
            ("web1", True, True, False),
        ]
        found = await read_all(hypervisor)
        assert (found["web1"].disks, found["web1"].has_agent) == ((f"{tmp_path}/web1.img",), True)
        assert all(info.known for info in await hypervisor.guests())
        assert await hypervisor.read_definitions() == ()


async def test_what_was_read_before_one_that_does_not_come_is_told_with_the_next_answer(guests, tmp_path):
    guests.add("web1", disk=tmp_path / "web1.img")
    connection = libvirt.open(URI)

    async def ask(_what, job):
        return job(connection)

    async def ask_too_slowly(what, job, _patience):
        await ask(what, job)
        raise HypervisorUnreachable("cannot read the guests' definitions: because it takes too long")

    inventory = Inventory("atlas", ask, ask_too_slowly)
    await inventory.guests()
    with pytest.raises(HypervisorUnreachable):
        await inventory.read_more()
    assert [(info.name, info.known) for info in await inventory.read_more()] == [("web1", True)]
    assert await inventory.read_more() == ()
    connection.close()


async def test_a_definition_that_changes_is_read_again(guests, tmp_path):
    guests.add("web1", start=False)
    async with watching(URI) as (hypervisor, _):
        assert (await read_all(hypervisor))["web1"].disks == ()
        guests.add("web1", disk=tmp_path / "new.img", start=False)

        async def new() -> bool:
            return (await read_all(hypervisor))["web1"].disks == (f"{tmp_path}/new.img",)

        await until(new)


async def test_one_definition_can_be_read_now_whatever_was_read_before(guests, tmp_path):
    guests.add("web1", start=False)
    async with watching(URI) as (hypervisor, _):
        await read_all(hypervisor)
        guests.add("web1", disk=tmp_path / "new.img", start=False)
        info = await hypervisor.definition(uuid("web1"))
        assert (info.disks, info.persistent, info.known) == ((f"{tmp_path}/new.img",), True, True)
        with pytest.raises(GuestRefused, match="there is no such guest"):
            await hypervisor.definition(uuid("nope"))


async def test_a_guest_that_vanishes_while_it_is_read_holds_up_nobody(guests):
    guests.add("web1")
    guests.add("db1")
    async with watching(URI) as (hypervisor, _):
        await hypervisor.guests()
        guests.remove("db1")
        assert [info.name for info in await hypervisor.read_definitions()] == ["web1"]
        assert await hypervisor.read_definitions() == ()


PASSING = "<domain type='test'><name>ci-1</name><memory>1</memory><os><type>hvm</type></os></domain>"


async def test_what_a_host_has_is_one_value(guests, tmp_path):
    guests.add("web1", disk=tmp_path / "web1.img")
    guests.add("saved", autostart=False)
    guests.domain("saved").managedSave()
    guests.connection.createXML(
        "<domain type='test'><name>ci-1</name><memory>1</memory><os><type>hvm</type></os></domain>"
    )
    async with watching(URI) as (hypervisor, _):
        facts = await hypervisor.facts()
        assert not facts.whole
        assert {guest.name: guest.disks for guest in facts.guests} == {"ci-1": None, "saved": None, "web1": None}
        await read_all(hypervisor)
        facts = await hypervisor.facts()
    assert facts.whole
    ci, saved, web1 = facts.guests
    disk = (DiskFacts(f"{tmp_path}/web1.img"),)
    assert web1 == GuestFacts(uuid("web1"), "web1", True, True, False, "", "", disk), (
        "a running one's disks are open"
    )
    assert (ci.persistent, ci.autostart) == (False, False)
    assert (saved.managed_save, saved.disks) == (True, ())
    assert [(pool.kind, pool.name, pool.active) for pool in facts.pools] == [
        (ThingKind.POOL, "default-pool", True)
    ]
    assert [(net.kind, net.name, net.active) for net in facts.networks] == [(ThingKind.NETWORK, "default", True)]


async def test_a_pool_that_was_not_started_and_one_that_is_not_defined_are_told_apart(guests):
    default = guests.connection.storagePoolLookupByName("default-pool")
    made = guests.connection.storagePoolCreateXML(
        "<pool type='dir'><name>passing</name><target><path>/passing</path></target></pool>"
    )
    default.destroy()
    try:
        async with watching(URI) as (hypervisor, _):
            pools = (await hypervisor.facts()).pools
    finally:
        default.create()
        made.destroy()
    assert pools == (
        ThingFacts(
            ThingKind.POOL, default.UUIDString(), "default-pool", active=False, autostart=False, persistent=True
        ),
        ThingFacts(ThingKind.POOL, made.UUIDString(), "passing", active=True, autostart=False, persistent=False),
    )


# --- many of them, and far away ----------------------------------------------------------------------------------


@contextmanager
def many(host, number):
    """That many guests on a host, each with two disks."""
    connection = libvirt.open(host.uri("test", "/default"))
    disk = "<disk type='file' device='disk'><source file='/vm/{name}{x}'/><target dev='vd{x}'/></disk>"
    disks = "".join(disk.replace("{x}", letter) for letter in "ab")
    made = f"<memory>1</memory><os><type>hvm</type></os><devices>{disks}</devices>"
    for i in range(number):
        name = f"vm{i:03}"
        connection.defineXML(f"<domain type='test'><name>{name}</name>{made.format(name=name)}</domain>")
    try:
        yield
    finally:
        connection.close()


def over(line) -> str:
    return f"test+tcp://127.0.0.1:{line.port}/default"


@pytest.fixture(scope="module")
def host():
    with running_host() as host:
        yield host


@pytest.fixture
async def running(host):
    if not host.socket.exists():
        await host.start()
    return host


@pytest.mark.real
@pytest.mark.slow
async def test_five_hundred_guests_are_known_with_all_they_are_made_of(running):
    with many(running, 500):
        async with watching(running.uri("test", "/default")) as (hypervisor, _):
            assert len(await hypervisor.states()) == 501
            found = await read_all(hypervisor)
    assert [name for name, info in found.items() if not info.known] == []


@pytest.mark.real
@pytest.mark.slow
async def test_over_a_line_of_200_ms_the_states_of_five_hundred_guests_take_few_round_trips(running):
    with many(running, 500):
        async with line_to(running.socket, delay=0.1) as line:
            hypervisor = Hypervisor("atlas", over(line), on_event=lambda _: None)
            assert len(await hypervisor.states()) == 501
            assert len(await hypervisor.guests()) == 501
            trips = line.trips
            assert await hypervisor.read_definitions()
            assert line.lines <= 4, "two connections, each knocked for once: none was torn down"
            await hypervisor.close()
    assert trips < 40, "of 200 ms each, in ten seconds with room to spare"


@pytest.mark.real
@pytest.mark.slow
async def test_an_answer_that_takes_longer_than_its_deadline_is_waited_for_and_costs_no_connection(running):
    with many(running, 200):
        deadline = 3 * SECOND
        async with line_to(running.socket, delay=0.01) as line, watching(over(line), deadline=deadline) as watched:
            hypervisor, events = watched
            line.rate = 3_000
            began = time.monotonic()
            assert len(await hypervisor.states()) == 201
            assert time.monotonic() - began > deadline.total_seconds() + 0.2
            assert [told.what for told in events] == [GuestEventKind.CONNECTED]


@pytest.mark.real
@pytest.mark.slow
async def test_a_definition_that_does_not_come_tears_down_nothing_that_watches(running):
    with many(running, 20):
        async with line_to(running.socket, delay=0.05) as line, watching(over(line), deadline=SECOND) as watched:
            hypervisor, events = watched
            await hypervisor.guests()
            read = {info.name for info in await hypervisor.read_definitions()}
            line.held = {line.lines}
            with pytest.raises(HypervisorUnreachable):
                await hypervisor.read_definitions()
            assert len(await hypervisor.states()) == 21
            while infos := await hypervisor.read_definitions():
                read |= {info.name for info in infos}
            assert len(read) == 20, "all but the one that did not come"
            assert [told.what for told in events] == [GuestEventKind.CONNECTED]
            line.held = set()
            await hypervisor.guests()
            assert len(await hypervisor.read_definitions()) == 1, "which has another chance later"


@pytest.mark.real
@pytest.mark.slow
async def test_a_disk_that_is_not_there_shows_while_its_guest_is_off(running):
    there, gone = (running.add_guest(name) for name in ("there", "gone"))
    gone.disk.unlink()
    async with watching(running.uri()) as (hypervisor, _):
        await read_all(hypervisor)
        disks = {guest.name: guest.disks for guest in (await hypervisor.facts()).guests}
    assert disks == {
        "there": (DiskFacts(str(there.disk), present=True, capacity=there.disk.stat().st_size),),
        "gone": (DiskFacts(str(gone.disk), present=False),),
    }
