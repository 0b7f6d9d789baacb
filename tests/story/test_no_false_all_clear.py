"""Guests under QEMU that have power and do not come up: the whole bot says where they stand, and never "healthy".

A kernel that panicked, a firmware's own shell, an empty disk. What is mended is well once it has shown that.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import libvirt
import pytest

from bot.demo.real import RealGuest, RealHost
from bot.demonstration import demonstration
from bot.workspace.panel import Panel
from bot.workspace.records import ALEX, Json
from tests.real.broken_guests import add_uefi_guest, needs_ovmf, put_in_order, take_initramfs
from tests.story.person import Person, buttons, words
from tests.story.stages import needs
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real, needs("libvirtd", "qemu-system-x86_64")]

BOOTS_WITHIN = 100.0  # seconds, on a busy machine
ALL_CLEAR = ("🟢", "Resolved", "all proven healthy", "Power failure")


class OneHost:
    """atlas, whose guests are off until a test starts them."""

    def __init__(self, make: Callable[[RealHost], object]) -> None:
        self.host = RealHost()
        self._make = make

    async def start(self) -> None:
        await self.host.start()
        await asyncio.to_thread(self._make, self.host)

    async def close(self) -> None:
        with suppress(OSError):
            await asyncio.to_thread(self.host.close)

    def yaml(self) -> str:
        return f'hosts: {{atlas: {{hypervisor: "{self.host.uri()}"}}}}\n'

    def panel(self) -> Panel:
        """Nothing is broken by a button here."""
        return Panel("", ())

    def domain(self, name: str) -> Any:
        return libvirt.open(self.host.uri()).lookupByName(name)


async def is_off(person: Person, name: str) -> None:
    """Wait until the bot has seen the guest off, and says nothing of it."""

    async def seen() -> bool:
        return "1 off" in await person.types("/lab status")

    await until(seen, 30, every=0.3)
    assert person.everything() == []
    assert "it runs" not in await person.types(f"/lab why {name}")


async def looks_again(person: Person, name: str, times: int = 3) -> None:
    """It goes on standing there, and nothing that is said takes it for well."""
    shown: set[str] = set()

    async def seen() -> bool:
        why = await person.types(f"/lab why {name}")
        assert "it is well" not in why
        shown.add(why)
        status = await person.types("/lab status")
        assert "All is well" not in status
        assert "0 of 1 well" in status
        return len(person.whispers()) > 2 * times

    await until(seen, 60, every=2.1)  # each time after a look: they are 2 s apart


async def never_said_healthy(person: Person, incident: Json) -> None:
    assert "🔴" in words(person.now(incident))
    assert "Acknowledge" in buttons(person.now(incident))
    said = person.ever_said()
    assert [one for one in ALL_CLEAR if one in said] == []
    assert len(person.own_messages()) == 1


async def is_mended_and_well(person: Person, incident: Json, stage: OneHost, guest: RealGuest) -> None:
    """Its disk is put in order; then, and not before it has shown itself, is it well."""
    domain = stage.domain(guest.name)
    await asyncio.to_thread(domain.destroy)
    await asyncio.to_thread(put_in_order, guest)
    assert "🟢" not in words(person.now(incident))
    await asyncio.to_thread(domain.create)
    await person.sees_change(incident, "🟢 *Resolved*", "all proven healthy", seconds=BOOTS_WITHIN)
    assert "it asks for a login" in await person.types("/lab incident 1")
    assert len(person.own_messages()) == 1


async def test_a_kernel_that_panicked_is_an_incident_until_its_guest_asks_for_a_login(tmp_path: Path) -> None:
    made: list[RealGuest] = []
    stage = OneHost(lambda host: made.append(host.add_guest("web1", agent=False)))
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await asyncio.to_thread(take_initramfs, made[0], tmp_path)
        await is_off(alex, "web1")
        stage.host.start_guest("web1")
        incident = await alex.sees("web1 can't boot: disk damaged", f"<@{ALEX.id}>", seconds=BOOTS_WITHIN)
        assert "Kernel panic - not syncing: VFS: Unable to mount root fs" in words(incident)
        await alex.sees_in(incident, "The screen of web1")
        await looks_again(alex, "web1")
        await never_said_healthy(alex, incident)
        await is_mended_and_well(alex, incident, stage, made[0])


@needs_ovmf
async def test_a_guest_in_its_firmwares_own_shell_stays_an_incident(tmp_path: Path) -> None:
    stage = OneHost(lambda host: add_uefi_guest(host, "uefi"))
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await is_off(alex, "uefi")
        stage.host.start_guest("uefi")
        incident = await alex.sees("uefi can't boot: disk damaged", f"<@{ALEX.id}>", seconds=BOOTS_WITHIN)
        assert re.search("the firmware's (own )?shell.*“(UEFI Interactive )?Shell", words(incident))
        await alex.sees_in(incident, "The screen of uefi")
        await looks_again(alex, "uefi")
        await never_said_healthy(alex, incident)


async def test_a_guest_whose_disk_is_empty_is_not_well_for_the_login_that_it_had_asked_for_before(
    tmp_path: Path,
) -> None:
    made: list[RealGuest] = []
    stage = OneHost(lambda host: made.append(host.add_guest("mail", agent=False)))
    async with demonstration(stage, tmp_path) as box:
        alex = Person(box, ALEX)
        await until(lambda: box.sockets.connected)
        await is_off(alex, "mail")
        stage.host.start_guest("mail")
        await until(lambda: asks_for_a_login(alex, "mail"), BOOTS_WITHIN, every=1)
        assert alex.everything() == []

        domain = stage.domain("mail")
        await asyncio.to_thread(domain.destroy)
        made[0].disk.write_bytes(bytes(made[0].disk.stat().st_size))
        await asyncio.to_thread(domain.create)
        incident = await alex.sees("mail can't boot: disk damaged", f"<@{ALEX.id}>", seconds=BOOTS_WITHIN)
        assert "The firmware found nothing to boot: “No bootable device.”" in words(incident)
        await looks_again(alex, "mail")
        await never_said_healthy(alex, incident)
        await is_mended_and_well(alex, incident, stage, made[0])


async def asks_for_a_login(person: Person, name: str) -> bool:
    return "it asks for a login" in await person.types(f"/lab why {name}")
