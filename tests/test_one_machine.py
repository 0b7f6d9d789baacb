"""One hypervisor under two names of lab.yaml: a fault of that file, told once, and no guest that runs twice.

A real libvirtd, and a real guest that never comes further than its firmware.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import libvirt
import pytest

from bot.core.guest import GuestEvent, GuestEventKind
from bot.core.health import Health, Kind, TargetId, guest_id
from bot.core.incident import Status
from bot.core.placements import Found
from bot.demo.real import RealHost
from bot.hypervisor import GuestRefused
from tests.real.libvirt_over_ssh import libvirt_over_ssh
from tests.terminal.commands import caretaker, write_lab
from tests.test_two_hosts import ONE, OTHER, Bot, living
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real]

XML = (
    "<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>32</memory>"
    "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><memballoon model='none'/></devices></domain>"
)
NEW = "33333333-3333-3333-3333-333333333333"
IMAGE = "5c0ffee5-0b0a-4d1e-8f00-d0c5ba5e0001"
SAID = "atlas and borea in lab.yaml are one machine: both URIs lead to the same libvirt"


@dataclass
class At:
    """Where a hypervisor is."""

    uri: str


@dataclass
class Twofold:
    """One hypervisor, and two ways to it that don't look alike."""

    host: RealHost
    atlas: At
    borea: At

    def define(self, name: str, uuid: str, *, start: bool) -> None:
        connection = libvirt.open(self.atlas.uri)
        domain = connection.defineXML(XML.format(name=name, uuid=uuid))
        if start:
            domain.create()
        connection.close()

    @property
    def lab(self) -> str:
        return (
            f"hosts:\n  atlas: {{hypervisor: '{self.atlas.uri}'}}\n  borea: {{hypervisor: '{self.borea.uri}'}}\n"
        )


@pytest.fixture(params=["another socket", "ssh"])
def twofold(request, tmp_path) -> Iterator[Twofold]:
    with libvirt_over_ssh(tmp_path) as behind:
        link = behind.host.folder / "link"
        link.symlink_to(behind.host.socket)
        by_socket = f"qemu+unix:///session?socket={link}"
        by_ssh = behind.uri(driver="qemu", path=Path("/session"))
        other = by_socket if request.param == "another socket" else by_ssh
        made = Twofold(behind.host, At(behind.host.uri()), At(other))
        made.define("web1", ONE, start=True)
        made.define("db1", OTHER, start=False)
        yield made


async def test_it_is_told_once_and_no_guest_of_it_runs_twice(twofold, tmp_path) -> None:
    async with living(tmp_path, twofold.atlas, twofold.borea) as bot:
        incident = await bot.incident(kind=Kind.CANNOT_WATCH)
        assert incident.subject == TargetId("host:borea")
        assert SAID in incident.why
        await bot.runs_on(ONE, "atlas")
        await until(lambda: lives_on_atlas(bot, OTHER), 20)
        await bot.states_are(Health.OK, ONE)
        assert await bot.rounds.machine(OTHER, "atlas", "db1").active_elsewhere() is None
        await bot.rounds.machine(OTHER, "atlas", "db1").start()
        with pytest.raises(GuestRefused, match="because it is running already"):
            await bot.rounds.machine(OTHER, "atlas", "db1").start()
        assert await bot.rounds.search([guest_id(ONE)]) == Found({guest_id(ONE): "atlas"}, ("borea",))
        twofold.define("new1", NEW, start=True)
        await bot.runs_on(NEW, "atlas")
        await bot.states_are(Health.OK, ONE, NEW)
        assert bot.rounds._shared.places.running_on(NEW) == ("atlas",)
        kinds = [one.kind for one in await bot.ask(lambda store: store.incidents.latest(100))]
        assert (kinds.count(Kind.CANNOT_WATCH), kinds.count(Kind.GUEST_TWICE)) == (1, 0)


async def lives_on_atlas(bot: Bot, uuid: str) -> bool:
    target = await bot.ask(lambda store: store.targets.inventory().get(guest_id(uuid)))
    return target is not None and target.runs_on == TargetId("host:atlas")


async def test_a_guest_that_is_gone_from_it_is_missing(twofold, tmp_path) -> None:
    async with living(tmp_path, twofold.atlas, twofold.borea) as bot:
        await until(lambda: lives_on_atlas(bot, OTHER), 20)
        await bot.incident(kind=Kind.CANNOT_WATCH)
        connection = libvirt.open(twofold.atlas.uri)
        connection.lookupByUUIDString(OTHER).undefine()
        connection.close()
        assert (await bot.incident(kind=Kind.GUEST_MISSING)).subject == guest_id(OTHER)


@contextmanager
def made_from_one_image() -> Iterator[RealHost]:
    """A host with the UUID and the name that another has, too."""
    host = RealHost()
    settings = host._home / ".config/libvirt"
    host._make(settings)
    (settings / "libvirtd.conf").write_text(f'host_uuid = "{IMAGE}"\n')
    try:
        asyncio.run(host.start())
        yield host
    finally:
        host.close()


@pytest.fixture
def alike() -> Iterator[tuple[At, At]]:
    with made_from_one_image() as atlas, made_from_one_image() as borea:
        yield At(atlas.uri()), At(borea.uri())


@contextmanager
def guest_on(host: At) -> Iterator[libvirt.virDomain]:
    connection = libvirt.open(host.uri)
    yield connection.defineXML(XML.format(name="web1", uuid=ONE))
    connection.close()


async def test_machines_made_from_one_image_are_two_once_a_guest_of_theirs_shows_it(alike, tmp_path) -> None:
    with guest_on(alike[0]) as on_atlas, guest_on(alike[1]) as on_borea:
        async with living(tmp_path, *alike) as bot:
            seemed = await bot.incident(kind=Kind.CANNOT_WATCH)
            assert SAID in seemed.why
            on_borea.create()
            with pytest.raises(GuestRefused, match="because it is running on borea"):
                await bot.rounds.machine(ONE, "atlas", "web1").start()
            await bot.runs_on(ONE, "borea")
            await bot.incident(id=seemed.id, status=Status.RESOLVED)
            on_borea.destroy()
            await bot.states_are(Health.OK, ONE)
            assert bot.rounds._shared.doubles == {}, "that they are alike again is no news"
            on_atlas.create()
            on_borea.create()
            assert (await bot.incident(kind=Kind.GUEST_TWICE)).subject == guest_id(ONE)


async def test_a_guest_that_runs_on_both_of_two_that_are_alike_runs_twice(alike, tmp_path) -> None:
    with guest_on(alike[0]) as on_atlas, guest_on(alike[1]) as on_borea:
        on_atlas.create()
        on_borea.create()
        async with living(tmp_path, *alike) as bot:
            assert (await bot.incident(kind=Kind.GUEST_TWICE)).subject == guest_id(ONE)
            atlas, borea = (one.identity for one in bot.hypervisors.values())
            assert await atlas() == await borea()
            await until(lambda: atlas.is_not(borea), 20)  # what does not answer in time tells nothing


async def test_one_machine_is_not_shown_to_be_two(twofold, tmp_path) -> None:
    async with living(tmp_path, twofold.atlas, twofold.borea) as bot:
        await bot.incident(kind=Kind.CANNOT_WATCH)
        atlas, borea = (one.identity for one in bot.hypervisors.values())
        assert [await atlas.is_not(borea) for _ in range(50)].count(True) == 0


async def test_machines_that_are_seen_to_be_two_may_seem_one_again_once_another_answers(alike, tmp_path) -> None:
    with guest_on(alike[0]), guest_on(alike[1]) as on_borea:
        async with living(tmp_path, *alike) as bot:
            on_borea.create()
            await bot.runs_on(ONE, "borea")
            bot.hypervisors["borea"]._heard(GuestEvent("borea", "", GuestEventKind.LOST))
            await bot.runs_on(ONE, "borea")
            assert bot.rounds._shared.doubles == {}
            on_borea.destroy()
            bot.hypervisors["borea"]._heard(GuestEvent("borea", "", GuestEventKind.LOST))
            await until(lambda: bot.rounds._shared.doubles == {"borea": "atlas"}, 20)


async def test_check_and_doctor_say_so(twofold, tmp_path) -> None:
    write_lab(tmp_path, twofold.lab)
    told = await caretaker("check", folder=tmp_path)
    lines = [line for line in told.out.splitlines() if "one machine" in line and line.startswith("FAIL")]
    assert (told.code, len(lines)) == (1, 1), told.out
    assert lines[0].endswith(f"{SAID}. Take one of the two hosts out of lab.yaml, or correct its URI.")
    assert told.out.count(" state ") == 2, told.out
    told = await caretaker("doctor", folder=tmp_path)
    assert f"MISSING  {SAID}\n         → Take one of the two hosts out of lab.yaml" in told.out
