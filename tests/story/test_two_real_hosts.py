"""Two hosts under QEMU: two guests have one name, or one guest has two definitions. The whole bot watches both.

The worst that could happen: the healthy one is powered off, or a second copy is started on the disk they share.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import libvirt
import pytest

from bot.demo.real import RealHost
from bot.demonstration import demonstration
from bot.workspace.panel import Panel
from bot.workspace.records import ALEX
from tests.story.person import Person, words
from tests.story.stages import needs
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real, needs("libvirtd", "qemu-system-x86_64")]

GUEST = "web1"


class TwoHosts:
    """atlas and borea, each with a guest called web1; `shared`: it is one guest, which atlas still defines."""

    def __init__(self, *, shared: bool) -> None:
        self.shared = shared
        self.atlas, self.borea = RealHost(), RealHost()

    async def start(self) -> None:
        """Bring both up; the guests run, but a shared one on borea alone."""
        for host in (self.atlas, self.borea):
            await host.start()
            await asyncio.to_thread(host.add_guest, GUEST)
        if self.shared:
            await asyncio.to_thread(self._leave_a_definition)
        else:
            await asyncio.to_thread(self.atlas.start_guest, GUEST)
        await asyncio.to_thread(self.borea.start_guest, GUEST)

    def _leave_a_definition(self) -> None:
        """What a migration leaves behind that was not told to undefine: the same UUID on atlas, off."""
        moved = _domain(self.borea).XMLDesc()
        _domain(self.atlas).undefine()
        libvirt.open(self.atlas.uri()).defineXML(moved)

    async def close(self) -> None:
        """Take both down."""
        for host in (self.atlas, self.borea):
            with suppress(OSError):
                await asyncio.to_thread(host.close)

    def yaml(self) -> str:
        """Both, by their sockets."""
        hosts = (("atlas", self.atlas), ("borea", self.borea))
        return "hosts:\n" + "".join(f'  {name}: {{hypervisor: "{host.uri()}"}}\n' for name, host in hosts)

    def panel(self) -> Panel:
        """Nothing is broken by a button here."""
        return Panel("", ())


def _domain(host: RealHost) -> libvirt.virDomain:
    return libvirt.open(host.uri()).lookupByName(GUEST)


def runs(host: RealHost) -> bool:
    return bool(_domain(host).isActive())


async def asks(person: Person, name: str, expecting: str) -> bool:
    """Whether what is told of a machine now says so."""
    return expecting in await person.types(f"/lab why {name}")


async def finds_well(person: Person, name: str) -> str:
    """Ask about a guest until it has come up; what was told then."""

    async def told() -> str:
        answer = await person.types(f"/lab why {name}")
        return answer if "Healthy." in answer else ""

    return await until(told, 60, every=1)


async def test_of_two_guests_with_one_name_only_the_one_that_crashed_is_acted_on(tmp_path: Path) -> None:
    stage = TwoHosts(shared=False)
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await until(lambda: asks(alex, "web1", "web1@atlas or web1@borea"), 20, every=0.5)
        await finds_well(alex, "web1@borea")
        stage.borea.cut_guest(GUEST)
        incident = await alex.sees("web1@borea down")
        await alex.press("Start: Start a guest that is down")
        await alex.press("Skip", on="Step 1 of 2")
        await alex.press("Run", on="Step 2 of 2")
        await alex.sees_in(incident, "✅", "Step 2 of 2", seconds=60)
        await alex.sees_change(incident, "🟢 *Resolved*", seconds=60)
        assert runs(stage.borea)
        assert runs(stage.atlas), "the other web1 was left alone"
        assert len(alex.own_messages()) == 1


async def test_a_guest_is_started_where_it_lives_not_where_a_migration_left_it(tmp_path: Path) -> None:
    stage = TwoHosts(shared=True)
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        assert "a guest on borea" in await finds_well(alex, "web1")
        stage.borea.cut_guest(GUEST)
        incident = await alex.sees("web1 down")
        await alex.press("Start: Start a guest that is down")
        await alex.press("Skip", on="Step 1 of 2")
        await alex.press("Run", on="Step 2 of 2")
        await alex.sees_in(incident, "✅", "Step 2 of 2", seconds=60)
        await alex.sees_change(incident, "🟢 *Resolved*", seconds=60)
        _only_on_borea(stage, words(alex.now(incident)))


async def test_a_guest_that_someone_else_started_where_it_lives_is_not_started_elsewhere(tmp_path: Path) -> None:
    stage = TwoHosts(shared=True)
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await finds_well(alex, "web1")
        stage.borea.cut_guest(GUEST)
        incident = await alex.sees("web1 down")
        await alex.press("Start: Start a guest that is down")
        await alex.press("Skip", on="Step 1 of 2")
        _domain(stage.borea).create()  # someone was faster, at the machine itself
        await alex.sees_in(incident, "Step 2 of 2", "Paused", "web1 was started")
        await alex.sees_change(incident, "🟢 *Resolved*", seconds=60)
        _only_on_borea(stage, words(alex.now(incident)))


def _only_on_borea(stage: TwoHosts, card: str) -> None:
    assert runs(stage.borea)
    assert not runs(stage.atlas)
    assert "atlas" not in card
