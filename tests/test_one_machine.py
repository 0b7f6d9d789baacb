"""One hypervisor under two names of lab.yaml: a fault of that file, told once, and no guest that runs twice.

A real libvirtd, and a real guest that never comes further than its firmware.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libvirt
import pytest

from bot.core.health import Health, Kind, TargetId, guest_id
from bot.core.placements import Found
from bot.demo.real import RealHost
from tests.real.libvirt_over_ssh import libvirt_over_ssh
from tests.terminal.commands import caretaker, write_lab
from tests.test_two_hosts import ONE, OTHER, Bot, living
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real]

XML = (
    "<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>32</memory>"
    "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><memballoon model='none'/></devices></domain>"
)
NEW = "33333333-3333-3333-3333-333333333333"
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
        machine = bot.rounds.machine(ONE, "atlas", "web1")
        assert (machine.others, await machine.active_elsewhere()) == ([], None)
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


async def test_check_and_doctor_say_so(twofold, tmp_path) -> None:
    write_lab(tmp_path, twofold.lab)
    told = await caretaker("check", folder=tmp_path)
    lines = [line for line in told.out.splitlines() if "one machine" in line and line.startswith("FAIL")]
    assert (told.code, len(lines)) == (1, 1), told.out
    assert lines[0].endswith(f"{SAID}. Take one of the two hosts out of lab.yaml, or correct its URI.")
    assert told.out.count(" state ") == 2, told.out
    told = await caretaker("doctor", folder=tmp_path)
    assert f"MISSING  {SAID}\n         → Take one of the two hosts out of lab.yaml" in told.out
