"""A guest that really migrates between two libvirtds, and what its old host tells of it afterwards."""

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from uuid import uuid4

import libvirt
import pytest

from bot.core.guest import GuestState, Power, Reason
from bot.demo.real import RealHost
from bot.hypervisor import Hypervisor, HypervisorUnreachable
from tests.story.stages import needs
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.real, needs("libvirtd", "qemu-system-x86_64")]


class Host(RealHost):
    """A libvirtd that is not taken for another one of this machine: between those two, nothing migrates."""

    def __init__(self):
        super().__init__()
        settings = self.folder / "home/.config/libvirt/libvirtd.conf"
        self._make(settings.parent)
        settings.write_text(f'host_uuid = "{uuid4()}"\n')
        self._own(settings)


@pytest.fixture
async def hosts():
    hosts = Host(), Host()
    try:
        for host in hosts:
            await host.start()
        yield hosts
    finally:
        for host in hosts:
            host.close()


@asynccontextmanager
async def watching(host):
    """The bot's way to a host."""
    hypervisor = Hypervisor("atlas", host.uri(), on_event=lambda _: None)
    await hypervisor.start()
    try:
        yield hypervisor
    finally:
        await hypervisor.close()


def migrate(name, source, target):
    """Live, as virsh does it unless told otherwise: the definition stays where it was."""
    there, here = libvirt.open(target.uri()), libvirt.open(source.uri())
    flags = libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_UNSAFE | libvirt.VIR_MIGRATE_PERSIST_DEST
    here.lookupByName(name).migrate(there, flags, uri="tcp://127.0.0.1")
    here.close()
    there.close()


async def told(hypervisor, uuid):
    """The state of a guest, once its host answers."""

    async def state():
        with suppress(HypervisorUnreachable):
            return (await hypervisor.states()).get(uuid)

    return await until(state, 30, every=0.2)


async def test_that_a_guest_has_left_is_known_after_its_old_host_has_started_anew(hosts):
    atlas, borea = hosts
    await asyncio.to_thread(atlas.add_guest, "web1", console_log=False)
    uuid = atlas.uuid("web1")
    left = GuestState("web1", Power.OFF, Reason.MIGRATED, uuid)
    async with watching(atlas) as watched:
        await asyncio.to_thread(atlas.start_guest, "web1")
        await asyncio.to_thread(migrate, "web1", atlas, borea)
        assert await told(watched, uuid) == left
        atlas.cut_power()
        await atlas.start()
        async with watching(atlas) as stranger:
            assert (await told(stranger, uuid)).reason is Reason.NONE, "libvirt itself has forgotten it"
        assert await told(watched, uuid) == replace(left, recalled=True)
        await asyncio.to_thread(migrate, "web1", borea, atlas)
        assert (await told(watched, uuid)).power is Power.RUNNING
        atlas.cut_guest("web1")

        async def off():
            return (await told(watched, uuid)).power is Power.OFF

        await until(off, 30, every=0.2)
        assert (await told(watched, uuid)).reason is Reason.CRASHED
