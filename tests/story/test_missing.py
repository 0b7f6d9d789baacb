"""A host comes back from an outage with one of its three guests: it is no all-clear until a person has said why.

Real QEMU: the definitions of two guests are gone from the host's disk, as after a restore of an older backup.
"""

import asyncio
import shutil
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from bot.demo.real import RealHost
from bot.demonstration import demonstration
from bot.workspace.panel import Panel
from bot.workspace.records import ALEX, ROBIN
from tests.story.person import Person, buttons, words
from tests.story.stages import needs
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.real, needs("libvirtd", "qemu-system-x86_64")]

GUESTS = ("web1", "db1", "mail1")


class OneHost:
    """atlas with three guests whose agents answer, and a port that answers as long as it has power."""

    def __init__(self) -> None:
        self.host = RealHost()
        self.power = ExitStack()
        self.port = 0

    async def start(self) -> None:
        await self._switch_on()
        for name in GUESTS:
            await asyncio.to_thread(self.host.add_guest, name, autostart=True)
            await asyncio.to_thread(self.host.start_guest, name)

    async def _switch_on(self) -> None:
        door = self.power.enter_context(socket.socket())
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", self.port))
        door.listen()
        self.port = door.getsockname()[1]
        await self.host.start()

    def fail_power(self) -> None:
        self.power.close()
        self.host.cut_power()

    async def come_back_without(self, *names: str) -> None:
        """The disk is an older one: it knows nothing of these guests."""
        definitions = self.host.folder / "home/.config/libvirt/qemu"
        for name in names:
            shutil.move(definitions / f"{name}.xml", self.host.folder / f"{name}.xml")
            (definitions / f"autostart/{name}.xml").unlink()
        await self._switch_on()

    def define_again(self, name: str) -> None:
        """Its definition is found after all."""
        with self.host._connected() as connection:
            connection.defineXML((self.host.folder / f"{name}.xml").read_text()).create()

    def let_start_by_itself(self, name: str) -> None:
        with self.host._connected() as connection:
            connection.lookupByName(name).setAutostart(True)

    async def close(self) -> None:
        self.power.close()
        with suppress(OSError):
            await asyncio.to_thread(self.host.close)

    def yaml(self) -> str:
        checks = f"{{door: {{probe: tcp, port: {self.port}}}}}"
        return f'hosts: {{atlas: {{address: 127.0.0.1, hypervisor: "{self.host.uri()}", checks: {checks}}}}}\n'

    def panel(self) -> Panel:
        """Nothing is broken by a button here."""
        return Panel("", ())


async def test_a_host_that_is_back_with_one_of_its_three_guests_is_not_well(tmp_path: Path) -> None:
    stage = OneHost()
    async with demonstration(stage, tmp_path) as box:
        alex, robin = Person(box, ALEX), Person(box, ROBIN)
        await until(lambda: box.sockets.connected)
        for name in GUESTS:
            await until(lambda name=name: is_proven(alex, name), 90, every=1)

        stage.fail_power()
        outage = await alex.sees("atlas down")
        await stage.come_back_without("db1", "mail1")
        await alex.sees_change(outage, "Recovering", "2 missing: db1, mail1", seconds=60)
        await alex.sees_change(outage, "2 proven healthy", seconds=90)  # the host, and web1 by its agent
        await alex.sees_in(outage, "Still not proven healthy: db1, mail1", seconds=60)
        assert "🟢" not in words(alex.now(outage))
        assert {"Deleted on purpose…", "It must come back…"} <= set(buttons(alex.now(outage)))
        assert "db1: missing" in await alex.types("/lab incident 1")

        await robin.press("It must come back…")
        assert await robin.fills("It must come back", Which="mail1") == {}
        await alex.sees_in(outage, "says that it must come back: mail1")
        await robin.press("Deleted on purpose…")
        assert await robin.fills("Deleted on purpose", Which="db1") == {}
        await alex.sees_change(outage, "1 missing: mail1", "db1 was deleted on purpose")

        await asyncio.to_thread(stage.define_again, "mail1")
        await alex.sees_change(outage, "unproven: mail1", "it no longer starts with its host", seconds=60)
        await asyncio.to_thread(stage.let_start_by_itself, "mail1")
        await alex.sees_change(outage, "🟢 *Resolved*", "3 proven healthy, 1 deleted on purpose", seconds=90)
        assert f"<@{ROBIN.id}>" in await alex.types("/lab incident 1"), "who said so is on record"
        assert len(alex.own_messages()) == 1


async def is_proven(person: Person, name: str) -> bool:
    return "✅ boot" in await person.types(f"/lab why {name}")
