"""The bot is refused by its hosts: that is its own trouble, told as such, and no machine is down for it.

The whole bot, three hypervisors behind a real sshd, and ssh itself that says no.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import asyncssh
import pytest

from bot.manifest import manifest
from bot.workspace.records import ALEX, Json
from bot.workspace.server import Box, installed
from tests.real.libvirt_over_ssh import Behind, libvirt_over_ssh
from tests.story.living import Bot, tokens
from tests.story.person import Person, words
from tests.story.stages import needs
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real, needs("libvirtd", "sshd")]

HOSTS = ("atlas", "borea", "nas")
LAB_YAML = f"""\
slack: {{channel: homelab}}
people:
  alex: {{slack: {ALEX.id}, roles: admin, owner: true}}
data: data
timing: {{check_every: 2s, retry_every: 500ms, grace: 1s, alive_every: 500ms}}
hosts:
"""
GUEST = (
    "<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory>1024</memory><os><type>hvm</type></os>"
    "</domain>"
)
CPU = "<cpu><mhz>1000</mhz><model>i686</model><active>2</active><nodes>1</nodes><sockets>1</sockets>{more}</cpu>"
NEVER = ("Power failure", " down", "is gone", "missing", "all proven healthy")


@dataclass(frozen=True)
class World:
    """Three hypervisors, reached by one sshd, and a bot that watches them."""

    far: Behind
    box: Box
    alex: Person
    known_hosts: Path

    async def all_well(self) -> None:
        async def well() -> bool:
            return "🟢 All is well" in await self.alex.types("/lab status")

        await until(well, 60, every=0.5)

    @contextmanager
    def changed(self, file: Path, text: str) -> Iterator[None]:
        """Until the block ends that file says something else; the sessions end, as when sshd is installed anew."""
        before = file.read_text()
        file.write_text(text)
        self.far.sshd.drop()
        try:
            yield
        finally:
            file.write_text(before)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Behind]:
    """The hypervisors, and a lab.yaml that leads to them."""
    with libvirt_over_ssh(tmp_path) as far:
        uris = (far.uri(path=node(far.host.folder / f"{name}.xml", name)) for name in HOSTS)
        lines = (f'  {name}: {{hypervisor: "{uri}"}}\n' for name, uri in zip(HOSTS, uris, strict=True))
        accepted = (f"  {host}-{n}: {{proof: running}}\n" for host in HOSTS for n in (1, 2))
        (tmp_path / "lab.yaml").write_text(f"{LAB_YAML}{''.join(lines)}guests:\n{''.join(accepted)}")
        yield far


@asynccontextmanager
async def watched(far: Behind) -> AsyncIterator[World]:
    """All of it, and the bot content with it."""
    async with Box.start(settings=installed(manifest())) as box:
        bot = Bot(far.folder / "lab.yaml", tokens(box))
        bot.start()
        try:
            world = World(far, box, Person(box, ALEX), far.sshd.known_hosts)
            await until(lambda: box.sockets.connected == 1, 20)
            await world.all_well()
            yield world
        finally:
            await bot.close()
            print(bot.log.read_text())  # pytest shows it where a test has failed


def node(file: Path, host: str) -> Path:
    """What libvirt's test driver reads: a host with two guests that run."""
    guests = (GUEST.format(name=f"{host}-{n}", uuid=uuid5(NAMESPACE_DNS, f"{host}{n}")) for n in (1, 2))
    cpu = CPU.format(more="<cores>2</cores><threads>1</threads>")
    file.write_text(f"<node>{cpu}<memory>4000000</memory>{''.join(guests)}</node>")
    return file


async def each_is_told(world: World, *said: str) -> list[Json]:
    """Each host's fault of the watching, once each is told."""
    return [await world.alex.sees(f"Cannot watch {name}", *said, seconds=60) for name in HOSTS]


async def each_is_over(world: World, faults: list[Json]) -> None:
    for fault in faults:
        await world.alex.sees_change(fault, "🟢 *Resolved*", "it can be watched again", seconds=60)
    await world.all_well()
    said = world.alex.ever_said()
    assert [one for one in NEVER if one in said] == []
    assert len(world.alex.own_messages()) == len(HOSTS)


async def shows_nothing_well(world: World) -> None:
    status = await world.alex.types("/lab status")
    assert "All is well" not in status
    assert "guests: 0 of 6 well · not seen" in status
    assert "failing" not in status


async def test_a_key_that_three_hosts_refuse_is_told_with_its_mend_and_is_no_power_failure(far):
    async with watched(far) as world:
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        with world.changed(world.far.sshd.folder / "authorized_keys", other):
            faults = await each_is_told(world, "refuses the bot's key", "authorized_keys on")
            await shows_nothing_well(world)
            assert all("🟢" not in words(world.alex.now(fault)) for fault in faults)
        await each_is_over(world, faults)


async def test_host_keys_that_have_changed_are_told_with_how_to_compare_them_and_no_host_is_down(far):
    async with watched(far) as world:
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        with world.changed(world.known_hosts, f"[127.0.0.1]:{world.far.sshd.port} {other}"):
            faults = await each_is_told(world, "has changed", "ssh-keyscan", "ssh-keygen -R")
            await shows_nothing_well(world)
            assert all("🟢" not in words(world.alex.now(fault)) for fault in faults)
        await each_is_over(world, faults)
