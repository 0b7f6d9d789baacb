"""Real guests that do not come up: they have power, and are never proven well."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import libvirt
import pytest

from bot.core.health import Evidence, Health, Kind, guest_id
from bot.core.incident import Status
from bot.demo.real import GUEST_XML, RealGuest, RealHost
from tests.real.broken_guests import add_uefi_guest, needs_ovmf, take_initramfs
from tests.real.guest import running_host
from tests.test_rounds import QUICK, Bot, lab_yaml, living
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.long]

BOOTS_WITHIN = 120.0  # seconds, on a busy machine


@pytest.fixture
def host():
    with running_host() as host:
        yield host


@asynccontextmanager
async def watching(host: RealHost, folder: Path):
    timing = QUICK  # which gives a boot two seconds: what is not up by then must not become well
    async with living(lab_yaml(folder, uri=host.uri(), timing=timing)) as bot:
        await until(lambda: bot.hypervisor.connected, 30)
        yield bot


async def knows(bot: Bot, uuid: str, *, running: bool) -> None:
    """Wait until the guest is known to run, or not to."""

    async def there() -> bool:
        presences = await bot.ask(lambda store: store.targets.presences())
        presence = presences.get(guest_id(uuid))
        return presence is not None and presence.running is running

    await until(there, 30)


async def stays_unproven(bot: Bot, uuid: str, looks: int = 6) -> None:
    """It is looked at again and again, and is never well."""
    for _ in range(looks):
        seen = await bot.rounds.present.healthy(guest_id(uuid))
        assert not seen.ok, seen.text
        assert await bot.health(f"boot@{guest_id(uuid)}") is not Health.OK


async def comes_to_stand(bot: Bot, uuid: str, words: str) -> None:
    """Wait until a look tells of this."""

    async def there() -> bool:
        return words in (await bot.rounds.present.healthy(guest_id(uuid))).text

    await until(there, BOOTS_WITHIN, every=0.5)


async def test_a_kernel_panic_is_never_proven_well_and_is_an_incident(host, tmp_path) -> None:
    web1 = host.add_guest("web1", agent=False)
    await asyncio.to_thread(take_initramfs, web1, tmp_path)
    async with watching(host, tmp_path) as bot:
        await knows(bot, host.uuid("web1"), running=False)
        host.start_guest("web1")
        await comes_to_stand(bot, host.uuid("web1"), "the kernel could not mount the root file system: “")
        incident = await bot.incident(kind=Kind.BOOT_DISK)
        assert "Kernel panic - not syncing: VFS: Unable to mount root fs" in incident.why
        await stays_unproven(bot, host.uuid("web1"))
        assert (await bot.incident(id=incident.id)).status is Status.OPEN


@needs_ovmf
async def test_the_firmwares_own_shell_is_never_proven_well(host, tmp_path) -> None:
    uuid = add_uefi_guest(host, "uefi")
    async with watching(host, tmp_path) as bot:
        await knows(bot, uuid, running=False)
        host.start_guest("uefi")
        await comes_to_stand(bot, uuid, "it stands in the firmware's shell: “Shell>”")
        assert (await bot.incident(kind=Kind.BOOT_DISK)).subject == guest_id(uuid)
        await stays_unproven(bot, uuid)


SERIALS = {
    "file": "<serial type='file'><source path='{log}' append='on'/><target port='0'/></serial>",
    "log": "<serial type='pty'><log file='{log}' append='on'/><target port='0'/></serial>",
}
"""Consoles whose log goes on at each start."""


@dataclass(frozen=True)
class SerialGuest:
    """A guest without an agent, whose console tells nothing of its firmware; and without a screen, at first."""

    host: RealHost
    guest: RealGuest
    log: Path
    serial: str

    @property
    def uuid(self) -> str:
        return self.host.uuid("mail")

    @property
    def boot(self) -> str:
        return f"boot@{guest_id(self.uuid)}"

    def define(self, *, screen: bool = False) -> None:
        xml = GUEST_XML.format(name="mail", uuid=self.uuid, disk=self.guest.disk, bios="", channel="", log="")
        if not screen:
            xml = xml.replace("<video><model type='vga'/></video>", "")
        begin, end = xml.index("<serial"), xml.index("</serial>") + len("</serial>")
        connection = libvirt.open(self.host.uri())
        connection.defineXML(xml[:begin] + self.serial.format(log=self.log) + xml[end:])
        connection.close()

    def logins(self) -> int:
        return self.log.read_bytes().count(b"tiny login:") if self.log.exists() else 0

    async def asks_for_a_login(self, times: int) -> None:
        await until(lambda: self.logins() == times, BOOTS_WITHIN)

    async def goes_off(self) -> None:
        """Its power is cut, and libvirt has noticed."""
        connection = libvirt.open(self.host.uri())
        await asyncio.to_thread(connection.lookupByUUIDString(self.uuid).destroy)
        connection.close()

    async def hangs(self) -> None:
        """It is started with an empty disk, and says nothing."""
        self.guest.zero_boot_sector()
        self.host.start_guest("mail")


@pytest.fixture(params=["file", "log"])
def mail(host, request) -> SerialGuest:
    guest, log = host.add_guest("mail", agent=False), host.folder / "mail.serial.log"
    made = SerialGuest(host, guest, log, SERIALS[request.param])
    made.define()
    return made


async def is_proven(bot: Bot, check: str) -> bool:
    known = await bot.ask(lambda store: store.targets.health())
    return any(
        one.health is Health.OK and one.evidence is Evidence.INSIDE
        for one in known
        if str(one.fingerprint) == check
    )


async def is_never_proven(bot: Bot, mail: SerialGuest) -> None:
    for _ in range(6):
        assert not (await bot.rounds.present.healthy(guest_id(mail.uuid))).ok
        assert not await is_proven(bot, mail.boot)


async def test_a_login_from_an_earlier_boot_proves_nothing_after_a_start_that_nobody_saw(
    host, mail, tmp_path
) -> None:
    host.start_guest("mail")
    await mail.asks_for_a_login(1)
    await mail.goes_off()
    async with watching(host, tmp_path) as bot:
        await knows(bot, mail.uuid, running=False)
    await mail.hangs()
    async with watching(host, tmp_path) as bot:
        await knows(bot, mail.uuid, running=True)
        await until(lambda: mail.logins() == 1)
        await is_never_proven(bot, mail)


async def test_a_login_from_an_earlier_boot_proves_nothing_after_a_start_at_once(host, mail, tmp_path) -> None:
    async with watching(host, tmp_path) as bot:
        await knows(bot, mail.uuid, running=False)
        host.start_guest("mail")
        await until(lambda: is_proven(bot, mail.boot), BOOTS_WITHIN)
        await mail.goes_off()
        await mail.hangs()
        await until(lambda: not_proven(bot, mail.boot), 30)
        await is_never_proven(bot, mail)


async def not_proven(bot: Bot, check: str) -> bool:
    return not await is_proven(bot, check)


def is_marked(bot: Bot, uuid: str) -> bool:
    """Whether it is known where in its log the next boot begins."""
    return any(one._boots.of(guest_id(uuid)).console.mark for one in bot.rounds._guests.values())


async def test_a_guest_proven_by_its_console_stays_so_over_a_restart_of_the_bot(host, mail, tmp_path) -> None:
    mail.define(screen=True)  # which would show that it has failed since
    host.start_guest("mail")
    await mail.asks_for_a_login(1)  # its log is there from now on
    await mail.goes_off()
    async with watching(host, tmp_path) as bot:
        await knows(bot, mail.uuid, running=False)
        await until(lambda: is_marked(bot, mail.uuid), 30)
        host.start_guest("mail")
        await until(lambda: is_proven(bot, mail.boot), BOOTS_WITHIN)
    async with watching(host, tmp_path) as bot:
        healthy = partial(bot.rounds.present.healthy, guest_id(mail.uuid))
        await until(lambda: bot.rounds.guest(guest_id(mail.uuid)), 30)

        async def proven_anew() -> bool:
            return (await healthy()).ok

        await until(proven_anew, 60, every=0.5)
    await mail.goes_off()
    await mail.hangs()
    async with watching(host, tmp_path) as bot:
        await until(lambda: not_proven(bot, mail.boot), 30)
        await is_never_proven(bot, mail)


async def test_an_empty_disk_is_a_boot_disk_incident_and_an_earlier_login_is_no_proof(host, tmp_path) -> None:
    mail = host.add_guest("mail", agent=False)
    uuid = host.uuid("mail")
    async with watching(host, tmp_path) as bot:
        await knows(bot, uuid, running=False)
        host.start_guest("mail")
        await until(lambda: b"tiny login:" in mail.console_log.read_bytes(), BOOTS_WITHIN)
        await bot.comes_to(f"boot@{guest_id(uuid)}", Health.OK)
        await bot.hypervisor.power_off(uuid)
        await knows(bot, uuid, running=False)
        mail.zero_boot_sector()
        host.start_guest("mail")
        incident = await bot.incident(kind=Kind.BOOT_DISK)
        assert incident.why == "the firmware found nothing to boot: “No bootable device.”"
        await stays_unproven(bot, uuid)
